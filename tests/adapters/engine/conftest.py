"""The real Temporal CLI, from the same sources as a user's."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from adapters.engine.binary import obtain_cli
from faber.settings import Settings


@pytest.fixture(scope="session")
async def cli() -> Path:
    settings = Settings.read(os.environ)
    return await asyncio.to_thread(
        obtain_cli,
        settings.environment,
        settings.cache_dir / "bin",
        lambda line: print(line, file=sys.stderr),
    )

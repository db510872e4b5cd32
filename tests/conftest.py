"""What any test may ask for: the real Temporal CLI, and one real server for the whole session."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.engine import Engine
from adapters.engine.binary import find_cli
from adapters.engine.dev_server import start_dev_server
from faber.settings import Settings
from tests.installed_agents import install_agents

# A shell starts what it puts into the background with SIGINT ignored, and every program started here would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Away from the ports that a developer's own server uses.
PORT, UI_PORT = 17133, 18133


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


@pytest.fixture(scope="session")
async def cli() -> Path:
    """From the same sources as a user's."""
    return await find_cli(Settings.read(), to_stderr)


@pytest.fixture(scope="session")
async def agents() -> Path:
    """The folder that holds the real `claude` and `codex`."""
    return await asyncio.to_thread(install_agents, Settings.read().cache_dir / "agents")


@pytest.fixture(scope="session")
async def engine(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """Shared: keep workflow ids and task queues of a test its own."""
    data_dir = tmp_path_factory.mktemp("engine")
    async with start_dev_server(data_dir, cli, to_stderr, port=PORT, ui_port=UI_PORT) as server:
        yield server.engine

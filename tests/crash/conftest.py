"""One server with a file database for all of them; each test has its own worker, provider and repository."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from faber.connection import connect
from faber.settings import Settings
from tests.crash.processes import Server
from tests.crash.stage import Stage, staged

PORTS = (17433, 18433)

Begin = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture(scope="session")
async def killable(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    server = Server(tmp_path_factory.mktemp("crash"), cli, PORTS)
    await server.start()
    yield server
    await server.end()


@pytest.fixture
async def begin(killable: Server, tmp_path: Path) -> AsyncIterator[Begin]:
    """Starts a run: `async with begin(hold="first") as stage`."""
    assert killable.engine is not None
    named = {"TEMPORAL_ADDRESS": killable.engine.address, "TEMPORAL_NAMESPACE": killable.engine.namespace}
    client = await connect(Settings.read(named))

    def start(**how: Any) -> AbstractAsyncContextManager[Stage]:
        return staged(tmp_path, killable, client, **how)

    yield start

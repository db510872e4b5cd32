"""One server with a file database for all of them; each run has its own worker, provider and repository."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.crash.defined import Defined, defined
from tests.crash.processes import Server
from tests.crash.stage import Stage, staged

# A killed server comes back at its own ports, so nobody else may find them free meanwhile.
SIDE_BY_SIDE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = (17943 + SIDE_BY_SIDE, 18943 + SIDE_BY_SIDE)

Begin = Callable[..., AbstractAsyncContextManager[Stage]]
Define = Callable[..., AbstractAsyncContextManager[Defined]]


@pytest.fixture(scope="session")
async def killable(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    server = Server(tmp_path_factory.mktemp("crash"), cli, PORTS)
    await server.start()
    yield server
    await server.end()


@pytest.fixture
def begin(killable: Server, tmp_path: Path) -> Begin:
    """Starts a run: `async with begin(hold="first") as stage`."""

    def start(**how: Any) -> AbstractAsyncContextManager[Stage]:
        return staged(Path(tempfile.mkdtemp(dir=tmp_path)), killable, **how)

    return start


@pytest.fixture
def define(killable: Server, tmp_path: Path) -> Define:
    """Starts a definition's run: `async with define(held_model=True) as run`."""

    def start(**how: Any) -> AbstractAsyncContextManager[Defined]:
        return defined(Path(tempfile.mkdtemp(dir=tmp_path)), killable, **how)

    return start

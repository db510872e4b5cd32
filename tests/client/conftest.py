"""A Temporal server of this room's own, with a worker that follows the scripted run, and the real command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from adapters.engine import Engine
from adapters.engine.dev_server import start_dev_server
from adapters.engine.search_attributes import register_search_attributes
from faber.client import Faber
from faber.contract.names import TASK_QUEUE
from faber.converter import data_converter
from faber.settings import Settings
from tests.client.scripted_run import FaberRun
from tests.conftest import to_stderr

# The task queue's name is fixed, so runs of other rooms would meet this worker on a shared server.
PORT, UI_PORT = 17433, 18433


@pytest.fixture(scope="session")
async def scripted(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A server whose worker follows tests/client/scripted_run.py."""
    data_dir = tmp_path_factory.mktemp("scripted")
    async with start_dev_server(data_dir, cli, to_stderr, port=PORT, ui_port=UI_PORT) as server:
        client = await Client.connect(
            server.engine.address, namespace=server.engine.namespace, data_converter=data_converter
        )
        await register_search_attributes(client, to_stderr)
        async with Worker(client, task_queue=TASK_QUEUE, workflows=[FaberRun]):
            yield server.engine


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass
class CommandLine:
    """`python -m faber.api`, spawned as a Node program would: three pipes, stdin never closed until the end."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def __call__(self, *argv: str) -> Done:
        process = await self.spawn(*argv)
        assert process.stdout is not None
        assert process.stderr is not None
        out, err = await asyncio.gather(process.stdout.read(), process.stderr.read())
        return Done(await process.wait(), out.decode(), err.decode())

    async def spawn(self, *argv: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "faber.api", *argv),
            cwd=self.folder,
            env=self.environment,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )


def make_repository(folder: Path) -> Path:
    """A folder that git would take for a checkout."""
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Where the caller stands, of a name that no other test has."""
    return make_repository(tmp_path / f"repo-{tmp_path.name}")


@pytest.fixture
def environment(scripted: Engine, tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "FABER_DATA_DIR": str(tmp_path / "data"),
        "FABER_ACTOR": "the-caller",
        "LANGSMITH_API_KEY": "set",
        "TEMPORAL_ADDRESS": scripted.address,
        "TEMPORAL_NAMESPACE": scripted.namespace,
    }


@pytest.fixture
def faber_cli(repository: Path, environment: dict[str, str]) -> CommandLine:
    return CommandLine(repository, environment)


@pytest.fixture
async def faber(repository: Path, environment: dict[str, str]) -> Faber:
    return await Faber.connect(Settings.read(environment), where=repository)

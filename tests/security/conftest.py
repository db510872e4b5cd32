"""One server and one worker process, with secrets in the worker's environment, for every hostile run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

import worker as worker_module
from adapters.engine.dev_server import start_dev_server
from faber.connection import connect
from faber.settings import Settings
from tests.conftest import to_stderr
from tests.delivery.conftest import NewSite, Site
from tests.delivery.places import Script, happy_script, make_repository, write_script
from tests.security.leaks import SECRETS
from tests.security.room import Room
from tests.stand_in.server import ModelServer
from tests.waiting import eventually

PORT, UI_PORT = 17833, 18833


@pytest.fixture(scope="session")
def stand_in() -> Iterator[ModelServer]:
    """The provider that `openai:` models of this room's runs reach. Assign `script` before a run."""
    with ModelServer(happy_script()) as server:
        yield server


@pytest.fixture(scope="session")
async def room(
    cli: Path, stand_in: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Room]:
    """The worker is a process of its own, so that the secrets really are in its environment."""
    folder = tmp_path_factory.mktemp("security")
    home, data_dir, log = folder / "home", folder / "data", folder / "worker.log"
    home.mkdir()
    async with start_dev_server(folder / "server", cli, to_stderr, port=PORT, ui_port=UI_PORT) as server:
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FABER_DATA_DIR": str(data_dir),
            "TEMPORAL_ADDRESS": server.engine.address,
            "TEMPORAL_NAMESPACE": server.engine.namespace,
            "OPENAI_BASE_URL": f"{stand_in.url}/v1",
            "ANTHROPIC_BASE_URL": stand_in.url,
            **SECRETS,
        }
        client = await connect(Settings.read(environment))
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, str(Path(worker_module.__file__)), "--repo", str(folder)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        try:
            await eventually(lambda: "worker ready" in log.read_text(), "the worker is ready", 60)
            yield Room(client, environment, data_dir, folder / "server", home, log, process.pid)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)


@pytest.fixture
def served(room: Room) -> Client:
    return room.client


@pytest.fixture
def new_site(served: Client, tmp_path: Path) -> NewSite:
    """`new_site(script, workflow={...})`: a repository of its own for each `name`."""

    def make(script: Script | None = None, name: str = "site", **repository: Any) -> Site:
        folder = tmp_path / name
        folder.mkdir()
        model = repository.pop("model", None) or write_script(folder, script or happy_script())
        repository["workflow"] = {"autonomy": "autonomous", **repository.get("workflow", {})}
        return Site(served, folder, make_repository(folder, model, **repository))

    return make

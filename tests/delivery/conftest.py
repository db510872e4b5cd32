"""One server and one worker for whole runs; each test has its own repository and workflow ids."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

import assembly
import worker
from adapters.engine.dev_server import start_dev_server
from adapters.engine.search_attributes import register_search_attributes
from faber.connection import connect
from faber.contract.delivery import Decision, GateView, RunInput, RunResult, Status, WaitingOn
from faber.contract.names import QUEUES, TASK_QUEUE
from faber.contract.workflows import FaberRun
from faber.settings import Settings
from tests.delivery.places import Script, happy_script, make_repository, write_script
from tests.stand_in import ModelServer
from tests.waiting import eventually

PORT, UI_PORT = 17333, 18333
Handle = WorkflowHandle[Any, RunResult]


def say(line: str) -> None:
    print(line, file=sys.stderr)


@dataclass
class Site:
    """A repository, its run, and the ways to talk to it."""

    client: Client
    folder: Path
    checkout: Path

    async def start(self, work_id: str = "1", **options: Any) -> Handle:
        given = RunInput(work_id=work_id, repo=str(self.checkout), **options)
        run_id = f"faber-test-{uuid.uuid4().hex[:10]}-{work_id}"
        return await self.client.start_workflow(FaberRun.run, given, id=run_id, task_queue=TASK_QUEUE)

    async def gate(self, handle: Handle, name: str, timeout_s: float = 60) -> WaitingOn:
        """Waits until the gate is open."""
        found: list[WaitingOn] = []

        async def is_open() -> bool:
            status = await self.status(handle)
            assert status.error is None, status.error
            found[:] = [item for item in status.waiting_on if item.gate == name]
            return bool(found)

        await eventually(is_open, f"gate {name} of {handle.id} opens", timeout_s)
        return found[0]

    async def status(self, handle: Handle) -> Status:
        return await handle.query(FaberRun.status)

    async def decide(self, handle: Handle, item: WaitingOn | None, word: str, **more: Any) -> GateView:
        bound = {"request_id": item.request_id} if item else {}
        decision = Decision.model_validate({"decision": word, "actor": "ann", "via": "test", **bound, **more})
        return await handle.execute_update(FaberRun.decide, decision)

    async def approve(self, handle: Handle, *names: str) -> None:
        for name in names:
            await self.decide(handle, await self.gate(handle, name), "approve")


NewSite = Callable[..., Site]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worker's own: its clones, worktrees and artifacts."""
    return tmp_path_factory.mktemp("delivery")


@pytest.fixture(scope="session")
def provider() -> Iterator[ModelServer]:
    """Answers for `openai:` models over HTTP, and counts what it was asked."""
    with ModelServer(happy_script()) as server:
        yield server


@pytest.fixture(scope="session")
async def served(cli: Path, data_dir: Path, provider: ModelServer) -> AsyncIterator[Client]:
    openai = {name: value for name, value in provider.environment().items() if name.startswith("OPENAI_")}
    async with serving_all(cli, data_dir, PORT, UI_PORT, openai) as client:
        yield client


@contextlib.asynccontextmanager
async def serving_all(
    cli: Path, data_dir: Path, port: int, ui_port: int, more: Mapping[str, str] | None = None
) -> AsyncIterator[Client]:
    """A client of a server on which a whole worker serves, in this process."""
    python = str(Path(sys.executable).parent)
    async with start_dev_server(data_dir, cli, say, port=port, ui_port=ui_port) as server:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")},
            "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
            "FABER_DATA_DIR": str(data_dir),
            "TEMPORAL_ADDRESS": server.engine.address,
            "TEMPORAL_NAMESPACE": server.engine.namespace,
            **(more or {}),
        }
        settings = Settings.read(environment)
        client = await connect(settings)
        listed = await register_search_attributes(client, say)
        assembled = assembly.assemble(settings, data_dir, search_attributes=listed)
        async with worker.serving(client, assembled, QUEUES):
            yield client


@pytest.fixture
def new_site(served: Client, tmp_path: Path) -> NewSite:
    """Makes a repository for prepared answers: `new_site(script, workflow={...})`."""

    def make(script: Script | None = None, **repository: Any) -> Site:
        model = write_script(tmp_path, script or happy_script())
        return Site(served, tmp_path, make_repository(tmp_path, model, **repository))

    return make


async def failure(handle: Handle) -> tuple[ApplicationError, RunResult]:
    """How a run failed: Temporal's failure, and the result document in its details."""
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    cause = raised.value.cause
    assert isinstance(cause, ApplicationError), cause
    return cause, RunResult.model_validate(cause.details[0])

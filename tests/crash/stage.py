"""One run with all that it depends on, and what can be done to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from faber.contract.delivery import Decision, RunInput, RunResult, WaitingOn
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import FaberRun
from tests.crash import places
from tests.crash.processes import Provider, Server, Worker
from tests.crash.turnstile import Turnstile
from tests.waiting import eventually

Handle = WorkflowHandle[Any, RunResult]
Victim = Literal["server", "worker"]


@dataclass(kw_only=True)
class Cast:
    """A run of any kind, and the programs that it depends on."""

    folder: Path
    server: Server
    worker: Worker
    provider: Provider
    handle: WorkflowHandle[Any, Any]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def kill(self, *victims: Victim) -> None:
        """By SIGKILL, all of them at once."""
        await asyncio.gather(*(self._killable[victim].kill() for victim in victims))

    async def restore(self, *victims: Victim) -> None:
        """The server first, as after a reboot: a worker without one gives up."""
        for victim in sorted(victims):
            await self._killable[victim].start()

    @property
    def _killable(self) -> dict[Victim, Server | Worker]:
        return {"server": self.server, "worker": self.worker}

    async def attempt(self) -> int:
        """Of the activity that a worker has in hand; 0 when there is none."""
        described = await self.handle.describe()
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        pending = described.raw_description.pending_activities
        return max((one.attempt for one in pending if one.state == started), default=0)

    async def next_start_after(self, since: float) -> float:
        """Seconds from `since` (Unix time) to the next start of an activity, by Temporal's own history."""
        async for event in self.handle.fetch_history_events():
            at = event.event_time.ToMicroseconds() / 1e6
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED and at > since:
                return at - since
        raise AssertionError("no activity was started any more")


@dataclass(kw_only=True)
class Stage(Cast):
    """A delivery run's."""

    checkout: Path
    turnstile: Turnstile
    handle: Handle

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    async def gate(self, name: str) -> WaitingOn:
        """Waits until the gate is open."""
        found: list[WaitingOn] = []

        async def is_open() -> bool:
            status = await self.handle.query(FaberRun.status)
            assert status.error is None, status.error
            found[:] = [item for item in status.waiting_on if item.gate == name]
            return bool(found)

        await eventually(is_open, f"gate {name} of {self.handle.id} opens")
        return found[0]

    async def approve(self, name: str) -> None:
        await self.answer(await self.gate(name), "approve")

    async def answer(self, gate: WaitingOn, word: str) -> None:
        decision = Decision(decision=word, request_id=gate.request_id, actor="ann", via="test")
        await self.handle.execute_update(FaberRun.decide, decision)

    async def result(self) -> RunResult:
        """Also from a server that has just come back, whose first connections may be refused."""
        found: list[RunResult] = []

        async def ended() -> bool:
            with contextlib.suppress(RPCError):
                found.append(await self.handle.result())
            return bool(found)

        await eventually(ended, f"{self.handle.id} ends", timeout_s=120)
        return found[0]


@contextlib.asynccontextmanager
async def programs(
    folder: Path, server: Server, script: Path, more: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Client, Provider, Worker]]:
    """A namespace of their own, the provider that answers by the script, and a worker that polls."""
    async with contextlib.AsyncExitStack() as stack:
        # The next test needs it too.
        stack.push_async_callback(server.start)
        client = await server.new_namespace()
        provider = Provider(script, folder / "calls.jsonl")
        stack.push_async_callback(provider.end)
        await provider.start()
        worker = Worker({**environment(folder, client, provider), **(more or {})}, folder / "worker.log")
        stack.push_async_callback(worker.kill)
        await worker.start()
        yield client, provider, worker


@contextlib.asynccontextmanager
async def staged(
    folder: Path, server: Server, *, hold: str = "", held_call: str = "", **workflow: Any
) -> AsyncIterator[Stage]:
    """A run that has just been started. `hold` is whom the turnstile keeps, `held_call` the phase whose first
    model call gets no answer until told; `workflow` goes into the configuration."""
    async with Turnstile() as turnstile:
        turnstile.hold(hold)
        checkout = places.make_site(folder, turnstile.visit, **workflow)
        prepared = places.write_script(folder, places.script(held_call))
        async with programs(folder, server, prepared) as (client, provider, worker):
            run_id = f"faber-crash-{uuid.uuid4().hex[:10]}-1"
            given = RunInput(work_id="1", repo=str(checkout))
            handle = await client.start_workflow(FaberRun.run, given, id=run_id, task_queue=TASK_QUEUE)
            yield Stage(
                folder=folder,
                checkout=checkout,
                server=server,
                worker=worker,
                provider=provider,
                turnstile=turnstile,
                handle=handle,
            )


def environment(folder: Path, client: Client, provider: Provider) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **{name: os.environ[name] for name in ("HOME", "PYTHONPATH") if name in os.environ},
        "PATH": programs,
        "FABER_DATA_DIR": str(folder / "data"),
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
        "OPENAI_API_KEY": "key-of-the-stand-in",
        "OPENAI_BASE_URL": f"{provider.url}/v1",
    }

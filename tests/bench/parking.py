"""Runs parked at the architect's gate: some that came all the way, and a thousand that were carried there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from faber.contract.delivery import Decision, RunInput, RunResult
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import FaberRun
from tests.bench import raw
from tests.bench.house import House, at_once
from tests.delivery.places import ISSUE, happy_script, make_repository, write_script
from tests.waiting import eventually

Handle = WorkflowHandle[Any, RunResult]
PARKED_WITHIN_S = 600.0
WAITING = 'WorkflowType = "FaberRun" AND ExecutionStatus = "Running" AND FaberWaitingOn IS NOT NULL'


@dataclass(frozen=True)
class Gated:
    """A run at its gate and what it asks, read when it got there: asking again would bring it back to memory."""

    handle: Handle
    request_id: str


@dataclass(frozen=True)
class Parked:
    real: list[Gated]
    carried: list[Handle]
    raw: list[WorkflowHandle[Any, Any]]
    repository: Path
    real_s: float
    carried_s: float


async def parked(house: House, real: int, carried: int) -> Parked:
    repository = _repository(house.folder, real + 1)
    began = time.perf_counter()
    gated: list[Gated] = []
    await at_once((partial(_walk, house, repository, str(n), gated) for n in range(real + 1)), width=4)
    real_s = time.perf_counter() - began
    state = await _rejected(gated.pop())
    began = time.perf_counter()
    handles: list[Handle] = []
    raws: list[WorkflowHandle[Any, Any]] = []
    await at_once(partial(_carry, house, repository, state, n, handles) for n in range(carried))
    await _until_waiting(house, real + carried)
    carried_s = time.perf_counter() - began
    await at_once(partial(_wait, house, n, raws) for n in range(carried))
    return Parked(gated, handles, raws, repository, real_s, carried_s)


def _repository(folder: Path, items: int) -> Path:
    """The build's model refuses its key, so that an approved run is soon parked again: at the repair."""
    script = happy_script()
    refused = {"kind": "AUTH_ERROR", "message": "prepared", "times": 1_000_000}
    script["phases"]["build"] = [[{"error": refused}]]
    issues = {str(n): ISSUE.replace("id: 1", f"id: {n}") for n in range(items)}
    return make_repository(folder, write_script(folder, script), issues=issues)


async def _walk(house: House, repository: Path, work_id: str, gated: list[Gated]) -> None:
    """From the start to the gate, every phase and file as in any run."""
    given = RunInput(work_id=work_id, repo=str(repository))
    handle = await house.own.start_workflow(
        FaberRun.run, given, id=f"faber-bench-{work_id}", task_queue=TASK_QUEUE
    )
    while not (status := await handle.query(FaberRun.status)).waiting_on:
        if status.error:
            raise RuntimeError(f"{handle.id}: {status.error}")
        await asyncio.sleep(0.2)
    gated.append(Gated(handle, status.waiting_on[0].request_id))


async def _rejected(gated: Gated) -> dict[str, Any]:
    """Ends one run and takes what it carried; its gates are as if nobody had been asked."""
    decision = Decision(decision="reject", request_id=gated.request_id, actor="bench")
    await gated.handle.execute_update(FaberRun.decide, decision)
    try:
        await gated.handle.result()
    except WorkflowFailureError as error:
        assert isinstance(error.cause, ApplicationError), error.cause
        state: dict[str, Any] = error.cause.details[1]["state"]
        return {**state, "gates": {}}
    raise RuntimeError(f"{gated.handle.id} was rejected and did not fail")


async def _carry(
    house: House, repository: Path, state: dict[str, Any], number: int, handles: list[Handle]
) -> None:
    """Goes on where a run does whose history grew too long: at the gate, with all that it knew. Its branch, its
    worktree and its tracker are its own; the tracker only so that none of them reads the others' items."""
    tracker = f".fractary/carried/{number}"
    (repository / tracker).mkdir(parents=True)
    (repository / tracker / "1.md").write_text(ISSUE, encoding="utf-8")
    setup, configuration = state["setup"], state["setup"]["configuration"]
    configuration = {**configuration, "work": {**configuration["work"], "path": tracker}}
    own = {"branch": f"faber/carried-{number}", "setup": {**setup, "configuration": configuration}}
    given = RunInput(work_id="1", repo=str(repository), resume={"why": "continue", "state": {**state, **own}})
    run_id = f"faber-carried-{number}-1"
    handles.append(await house.own.start_workflow(FaberRun.run, given, id=run_id, task_queue=TASK_QUEUE))


async def _wait(house: House, number: int, handles: list[WorkflowHandle[Any, Any]]) -> None:
    handles.append(
        await house.raw.start_workflow(
            raw.RawWait.run, raw.Steps(), id=f"bench-wait-{number}", task_queue=raw.QUEUE
        )
    )


async def _until_waiting(house: House, count: int) -> None:
    async def all_wait() -> bool:
        await asyncio.sleep(0.5)
        return (await house.own.count_workflows(WAITING)).count >= count

    await eventually(all_wait, f"{count} runs wait at their gates", PARKED_WITHIN_S)

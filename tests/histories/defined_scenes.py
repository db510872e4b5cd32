"""The definitions' runs that are recorded: every type of step, every way to end, the registry, two versions."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle

from faber.client import Faber
from faber.contract.definition_runs import DefinitionInput
from faber.contract.delivery import BudgetRaise, GateView, WaitingOn
from faber.contract.dual_run import DualRunInput
from faber.contract.names import TASK_QUEUE
from faber.contract.registry import RegistryInput
from faber.contract.workflows import DefinitionDualRun, DefinitionRegistry, DefinitionRun
from faber.settings import Settings
from tests.crash.defined import ANSWERS, APPROVERS, NAMES, every_type
from tests.definitions.places import (
    Desk,
    Handle,
    approve,
    definition,
    form,
    generate,
    is_at,
    step,
    when,
)
from tests.definitions.service import Service
from tests.delivery.asking import cancelled
from tests.delivery.places import write_script
from tests.histories.quiet import quiet
from tests.waiting import eventually

MOCK = "mock:mock"
ROUNDS = 30
Recorded = dict[str, WorkflowHandle[Any, Any]]


@dataclass(frozen=True)
class Scenery(Desk):
    """Runs have names, and are answered only when nothing else happens."""

    async def begin(self, name: str, *steps: dict[str, Any], **options: Any) -> Handle:
        named = {"definition": definition(*steps)} if steps else {}
        return await self.client.start_workflow(
            DefinitionRun.run,
            DefinitionInput(**{**named, **options}),
            id=f"def-{name}",
            task_queue=TASK_QUEUE,
        )

    async def waits(self, handle: Handle, gate: str, timeout_s: float = 30) -> WaitingOn:
        found = await super().waits(handle, gate, timeout_s)
        await quiet(handle)
        return found

    async def raise_budget(self, handle: Handle, limit_usd: float) -> GateView:
        waiting = await self.waits(handle, "budget")
        raised = BudgetRaise(limit_usd=limit_usd, request_id=waiting.request_id, actor="ann")
        return await handle.execute_update(DefinitionRun.raise_budget, raised)

    def first(self, handle: Handle) -> Handle:
        """The execution that was started, whatever went on from it."""
        return self.client.get_workflow_handle_for(
            DefinitionRun.run, handle.id, run_id=handle.first_execution_run_id
        )

    def latest(self, handle: Handle) -> Handle:
        return self.client.get_workflow_handle_for(DefinitionRun.run, handle.id)


async def every_step(desk: Scenery) -> Recorded:
    with Service() as service:
        given = every_type(service.url, model=MOCK)
        handle = await desk.begin("every-step", definition=given, inputs={"names": NAMES})
        for name in ("who", "more"):
            await desk.fill(handle, name, **ANSWERS[name])
        for who in APPROVERS:
            await desk.decide(handle, "sign", actor=who)
        await handle.result()
    return {"definition_completed": handle}


async def rejection(desk: Scenery) -> Recorded:
    handle = await desk.begin("rejected", approve("ok"))
    await desk.decide(handle, "ok", "reject", comment="not now")
    await desk.failure(handle)
    return {"definition_rejected": handle}


async def failure_and_retry(desk: Scenery) -> Recorded:
    """A branch and a list had come half way."""
    with Service() as service:
        service.answers = [200, 400]
        handle = await desk.begin(
            "retried",
            step("fan", "parallel", None, parallel=["asks", "each"]),
            form("asks"),
            step("each", "api_call", url=f"{service.url}/x", for_each={"items": "names", "width": 1}),
            inputs={"names": NAMES},
        )
        await desk.failure(handle)
        faber = Faber(desk.client, Settings.read({}), desk.folder)
        await faber.definitions.retry(handle.id)
        again = desk.latest(handle)
        await desk.fill(again, "asks", name="Ada")
        await again.result()
        failed, retried = desk.first(handle), desk.latest(handle)
    return {"definition_failed": failed, "definition_retried": retried}


async def cancelled_amid_branches(desk: Scenery) -> Recorded:
    handle = await desk.begin(
        "cancelled", step("fan", "parallel", None, parallel=["left", "right"]), form("left"), form("right")
    )
    for gate in ("left", "right"):
        await desk.waits(handle, gate)
    await handle.cancel(reason="cancelled by ann")
    await cancelled(handle)
    return {"definition_cancelled": handle}


async def approval_timed_out(desk: Scenery) -> Recorded:
    handle = await desk.begin(
        "timed-out", approve("ok", None, timeout=0.5, on_timeout="late"), when("late", "1 < 2")
    )
    await handle.result()
    return {"definition_timed_out": handle}


async def output_by_hand(desk: Scenery) -> Recorded:
    wrong = {"structured": {"summary": "ab", "score": "none"}}
    model = write_script(desk.folder, {"model": "prepared", "phases": {"text": [[wrong]]}})
    handle = await desk.begin("by-hand", generate("text", model=model, on_exhausted="manual_fix"))
    await desk.waits(handle, "text", 60)
    await desk.fill(handle, "text", summary="as it should be", score=7)
    await handle.result()
    return {"definition_by_hand": handle}


async def budget_asked(desk: Scenery) -> Recorded:
    right = {"structured": {"summary": "a summary", "score": 3}}
    model = write_script(desk.folder, {"model": "prepared", "phases": {"text": [[right]]}})
    handle = await desk.begin("budget", generate("text", model=model), budget_usd=0.001)
    await desk.raise_budget(handle, 5)
    await handle.result()
    return {"definition_budget": handle}


async def branch_failed(desk: Scenery) -> Recorded:
    """One branch asks while the other one fails; the run goes on from both."""
    handle = await desk.begin(
        "branch-failed",
        step("fan", "parallel", "after", parallel=["asks", "bad"], on_error="continue"),
        form("asks"),
        form("bad", "worse"),
        when("worse", "missing == 1"),
        form("after"),
    )
    await desk.fill(handle, "bad", name="x")
    await desk.fill(handle, "after", name="y")
    await handle.result()
    return {"definition_branch_failed": handle}


async def step_that_lasts(desk: Scenery) -> Recorded:
    """It is listed while it waits for its answer, and the quick one before it is not."""
    with Service() as service:
        service.hold = threading.Event()
        handle = await desk.begin(
            "lasts", when("quick", "1 < 2", "lasts"), step("lasts", "api_call", None, url=service.url)
        )
        await eventually(lambda: is_at(handle, "lasts"), "the step is listed")
        service.hold.set()
        await handle.result()
    return {"definition_listed": handle}


async def large_values(desk: Scenery) -> Recorded:
    handle = await desk.begin(
        "large", form("who", "seen", {"key": "story"}), when("seen", "len(story) == 20000")
    )
    await desk.fill(handle, "who", story="é" * 20_000)
    await handle.result()
    return {"definition_large": handle}


async def gone_round(desk: Scenery) -> Recorded:
    handle = await desk.begin(
        "round",
        form("again", "more", {"key": "n", "type": "integer"}),
        when("more", f"n < {ROUNDS}", "again"),
    )
    asked = ""
    for n in range(1, ROUNDS + 1):
        now = desk.latest(handle)
        while (waiting := await desk.waits(now, "again")).request_id == asked:
            continue
        asked = waiting.request_id
        await desk.fill(now, "again", n=n)
    await handle.result()
    return {"definition_continued_as_new": desk.first(handle), "definition_continued": desk.latest(handle)}


async def registry(desk: Scenery) -> Recorded:
    wanted = RegistryInput(action="put", definition=definition(when("a", "n < 2"), id="kept"), author="ann")
    handle = await desk.client.start_workflow(
        DefinitionRegistry.run, wanted, id="registry-put", task_queue=TASK_QUEUE
    )
    await handle.result()
    return {"definition_registry": handle}


async def two_versions(desk: Scenery) -> Recorded:
    old, new = (definition(when("a", f"n < {most}")) for most in (2, 3))
    handle = await desk.client.start_workflow(
        DefinitionDualRun.run,
        DualRunInput(old=old, new=new, inputs={"n": 2}),
        # A replay calls the run by the name of its file, and its children are called by it.
        id="definition_dual_run",
        task_queue=TASK_QUEUE,
    )
    assert not (await handle.result()).match
    return {"definition_dual_run": handle}


DEFINED_SCENES: tuple[Callable[[Scenery], Awaitable[Recorded]], ...] = (
    every_step,
    rejection,
    failure_and_retry,
    cancelled_amid_branches,
    approval_timed_out,
    output_by_hand,
    budget_asked,
    branch_failed,
    step_that_lasts,
    large_values,
    gone_round,
    registry,
    two_versions,
)


def scenery(client: Any, folder: Path, name: str) -> Scenery:
    here = folder / name
    here.mkdir()
    return Scenery(client, here)

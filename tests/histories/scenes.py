"""The runs that are recorded: scripted models, real everything else, and a person's answers at quiet moments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from faber.contract.delivery import RunInput, RunResult, WaitingOn
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import FaberRun
from tests.delivery.asking import (
    autonomous,
    cancelled,
    ended,
    pause,
    raise_budget,
    resume,
    retry,
    spending,
    verdict,
)
from tests.delivery.conftest import Handle, Site
from tests.delivery.places import FIXED, Script, happy_script, make_repository, write, write_script
from tests.histories.quiet import quiet
from tests.waiting import eventually

SHORT_DEADLINE_H = 0.0006
MANY_TURNS = 40


@dataclass
class Scene(Site):
    """A site whose run has a name of its own, and which answers only when nothing else happens: then the order of
    what the workflow asks for is the same in every recording."""

    name: str = ""

    async def start(self, work_id: str = "1", **options: Any) -> Handle:
        given = RunInput(work_id=work_id, repo=str(self.checkout), project="greetings", **options)
        return await self.client.start_workflow(
            FaberRun.run, given, id=f"faber-greetings-{self.name}", task_queue=TASK_QUEUE
        )

    async def gate(self, handle: Handle, name: str, timeout_s: float = 60) -> WaitingOn:
        found = await super().gate(handle, name, timeout_s)
        await quiet(handle)
        return found


def scene(client: Client, folder: Path, name: str, script: Script | None = None, **repository: Any) -> Scene:
    here = folder / name.replace("_", "-")
    here.mkdir()
    model = write_script(here, script or happy_script())
    return Scene(client, here, make_repository(here, model, **repository), name.replace("_", "-"))


Make = Callable[..., Scene]
Recorded = dict[str, WorkflowHandle[Any, RunResult]]


async def failed(handle: Handle) -> None:
    try:
        await ended(handle)
    except WorkflowFailureError:
        return
    raise AssertionError(f"{handle.id} was meant to fail")


async def approved(make: Make) -> Recorded:
    site = make("approved")
    handle = await site.start()
    await site.approve(handle, "architect", "release")
    await ended(handle)
    return {"approved": handle}


async def rejected(make: Make) -> Recorded:
    site = make("rejected")
    handle = await site.start()
    await site.decide(handle, await site.gate(handle, "architect"), "reject", comment="not now")
    await failed(handle)
    return {"rejected": handle}


async def revised(make: Make) -> Recorded:
    script = happy_script()
    script["phases"]["build"].append([write("greeting.py", FIXED + "# polite\n"), {"text": "Politely."}])
    site = make("revised", script)
    handle = await site.start()
    await site.decide(handle, await site.gate(handle, "architect"), "revise", comment="Say who is greeted.")
    await site.approve(handle, "architect")
    await site.decide(handle, await site.gate(handle, "release"), "revise", comment="Be polite.")
    await site.approve(handle, "release")
    await ended(handle)
    return {"revised": handle}


async def retried_twice(make: Make) -> Recorded:
    script = happy_script()
    script["phases"]["build"] += [
        [write("greeting.py", FIXED + f"# {n}\n"), {"text": "Again."}] for n in (2, 3)
    ]
    go = script["phases"]["evaluate"][0]
    script["phases"]["evaluate"] = [[verdict("RETRY", "once more")], [verdict("RETRY", "and again")], go]
    handle = await make("retried_twice", script, workflow=autonomous()).start()
    await ended(handle)
    return {"retried_twice": handle}


async def budget_raised(make: Make) -> Recorded:
    site = make("budget_raised", spending(happy_script(), frame=9.99), workflow=autonomous())
    handle = await site.start(on_budget="ask")
    gate = await site.gate(handle, "budget")
    await raise_budget(handle, 20, request_id=gate.request_id)
    await ended(handle)
    return {"budget_raised": handle}


async def budget_refused(make: Make) -> Recorded:
    site = make("budget_refused", spending(happy_script(), frame=9.0), workflow=autonomous())
    handle = await site.start(on_budget="ask")
    await site.decide(handle, await site.gate(handle, "budget"), "reject", comment="enough")
    await failed(handle)
    return {"budget_refused": handle}


async def cancelled_in_build(make: Make) -> Recorded:
    script = happy_script()
    script["phases"]["build"][0][0]["delay_s"] = 60
    site = make("cancelled_in_build", script, workflow=autonomous())
    handle = await site.start()

    async def is_building() -> bool:
        status = await site.status(handle)
        return status.current_phase == "build" and status.cost.reserved_usd > 0

    await eventually(is_building, "the build calls its model")
    await handle.cancel(reason="cancelled by ann")
    await cancelled(handle)
    return {"cancelled_in_build": handle}


async def gate_timed_out(make: Make) -> Recorded:
    hours = {"remind_after_h": SHORT_DEADLINE_H / 2, "deadline_h": SHORT_DEADLINE_H}
    handle = await make("gate_timed_out", workflow={"gates": hours}).start()
    await failed(handle)
    return {"gate_timed_out": handle}


async def failed_then_retried(make: Make) -> Recorded:
    script = happy_script()
    site = make(
        "failed_then_retried",
        {**script, "phases": {**script["phases"], "evaluate": [[verdict("NO_GO", "no")]]}},
    )
    handle = await site.start(approve={"architect": "never", "release": "never"})
    await failed(handle)
    first = site.client.get_workflow_handle_for(FaberRun.run, handle.id, run_id=handle.first_execution_run_id)
    write_script(site.folder, script)
    second = await retry(site, handle)
    await ended(second)
    return {"failed": first, "failed_then_retried": second}


async def paused_and_resumed(make: Make) -> Recorded:
    site = make("paused_and_resumed", workflow=autonomous(human_approval={"architect": True}))
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    await pause(handle, "lunch")
    await site.decide(handle, gate, "approve")
    await site.gate(handle, "pause")
    await resume(handle, actor="bob")
    await ended(handle)
    return {"paused_and_resumed": handle}


async def mended(make: Make) -> Recorded:
    script = happy_script()
    script["phases"]["build"] = [
        [write("greeting.py", "wrong"), write("greeting.py", FIXED), {"text": "Done."}]
    ]
    site = make("mended", script, workflow=autonomous(turns={"build": 2}))
    handle = await site.start()
    await site.approve(handle, "manual_fix")
    await ended(handle)
    return {"mended": handle}


async def continued_as_new(make: Make) -> Recorded:
    script = happy_script()
    tries = [write("greeting.py", FIXED + f"# try {number}\n") for number in range(MANY_TURNS)]
    script["phases"]["build"] = [[*tries, {"text": "Done."}]]
    site = make("continued_as_new", script, workflow=autonomous())
    handle = await site.start()
    first = site.client.get_workflow_handle_for(FaberRun.run, handle.id, run_id=handle.first_execution_run_id)
    await ended(handle)
    return {
        "continued_as_new": first,
        "continued": site.client.get_workflow_handle_for(FaberRun.run, handle.id),
    }


SCENES: tuple[Callable[[Make], Awaitable[Recorded]], ...] = (
    approved,
    rejected,
    revised,
    retried_twice,
    budget_raised,
    budget_refused,
    cancelled_in_build,
    gate_timed_out,
    failed_then_retried,
    paused_and_resumed,
    mended,
    continued_as_new,
)

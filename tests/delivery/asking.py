"""What tests ask of a run and of its history: answers, refusals, ends, and which activities it asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from faber import starting
from faber.contract.delivery import BudgetRaise, GateView, Pause, RunResult
from faber.contract.names import PHASES
from faber.contract.workflows import FaberRun
from faber.converter import data_converter
from tests.delivery.conftest import Handle, Site
from tests.delivery.places import Script
from tests.waiting import eventually

Request = TypeVar("Request", bound=BaseModel)
ENDS_WITHIN_S = 60.0


async def ended(handle: Handle) -> RunResult:
    """The result of a run that completes, and soon."""
    return await asyncio.wait_for(handle.result(), ENDS_WITHIN_S)


async def refusal(answer: Awaitable[object]) -> ApplicationError:
    """Why an update was refused: `type` is the code."""
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await answer
    cause = raised.value.cause
    assert isinstance(cause, ApplicationError), cause
    return cause


async def raise_budget(handle: Handle, limit_usd: float, **more: Any) -> GateView:
    raised = BudgetRaise(limit_usd=limit_usd, **{"actor": "ann", "via": "test", **more})
    return await handle.execute_update(FaberRun.raise_budget, raised)


async def pause(handle: Handle, reason: str = "", actor: str = "ann") -> GateView:
    return await handle.execute_update(FaberRun.pause, Pause(reason=reason, actor=actor, via="test"))


async def resume(handle: Handle, actor: str = "ann") -> GateView:
    return await handle.execute_update(FaberRun.resume, Pause(actor=actor, via="test"))


async def retry(site: Site, handle: Handle, from_phase: str | None = None) -> Handle:
    """Starts the failed run's id again with what it carried, as `Faber.retry` does."""
    await starting.retry(
        site.client, site.client.get_workflow_handle_for(FaberRun.run, handle.id), from_phase
    )
    return site.client.get_workflow_handle_for(FaberRun.run, handle.id)


async def cancelled(handle: WorkflowHandle[Any, Any]) -> None:
    """Waits until Temporal shows the run as Canceled."""

    async def is_closed() -> bool:
        return (await handle.describe()).status != WorkflowExecutionStatus.RUNNING

    await eventually(is_closed, f"{handle.id} ends")
    assert (await handle.describe()).status == WorkflowExecutionStatus.CANCELED


async def requests(handle: Handle, activity: str, kind: type[Request]) -> list[Request]:
    """What the run asked of one activity so far, in order."""
    found: list[Request] = []
    async for event in handle.fetch_history_events():
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == activity:
            found += await data_converter.decode(scheduled.input.payloads, [kind])
    return found


def autonomous(**workflow: Any) -> dict[str, Any]:
    """A configuration under which nobody is asked unless the test says so."""
    return {"autonomy": "autonomous", **workflow}


def last_turn(script: Script, phase: str, round: int = 1) -> dict[str, Any]:
    turn: dict[str, Any] = script["phases"][phase][round - 1][-1]
    return turn


def spending(script: Script, **dollars: float) -> Script:
    """Each phase's last turn costs exactly this, at the scripted price of $3 for a million input tokens, and
    every other turn costs nothing."""
    for phase in PHASES:
        for turn in (turn for round in script["phases"][phase] for turn in round):
            turn["usage"] = {"input_tokens": 0, "output_tokens": 0}
        tokens, left = divmod(round(dollars.get(phase, 0) * 1_000_000), 3)
        assert left == 0, f"{dollars[phase]} is no whole number of tokens"
        last_turn(script, phase)["usage"] = {"input_tokens": tokens, "output_tokens": 0}
    return script


def verdict(word: str, *reasons: str) -> dict[str, Any]:
    return {
        "structured": {
            "verdict": word,
            "reasons": list(reasons),
            "criteria_met": [],
            "criteria_unmet": [],
            "issues_found": [],
        }
    }

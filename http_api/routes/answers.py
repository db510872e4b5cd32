"""What people tell a run: answers to its gates, money, a pause, its end, another try."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from faber.contract.definition_runs import FormAnswer
from faber.contract.delivery import Decision, DecisionWord, GateView
from faber.contract.names import Phase
from faber.errors import Conflict
from http_api.parts import (
    NO_REASON,
    Approver,
    Body,
    Operator,
    ReasonBody,
    RequestId,
    RunId,
    RunRef,
    StrictRoute,
)

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["answers"], route_class=StrictRoute)


class DecisionBody(Body):
    """`revise` has the work done again with the comment as what to change. Who decided is the caller."""

    decision: DecisionWord
    request_id: RequestId = None
    comment: str = Field(default="", max_length=20_000)


class FormBody(Body):
    """`values` by field; or, where a model's output is repaired, that output. `step_id` names the form when several
    wait."""

    values: Any
    request_id: RequestId = None
    step_id: str | None = Field(default=None, max_length=200)


class BudgetBody(Body):
    limit_usd: float = Field(gt=0, le=1e9, description="The new limit for the whole run, in dollars")
    request_id: RequestId = None


class RetryBody(Body):
    """A delivery run may go on at an earlier phase, and under another budget; a definition's goes on at the step that
    failed."""

    from_phase: Phase | None = None
    budget_usd: float | None = Field(default=None, gt=0, le=1e9)


AS_IT_WAS = RetryBody()


@router.post("/decisions", responses={403: {}, 409: {}})
async def decide(visit: Approver, run_id: RunId, body: DecisionBody) -> GateView:
    """Answers a gate. 409 when the answer is stale, late, or one of several could be meant; 403 when the gate lists
    approvers and the caller is none of them."""
    run = await visit.run(run_id)
    return await (await visit.faber()).decide(run.run_id, Decision(**body.model_dump()))


@router.post("/forms", responses={409: {}})
async def submit_form(visit: Operator, run_id: RunId, body: FormBody) -> GateView:
    """Fills in a form of a definition's run. 422 names each field that does not fit."""
    run = await visit.run(run_id)
    if run.kind != "definition":
        raise Conflict(f"{run_id} delivers a work item: it has gates and no forms")
    return await (await visit.faber()).definitions.submit_form(run.run_id, FormAnswer(**body.model_dump()))


@router.post("/budget", responses={403: {}, 409: {}})
async def raise_budget(visit: Approver, run_id: RunId, body: BudgetBody) -> GateView:
    """Sets a new limit for the whole run, and answers an open budget gate with it."""
    run = await visit.run(run_id)
    faber = await visit.faber()
    return await faber.raise_budget(run.run_id, body.limit_usd, request_id=body.request_id)


@router.post("/pause", responses={409: {}})
async def pause(visit: Operator, run_id: RunId, body: ReasonBody = NO_REASON) -> GateView:
    """Stops the run before its next step."""
    run = await visit.run(run_id)
    return await (await visit.faber()).pause(run.run_id, body.reason)


@router.post("/resume", responses={409: {}})
async def resume(visit: Operator, run_id: RunId, body: ReasonBody = NO_REASON) -> GateView:
    """Lets a paused run go on."""
    run = await visit.run(run_id)
    return await (await visit.faber()).resume(run.run_id, body.reason)


@router.post("/cancel", status_code=202, responses={409: {}})
async def cancel(visit: Operator, run_id: RunId, body: ReasonBody = NO_REASON) -> RunRef:
    """Asks the run to end; its processes are ended and its work is kept. 409 when it has ended."""
    run = await visit.run(run_id)
    if run.ended_at is not None:
        raise Conflict(f"{run_id} has ended: it is {run.status}")
    await (await visit.faber()).cancel(run.run_id, body.reason)
    return RunRef(run_id=run.run_id)


@router.post("/retry", status_code=202, responses={409: {}})
async def retry(visit: Operator, run_id: RunId, body: RetryBody = AS_IT_WAS) -> RunRef:
    """Goes on with a failed run under the same id, without paying again for what is done. 409 unless it failed."""
    run, faber = await visit.run(run_id), await visit.faber()
    if run.kind == "definition":
        if body.from_phase or body.budget_usd:
            raise Conflict(
                f"{run_id} is a definition's: it goes on at the step that failed, under its budget"
            )
        return RunRef(run_id=await faber.definitions.retry(run.run_id))
    return RunRef(run_id=await faber.retry(run.run_id, body.from_phase, budget_usd=body.budget_usd))

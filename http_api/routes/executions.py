"""Runs of definitions: starting one, where it stands, what it made, and the answers that it waits for."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from adapters.records import RunSummary as RecordedRun
from domain.redaction import conceal
from faber.contract.definition_runs import (
    Context,
    DefinitionStatus,
    ExecutionStatus,
    StepRun,
)
from faber.contract.delivery import RunStatus, WaitingOn
from faber.defining import definition_input
from faber.errors import Conflict, NoSuchRun
from http_api.endings import Endings
from http_api.keeping import keep_begun, version_of
from http_api.parts import (
    NO_REASON,
    Body,
    Cursor,
    Limit,
    Operator,
    ReasonBody,
    RunId,
    RunRef,
    StrictRoute,
    Version,
    Viewer,
)
from http_api.problems import Refused
from http_api.reach import Visit
from http_api.resuming import ResumeBody, Resumed, resume
from http_api.routes.workflows import stored
from http_api.snapshots import DefinitionSnapshot, snapshot

router = APIRouter(prefix="/v1/executions", tags=["executions"], route_class=StrictRoute)

EDGE: dict[RunStatus, ExecutionStatus] = {
    "queued": "queued",
    "running": "running",
    "waiting": "waiting",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "canceled",
}
Key = Annotated[str | None, Field(min_length=1, max_length=200)]
"""Who starts twice with one key and the same inputs gets the run that there is."""


class RunOptions(Body):
    """`mock_ai` answers every model call with invented text. `idempotency: auto` makes the key of the definition and
    the inputs. `budget_usd` is in dollars; absent: unlimited."""

    idempotency_key: Key = None
    idempotency: Literal["auto"] | None = None
    mock_ai: bool = False
    budget_usd: float | None = Field(default=None, gt=0, le=1e9)


class StartExecution(Body):
    """`version` absent: the newest. `profile` is the initiator's part of the context."""

    workflow_id: str = Field(min_length=1, max_length=200)
    version: Version | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)
    profile: dict[str, Any] = Field(default_factory=dict)
    run_opts: RunOptions = RunOptions()
    idempotency_key: Key = None


class StartedExecution(RunRef):
    """`created` is false when the key has this run already."""

    workflow_id: str
    workflow_version: int
    status: ExecutionStatus
    created: bool


class ExecutionSummary(BaseModel):
    id: str
    workflow_id: str
    workflow_version: int
    status: ExecutionStatus
    current_step: str | None
    started_at: str
    updated_at: str
    idempotency_key: str | None


class Execution(ExecutionSummary):
    """`provider` says who answered the model calls, `mock` among them; `waiting_on` what exactly is waited for."""

    context: Context
    waiting_on: list[WaitingOn]
    initiator: str
    provider: str | None
    cost_usd: float
    error: str | None


class ExecutionPage(BaseModel):
    """Newest first."""

    items: list[ExecutionSummary]
    next_cursor: str | None = None


class ExecutionHistory(BaseModel):
    items: list[StepRun]


@router.post("", status_code=202, responses={200: {"model": StartedExecution}, 404: {}, 409: {}})
async def start_execution(visit: Operator, body: StartExecution, response: Response) -> StartedExecution:
    """Starts a run (202), or finds the one that has the key (200). 409 when that one has other inputs."""
    options, caller = body.run_opts, visit.caller
    if body.idempotency_key and options.idempotency_key not in (None, body.idempotency_key):
        raise Refused(400, "TWO_KEYS", "two different idempotency keys: give one, at the top or in run_opts")
    definition = await stored(visit, body.workflow_id, body.version)
    wanted = definition_input(
        definition_id=definition.id,
        version=definition.version,
        inputs=body.inputs,
        profile=body.profile,
        initiator=caller.name,
        mock_ai=options.mock_ai,
        budget_usd=options.budget_usd,
        tenant=caller.tenant,
        idempotency_key=body.idempotency_key or options.idempotency_key,
    )
    definitions = (await visit.faber()).definitions
    automatic = options.idempotency == "auto"
    started = await definitions.start(wanted, key=wanted.idempotency_key, automatic=automatic)
    response.status_code = 202 if started.created else 200
    found = await visit.run(started.run_id)
    if started.origin is not None:
        await keep_begun(visit, started.origin, found, wanted)
    return StartedExecution(
        run_id=started.run_id,
        workflow_id=definition.id,
        workflow_version=await version_of(visit, started.run_id, definition.version),
        status=EDGE[found.status],
        created=started.created,
    )


@router.get("")
async def list_executions(
    visit: Viewer,
    request: Request,
    workflow_id: Annotated[str | None, Query(max_length=200)] = None,
    status: ExecutionStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ExecutionPage:
    """As the records have them, also when Temporal has forgotten them."""
    endings: Endings = request.app.state.endings
    await endings.keep()
    page = await (await visit.reach.records()).list_runs(
        definition_id=workflow_id, status=status, tenant=visit.caller.tenant, cursor=cursor, limit=limit
    )
    return ExecutionPage(items=[_recorded(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/{run_id}")
async def get_execution(visit: Viewer, run_id: RunId) -> Execution:
    """Where the run stands, with its context."""
    status = await _status(visit, run_id)
    return Execution(
        id=run_id,
        workflow_id=status.workflow_id,
        workflow_version=status.workflow_version,
        status=EDGE[status.status],
        current_step=status.current_step,
        started_at=status.started_at,
        updated_at=status.updated_at,
        idempotency_key=status.idempotency_key,
        context=await _context(visit, run_id),
        waiting_on=status.waiting_on,
        initiator=status.initiator,
        provider=status.provider,
        cost_usd=status.cost_usd,
        error=status.error,
    )


@router.get("/{run_id}/context")
async def get_context(visit: Viewer, run_id: RunId) -> Context:
    """What the steps see: static, profile, runtime. What is named like a secret is not shown; a large value stands
    as `{"$artifact": sha256, "bytes": n}`."""
    await _status(visit, run_id)
    return await _context(visit, run_id)


@router.get("/{run_id}/history")
async def get_step_history(visit: Viewer, run_id: RunId) -> ExecutionHistory:
    """Every time that a step was done, in order."""
    return ExecutionHistory(items=(await _status(visit, run_id)).steps)


@router.post("/{run_id}/resume", responses={400: {}, 403: {}, 409: {}})
async def resume_execution(visit: Viewer, run_id: RunId, body: ResumeBody) -> Resumed:
    """Gives a waiting run what it waits for: a form's `inputs`, or approvals, exactly one of them. Inputs need the
    role operator, approvals the role approver and, where the step lists approvers, one of them. 409 when the run does
    not wait for it."""
    status = await _status(visit, run_id)
    return await resume(visit, status, body)


@router.post("/{run_id}/cancel", status_code=202, responses={409: {}})
async def cancel_execution(visit: Operator, run_id: RunId, body: ReasonBody = NO_REASON) -> RunRef:
    """Asks the run to end; its result says who did, and the reason. 409 when it has ended."""
    found = await _open(visit, run_id)
    await (await visit.faber()).cancel(found, body.reason)
    return RunRef(run_id=found)


@router.post("/{run_id}/retry", status_code=202, responses={409: {}})
async def retry_execution(visit: Operator, run_id: RunId) -> RunRef:
    """Goes on with a failed run at the step that failed. 409 when it has not failed."""
    status = await _status(visit, run_id)
    if status.status != "failed":
        raise Conflict(f"{run_id} is {EDGE[status.status]}: only a failed run is retried")
    return RunRef(run_id=await (await visit.faber()).definitions.retry(run_id))


async def _open(visit: Visit, run_id: str) -> str:
    status = await _status(visit, run_id)
    if status.status in ("completed", "failed", "cancelled"):
        raise Conflict(f"{run_id} has ended: it is {EDGE[status.status]}")
    return status.run_id


async def _status(visit: Visit, run_id: str) -> DefinitionStatus:
    """Raises NoSuchRun for a run of another kind too."""
    found = await snapshot(visit, run_id)
    if not isinstance(found, DefinitionSnapshot):
        raise NoSuchRun(
            f"no run of a definition is called {run_id!r}: GET /v1/runs/{run_id} shows what it is"
        )
    return found


async def _context(visit: Visit, run_id: str) -> Context:
    """The caller has been let in. From the records when Temporal has forgotten the run."""
    try:
        found = await (await visit.faber()).definitions.context(run_id)
    except NoSuchRun:
        record = await (await visit.reach.records()).get_run(run_id, tenant=visit.caller.tenant)
        found = Context.model_validate(record.document.get("context") or {}) if record else Context()
    return Context.model_validate(await asyncio.to_thread(conceal, found.model_dump()))


def _recorded(item: RecordedRun) -> ExecutionSummary:
    return ExecutionSummary(
        id=item.run_id,
        workflow_id=item.definition_id,
        workflow_version=item.version,
        status=item.status,
        current_step=item.current_step,
        started_at=item.started_at.isoformat(),
        updated_at=item.updated_at.isoformat(),
        idempotency_key=item.idempotency_key,
    )

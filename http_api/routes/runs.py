"""Runs of every kind: what there is, where each stands, and starting one that delivers a work item."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, Field

from faber.contract.config import Autonomy
from faber.contract.delivery import GateKind, RunStatus
from faber.contract.names import RunKind
from faber.overview import Filter, OpenGate, RunSummary
from faber.starting import run_input
from http_api.parts import Body, Cursor, Flag, Limit, Operator, RunId, RunRef, StrictRoute, Viewer, whole
from http_api.snapshots import DefinitionSnapshot, DeliverySnapshot, Snapshot, snapshot

router = APIRouter(prefix="/v1", tags=["runs"], route_class=StrictRoute)

Word = Annotated[str | None, Query(max_length=300)]
Gate = Literal["never", "always"]
Retries = Annotated[int, Field(ge=0, le=1_000), BeforeValidator(whole)]


class RunPage(BaseModel):
    """The open ones first, the newest first; then those that have ended, the last first. `next_cursor` asks for what
    follows; null: there is no more."""

    items: list[RunSummary]
    next_cursor: str | None = None


class InboxGate(OpenGate):
    """An open gate, and the run that waits at it."""

    run_id: str
    run_kind: RunKind
    project: str
    work_id: str


class Inbox(BaseModel):
    items: list[InboxGate]
    next_cursor: str | None = None


class StartRun(Body):
    """A work item to deliver. Absent options follow the repository's configuration. `repo` is the path of a checkout
    on the worker's host, or a URL; absent: the folder that the API was started in. `budget_usd` is in dollars."""

    work_id: str = Field(min_length=1, max_length=200)
    repo: str | None = Field(default=None, max_length=2_000)
    project: str | None = Field(default=None, max_length=200)
    autonomy: Autonomy | None = None
    budget_usd: float | None = Field(default=None, gt=0, le=1e9)
    max_retries: Retries | None = None
    approve: dict[Literal["architect", "release"], Gate] = Field(default_factory=dict)
    on_budget: Literal["ask", "fail"] | None = None
    dry_run: bool = False
    again: bool = False


class StartedRun(RunRef):
    """`created` is false when the work item has this run already, open or completed."""

    created: bool


@router.get("/runs")
async def list_runs(
    visit: Viewer,
    kind: RunKind | None = None,
    status: RunStatus | None = None,
    phase: Word = None,
    project: Word = None,
    work_id: Word = None,
    waiting: Flag | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RunPage:
    """Open runs, then ended ones. `work_id` of a definition's run is the definition's id, `phase` its current step."""
    wanted = Filter(kind, status, phase, project, work_id, waiting, tenant=visit.caller.tenant)
    page = await (await visit.faber()).page(wanted, limit, cursor)
    return RunPage(items=page.items, next_cursor=page.next_cursor)


@router.get("/gates")
async def list_gates(
    visit: Viewer,
    kind: GateKind | None = None,
    project: Word = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Inbox:
    """Every open gate across runs: the inbox. `limit` counts runs; each waits at one gate or more."""
    wanted = Filter(project=project, waiting=True, tenant=visit.caller.tenant)
    page = await (await visit.faber()).page(wanted, limit, cursor)
    gates = [
        InboxGate(
            run_id=run.run_id,
            run_kind=run.kind,
            project=run.project,
            work_id=run.work_id,
            **gate.model_dump(),
        )
        for run in page.items
        for gate in run.waiting_on
        if kind in (None, gate.kind)
    ]
    return Inbox(items=gates, next_cursor=page.next_cursor)


@router.post("/runs", status_code=202, responses={200: {"model": StartedRun}, 409: {}, 422: {}})
async def start_run(visit: Operator, body: StartRun, response: Response) -> StartedRun:
    """Starts a delivery run (202), or finds the one that the work item has (200); `again` starts over. 409 when the
    open run was started with other options."""
    given = body.model_dump(exclude_unset=True)
    wanted = run_input(**given, started_by=visit.caller.name, tenant=visit.caller.tenant)
    started = await (await visit.faber()).begin(wanted)
    response.status_code = 202 if started.created else 200
    return StartedRun(run_id=started.run_id, created=started.created)


@router.get("/runs/{run_id}")
async def get_run(visit: Viewer, run_id: RunId) -> Snapshot:
    """The status snapshot: where the run is, what exactly it waits for, what it has spent."""
    found: DeliverySnapshot | DefinitionSnapshot = await snapshot(visit, run_id)
    return found

"""Runs of every kind, page by page, as Temporal's own record shows them: no worker must answer for it."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from pydantic import Field
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from faber import listing
from faber.connection import RPC_TIMEOUT, temporal_errors
from faber.contract.delivery import GateKind, RunStatus
from faber.contract.names import WORKFLOW_TYPES, RunKind
from faber.contract.wire import FromWorker
from faber.errors import NoSuchRun, Unreachable, UsageError
from faber.outcomes import attributes

KINDS = {type: kind for kind, type in WORKFLOW_TYPES.items()}
ENDED: dict[WorkflowExecutionStatus, RunStatus] = {
    WorkflowExecutionStatus.COMPLETED: "completed",
    WorkflowExecutionStatus.CANCELED: "cancelled",
}
MARK = 6
ASKED_AT_ONCE = 100
NO_ATTRIBUTES = (
    "This namespace lacks FABER's search attributes: a worker makes them when it starts, or says "
    "by which command."
)
FILTERS = {**listing.FILTERS, "failed": 'ExecutionStatus IN ("Failed", "Terminated", "TimedOut")'}


class OpenGate(FromWorker):
    """A gate that waits for a person; `at` is when its default answer is given."""

    gate: str
    kind: GateKind
    request_id: str
    what: str
    since: str
    at: str | None = None
    command: str = ""


class RunSummary(FromWorker):
    """A run in a list. Times are ISO 8601; `phase` of a definition's run is its current step."""

    run_id: str
    kind: RunKind
    status: RunStatus
    project: str = ""
    work_id: str = ""
    phase: str | None = None
    completed_phases: list[str] = Field(default_factory=list)
    waiting_on: list[OpenGate] = Field(default_factory=list)
    cost_usd: float = 0.0
    pr_url: str | None = None
    error: str | None = None
    tenant: str | None = None
    started_at: str
    ended_at: str | None = None


@dataclass(frozen=True)
class Filter:
    """Of which runs. `tenant`: None is those of no tenant, `...` those of every one and of none; `since` leaves out
    runs that ended before that ISO 8601 time."""

    kind: RunKind | None = None
    status: RunStatus | None = None
    phase: str | None = None
    project: str | None = None
    work_id: str | None = None
    waiting: bool | None = None
    tenant: str | EllipsisType | None = ...
    since: str | None = None

    def query(self) -> str:
        """As a Temporal list filter. An earlier part of a long run is left out."""
        types = ", ".join(f'"{type}"' for kind, type in WORKFLOW_TYPES.items() if self.kind in (None, kind))
        terms = [f"WorkflowType IN ({types})", 'ExecutionStatus != "ContinuedAsNew"']
        if self.status:
            terms.append(f"({FILTERS[self.status]})")
        if self.waiting is not None:
            waiting = f"({listing.FILTERS['waiting']})"
            terms.append(waiting if self.waiting else f"NOT {waiting}")
        named = {"FaberPhase": self.phase, "FaberProject": self.project, "FaberWorkId": self.work_id}
        terms += [f"{name} = {listing.quoted(value)}" for name, value in named.items() if value is not None]
        if self.tenant is None:
            terms.append("FaberTenant IS NULL")
        elif isinstance(self.tenant, str):
            # A run that has not shown itself yet, or never could, is known by its memo alone.
            terms.append(f"(FaberTenant = {listing.quoted(self.tenant)} OR FaberPhase IS NULL)")
        if self.since is not None:
            terms.append(f'(ExecutionStatus = "Running" OR CloseTime > {listing.quoted(self.since)})')
        return " AND ".join(terms)


@dataclass(frozen=True)
class Page:
    """`next_cursor` asks for what follows; None: there is no more."""

    items: list[RunSummary] = field(default_factory=list)
    next_cursor: str | None = None


async def page(client: Client, filter: Filter, limit: int, cursor: str | None = None) -> Page:
    """At most `limit` runs, open ones first and then by their ends, each once, by its newest execution.

    Errors: UsageError for a cursor that no page gave, Unreachable."""
    token = _token(cursor) if cursor else None
    found = client.list_workflows(
        filter.query(), page_size=limit, next_page_token=token, rpc_timeout=RPC_TIMEOUT
    )
    try:
        async with temporal_errors("list runs"):
            await found.fetch_next_page()
            listed = found.current_page or ()
            begun_anew = await _begun_anew(client, listed)
    except UsageError as error:
        # The filter is ours, so what is wrong with it is what the namespace lacks.
        raise Unreachable(f"{error.message}. {NO_ATTRIBUTES}") from error
    items = [await summary(execution) for execution in listed if execution.run_id not in begun_anew]
    items = [run for run in items if filter.tenant in (..., run.tenant)]
    return Page(items, _cursor(found.next_page_token) if found.next_page_token else None)


async def _begun_anew(client: Client, listed: Sequence[WorkflowExecution]) -> set[str]:
    """The executions among these that another one of their run followed: a retry, or a start after its end."""
    newest: dict[str, WorkflowExecution] = {}
    ids = sorted({execution.id for execution in listed if execution.close_time is not None})
    for at in range(0, len(ids), ASKED_AT_ONCE):
        query = f"WorkflowId IN ({', '.join(map(listing.quoted, ids[at : at + ASKED_AT_ONCE]))})"
        async for found in client.list_workflows(query, rpc_timeout=RPC_TIMEOUT):
            if found.id not in newest or found.start_time > newest[found.id].start_time:
                newest[found.id] = found
    return {
        execution.run_id
        for execution in listed
        if execution.id in newest and execution.start_time < newest[execution.id].start_time
    }


def _cursor(token: bytes) -> str:
    return urlsafe_b64encode(_mark(token) + token).decode().rstrip("=")


def _token(cursor: str) -> bytes:
    try:
        marked = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        marked = b""
    token = marked[MARK:]
    # Temporal takes a word that it did not give for trouble of its own, and tries it again and again.
    if not token or marked[:MARK] != _mark(token):
        raise UsageError(
            f"{cursor[:80]!r} is no cursor: give back the next_cursor of the last page, or none to begin"
        )
    return token


def _mark(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()[:MARK]


async def find(client: Client, run_id: str) -> RunSummary:
    """One run, of any kind. Raises NoSuchRun."""
    async with temporal_errors(f"find {run_id}"):
        execution = await client.get_workflow_handle(run_id).describe(rpc_timeout=RPC_TIMEOUT)
    if execution.workflow_type not in KINDS:
        raise NoSuchRun(f"{run_id} is no run, but a {execution.workflow_type}")
    return await summary(execution)


async def refuse_definition(client: Client, run_id: str, instead: str) -> None:
    """Before what only a delivery run can be asked for. Raises UsageError for a definition's run."""
    try:
        found = await find(client, run_id)
    except NoSuchRun:
        return
    if found.kind == "definition":
        raise UsageError(
            f"{run_id} is a run of the step definition {found.work_id!r}, which delivers no change: {instead}"
        )


async def summary(execution: WorkflowExecution) -> RunSummary:
    found, memo = attributes(execution), await execution.memo()
    shown: dict[str, Any] = memo.get("faber") or {}
    waiting = _waiting(shown.get("waiting_on"), found.get("FaberWaitingOn") or ())
    if execution.status != WorkflowExecutionStatus.RUNNING:
        # A terminated run had no time to take its questions back.
        waiting = []
    return RunSummary(
        run_id=execution.id,
        kind=KINDS[execution.workflow_type],
        status=_status(execution, waiting=bool(waiting), begun="FaberPhase" in found),
        project=found.get("FaberProject") or shown.get("project") or "",
        work_id=found.get("FaberWorkId") or shown.get("work_id") or "",
        phase=found.get("FaberPhase"),
        completed_phases=shown.get("completed_phases") or [],
        waiting_on=waiting,
        cost_usd=found.get("FaberCostUsd") or shown.get("cost_usd") or 0.0,
        pr_url=shown.get("pr_url"),
        error=shown.get("error") or listing.ENDED_BY.get(execution.status or WorkflowExecutionStatus.RUNNING),
        tenant=shown.get("tenant"),
        started_at=execution.start_time.isoformat(),
        ended_at=execution.close_time.isoformat() if execution.close_time else None,
    )


def _status(execution: WorkflowExecution, *, waiting: bool, begun: bool) -> RunStatus:
    if execution.status == WorkflowExecutionStatus.RUNNING:
        return "waiting" if waiting else "running" if begun else "queued"
    return ENDED.get(execution.status or WorkflowExecutionStatus.FAILED, "failed")


def _waiting(told: Any, listed: Iterable[str]) -> list[OpenGate]:
    """As the run told it; of one that waits since before runs did, what its search attribute `kind:gate` tells."""
    if told is not None:
        return [OpenGate.model_validate(item) for item in told]
    split = [name.partition(":") for name in listed]
    return [
        OpenGate.model_validate({"gate": gate, "kind": kind, "request_id": "", "what": gate, "since": ""})
        for kind, _, gate in split
    ]

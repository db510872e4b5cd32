"""Lists runs: the filter is in Temporal's query, so that a limit counts what was asked for."""

from __future__ import annotations

import json
from typing import Any, Literal

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from faber.contract.delivery import RunStatus
from faber.contract.listed import ListedRun
from faber.outcomes import attributes

ListedStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled"]

_RUNNING = 'ExecutionStatus = "Running"'
FILTERS: dict[ListedStatus, str] = {
    "queued": f"{_RUNNING} AND FaberPhase IS NULL",
    "running": f"{_RUNNING} AND FaberPhase IS NOT NULL AND FaberWaitingOn IS NULL",
    "waiting": f"{_RUNNING} AND FaberWaitingOn IS NOT NULL",
    "completed": 'ExecutionStatus = "Completed"',
    # A cancelled run's document says `failed`, so it is listed among them too.
    "failed": 'ExecutionStatus IN ("Failed", "Terminated", "TimedOut", "Canceled")',
    "cancelled": 'ExecutionStatus = "Canceled"',
}
ENDED_BY = {
    WorkflowExecutionStatus.FAILED: "failed",
    WorkflowExecutionStatus.CANCELED: "cancelled by a request",
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
}


def query(
    status: ListedStatus | None = None,
    *,
    project: str | None = None,
    work_id: str | None = None,
    starts_with: tuple[str, ...] = (),
) -> str:
    """A Temporal list filter over delivery runs, each run once: an earlier part of a long one is left out."""
    terms = ['WorkflowType = "FaberRun"', 'ExecutionStatus != "ContinuedAsNew"']
    if status:
        terms.append(f"({FILTERS[status]})")
    if project is not None:
        terms.append(f"FaberProject = {quoted(project)}")
    if work_id is not None:
        terms.append(f"FaberWorkId = {quoted(work_id)}")
    if starts_with:
        starts = " OR ".join(f"WorkflowId STARTS_WITH {quoted(start)}" for start in starts_with)
        terms.append(f"({starts})")
    return " AND ".join(terms)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


async def executions(client: Client, filter: str, limit: int) -> list[WorkflowExecution]:
    """Newest first."""
    return [run async for run in client.list_workflows(filter, limit=limit, page_size=min(limit, 100))]


async def row(execution: WorkflowExecution) -> dict[str, Any]:
    """One run as a result document with `started_at`, `current_phase`, `waiting_on`. What it shows stands in
    Temporal's own record, so that a list costs one call and needs no worker."""
    found, memo = attributes(execution), await execution.memo()
    shown: dict[str, Any] = memo.get("faber") or {}
    # A terminated run had no time to take its questions back.
    is_open = execution.status == WorkflowExecutionStatus.RUNNING
    waiting = list(found.get("FaberWaitingOn") or []) if is_open else []
    status = _status(execution, waiting=bool(waiting), begun="FaberPhase" in found)
    listed = ListedRun(
        workflow_id=execution.id,
        work_id=found.get("FaberWorkId") or shown.get("work_id") or "",
        status=status,
        completed_phases=shown.get("completed_phases") or [],
        pr_url=shown.get("pr_url"),
        error=shown.get("error") or ENDED_BY.get(execution.status or WorkflowExecutionStatus.RUNNING),
        error_phase=shown.get("error_phase"),
        cost_usd=found.get("FaberCostUsd") or shown.get("cost_usd") or 0.0,
        started_at=execution.start_time.isoformat(),
        current_phase=found.get("FaberPhase"),
        waiting_on=waiting,
    )
    return listed.model_dump(mode="json", exclude_none=True)


def _status(execution: WorkflowExecution, *, waiting: bool, begun: bool) -> RunStatus:
    if execution.status == WorkflowExecutionStatus.RUNNING:
        return "waiting" if waiting else "running" if begun else "queued"
    return "completed" if execution.status == WorkflowExecutionStatus.COMPLETED else "failed"

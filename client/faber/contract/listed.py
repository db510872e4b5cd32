"""What the command line prints beside a run's own documents: lists, inspections, streams."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faber.contract.delivery import RunResult, RunStatus, Status, WaitingOn
from faber.contract.wire import FromWorker


class ListedRun(FromWorker):
    """A run in a list; what it has nothing to say about is left out. A cancelled one's status is `failed`."""

    workflow_id: str
    work_id: str
    status: RunStatus
    completed_phases: list[str] = Field(default_factory=list)
    pr_url: str | None = None
    error: str | None = None
    error_phase: str | None = None
    cost_usd: float = 0.0
    started_at: str
    current_phase: str | None = None
    waiting_on: list[str] = Field(default_factory=list)


class WorkflowList(FromWorker):
    workflows: list[ListedRun]


class CancelRequested(FromWorker):
    """Of a run that no worker has ended yet: the request is kept until one does."""

    workflow_id: str
    status: Literal["running"] = "running"
    cancel_requested: Literal[True] = True


class Trying(FromWorker):
    """A step that failed and is tried again by itself: `attempt` comes at `next_at`, or is under way without one."""

    step: str
    attempt: int
    error: str
    next_at: str | None = None


class Why(FromWorker):
    """What `why` prints: what a run waits for, what of it is being tried again, and what it noted lately."""

    run_id: str
    status: RunStatus
    error: str | None = None
    waiting_on: list[WaitingOn] = Field(default_factory=list)
    trying: list[Trying] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class Shown(FromWorker):
    """`request_id` is the open gate's, so that an answer is bound to exactly this `text`."""

    run_id: str
    name: str
    request_id: str | None
    sha256: str
    text: str


class Snapshots(FromWorker):
    """What `watch` prints, a snapshot a line."""

    run_id: str
    snapshots: list[Status]


class Event(FromWorker):
    at: str
    event: str
    what: str


class RunInspection(FromWorker):
    """`result` is null while the run is open."""

    status: Status
    result: RunResult | None


class WorkflowInspection(RunInspection):
    events: list[Event]

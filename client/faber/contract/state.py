"""The state of a run as both sides read it from `.fractary/faber/runs/<run>/state.json`."""

from __future__ import annotations

from pydantic import Field

from faber.contract.delivery import Issue, Specification, Verdict
from faber.contract.names import Phase
from faber.contract.wire import FromWorker


class WorkflowState(FromWorker):
    """A derived copy, written at each phase's end. What is not known yet is left out of the document, except
    `error` and `error_phase`, which are null while nothing failed."""

    workflow_id: str
    work_id: str
    current_phase: Phase | None = None
    completed_phases: list[str] = Field(default_factory=list)
    issue: Issue | None = None
    specification: Specification | None = None
    branch_name: str | None = None
    pr_url: str | None = None
    evaluation_result: Verdict | None = None
    retry_count: int = 0
    error: str | None = None
    error_phase: str | None = None

"""The delivery run on the wire: what starts it, what answers its gates, what it reports."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from faber.contract.config import Autonomy
from faber.contract.names import Phase
from faber.contract.wire import FromPerson, FromWorker, GoesOn, without_password

GateKind = Literal["approval", "form", "budget", "manual_fix", "pause"]
Verdict = Literal["GO", "NO_GO", "RETRY"]
DecisionWord = Literal["approve", "reject", "revise"]
RunStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled"]

ALIASES: dict[str, DecisionWord] = {
    "approve": "approve",
    "approved": "approve",
    "yes": "approve",
    "reject": "reject",
    "rejected": "reject",
    "no": "reject",
    "revise": "revise",
    "request_changes": "revise",
}


class RunInput(GoesOn):
    """What starts a delivery run. Only `work_id` is essential; absent options follow the configuration.

    `repo` is a checkout on the worker's host, or a folder in it, or a URL; absent: the worker's own folder.
    `budget_usd` is in dollars. `tenant` is whose run it is where a door keeps tenants apart. `resume` is state that an
    earlier execution carried over, never written by hand.
    """

    work_id: str = Field(min_length=1, max_length=200)
    repo: Annotated[str | None, AfterValidator(without_password)] = None
    project: str | None = None
    autonomy: Autonomy | None = None
    budget_usd: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    max_retries: int | None = Field(default=None, ge=0)
    approve: dict[Literal["architect", "release"], Literal["never", "always"]] = Field(default_factory=dict)
    on_budget: Literal["ask", "fail"] | None = None
    dry_run: bool = False
    again: bool = False
    started_by: str | None = None
    resume: dict[str, Any] | None = None
    tenant: str | None = Field(default=None, min_length=1, max_length=200)

    @field_validator("work_id")
    @classmethod
    def printable(cls, value: str) -> str:
        if not value.isprintable() or value != value.strip():
            raise ValueError("work_id must be printable and without surrounding spaces")
        return value


class Decision(FromPerson):
    """The answer to a gate. `request_id` binds it to what was shown; without it, it counts only when exactly
    one request is open. `via` is the door: cli, temporal-cli, http, github."""

    decision: DecisionWord
    request_id: str | None = None
    comment: str = Field(default="", max_length=20_000)
    actor: str = Field(default="unknown", max_length=200)
    via: str = Field(default="temporal", max_length=50)

    @field_validator("decision", mode="before")
    @classmethod
    def word(cls, value: Any) -> Any:
        return ALIASES.get(value.strip().lower(), value) if isinstance(value, str) else value


class BudgetRaise(FromPerson):
    """A new limit in dollars for the whole run, above what is spent and reserved."""

    limit_usd: float = Field(gt=0, le=1e9, allow_inf_nan=False)
    request_id: str | None = None
    actor: str = Field(default="unknown", max_length=200)
    via: str = Field(default="temporal", max_length=50)

    @field_validator("limit_usd", mode="before")
    @classmethod
    def amount(cls, value: Any) -> Any:
        """`true` would read as one dollar."""
        if isinstance(value, bool):
            raise ValueError("must be a number of dollars")
        return value


class Pause(FromPerson):
    reason: str = ""
    actor: str = Field(default="unknown", max_length=200)
    via: str = Field(default="temporal", max_length=50)


class Vote(FromWorker):
    """One person's word on a gate that needs several."""

    decision: DecisionWord
    actor: str
    via: str
    comment: str = ""
    at: str = ""


class GateView(FromWorker):
    """A gate as everybody sees it. `decision` is None until `needed` have approved, or one has said otherwise."""

    name: str
    kind: GateKind
    round: int
    request_id: str
    opened_at: str
    what: str
    deadline_at: str | None = None
    on_deadline: str | None = None
    decision: DecisionWord | None = None
    comment: str = ""
    actor: str | None = None
    via: str | None = None
    bound: bool | None = None
    decided_at: str | None = None
    needed: int = 1
    votes: list[Vote] = Field(default_factory=list)


class Comment(FromWorker):
    author: str = ""
    body: str = ""
    at: str = ""


class Issue(FromWorker):
    """A work item as its tracker holds it."""

    id: str
    number: int | None = None
    title: str
    body: str = ""
    labels: list[str] = Field(default_factory=list)
    state: str = "open"
    url: str = ""
    author: str = ""
    comments: list[Comment] = Field(default_factory=list)


class Specification(FromWorker):
    """The document that the change answers to; `content_hash` is the sha256 of its text."""

    id: str
    path: str
    title: str
    status: str = "draft"
    content_hash: str = ""
    criteria: list[str] = Field(default_factory=list)


class Evidence(FromWorker):
    """One thing that the engine itself checked. `kind`: worktree, specification, commit, check, verdict, merge_trial,
    push, pull_request, comment, merge."""

    phase: Phase
    kind: str
    ok: bool
    what: str
    sha: str | None = None
    exit_code: int | None = None
    artifact: str | None = None
    round: int = 1


class PhaseResult(FromWorker):
    phase: Phase
    round: int
    status: str
    duration_ms: int = 0
    cost_usd: float = 0.0
    error: str | None = None


class CostLine(FromWorker):
    """Spend of one phase or model. `calls` counts requests that reached the provider, wasted ones included."""

    name: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    wasted_usd: float = 0.0
    wasted_calls: int = 0
    priced: bool = True
    estimated: bool = False


class CostSummary(FromWorker):
    spent_usd: float = 0.0
    reserved_usd: float = 0.0
    limit_usd: float | None = None
    wasted_usd: float = 0.0
    calls: int = 0
    tokens: int = 0
    priced: bool = True
    by_phase: list[CostLine] = Field(default_factory=list)
    by_model: list[CostLine] = Field(default_factory=list)


class WaitingOn(FromWorker):
    """One thing that keeps a run waiting: what, since when, what happens by itself and when, and the exact
    command that unblocks it."""

    gate: str
    kind: GateKind
    request_id: str
    what: str
    since: str
    by_itself: str
    at: str | None = None
    command: str
    temporal_command: str
    reminded: bool = False
    approvers: list[str] = Field(default_factory=list)
    needed: int = 1
    votes: list[Vote] = Field(default_factory=list)
    fields: list[dict[str, Any]] = Field(default_factory=list)  # Of a form.


class Status(FromWorker):
    """The compact snapshot that the query `status` answers with."""

    run_id: str
    work_id: str
    project: str
    status: RunStatus
    current_phase: Phase | None
    round: int = 1
    completed_phases: list[Phase] = Field(default_factory=list)
    waiting_on: list[WaitingOn] = Field(default_factory=list)
    decided: list[GateView] = Field(default_factory=list)
    cost: CostSummary = CostSummary()
    cost_usd: float = 0.0
    retry_count: int = 0
    started_at: str = ""
    branch_name: str | None = None
    head_sha: str | None = None
    pr_url: str | None = None
    evaluation_result: Verdict | None = None
    error: str | None = None
    error_phase: Phase | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)
    shows: dict[str, str] = Field(default_factory=dict)
    """Artifacts to look at, by name: spec, diff, checks, transcript."""
    receipt: dict[str, Any] | None = None
    tenant: str | None = None


class RunResult(FromWorker):
    """How a run ended. `pr_url`, `error`, `error_phase` are left out of the printed document when empty."""

    workflow_id: str
    work_id: str
    status: Literal["completed", "failed"]
    completed_phases: list[Phase] = Field(default_factory=list)
    pr_url: str | None = None
    error: str | None = None
    error_code: str | None = None
    error_phase: Phase | None = None
    cost_usd: float = 0.0
    spec_path: str | None = None
    branch_name: str | None = None
    head_sha: str | None = None
    retry_count: int = 0
    evaluation_result: Verdict | None = None
    work_type: str | None = None
    work_type_confidence: float | None = None
    pr_number: int | None = None
    pr_state: str | None = None
    commits: list[str] = Field(default_factory=list)
    files_modified: list[str] = Field(default_factory=list)
    tests_added: list[str] = Field(default_factory=list)
    criteria_met: list[str] = Field(default_factory=list)
    criteria_unmet: list[str] = Field(default_factory=list)
    issues_found: list[str] = Field(default_factory=list)
    total_tokens: int = 0
    cost: CostSummary = CostSummary()
    evidence: list[Evidence] = Field(default_factory=list)
    phase_results: list[PhaseResult] = Field(default_factory=list)
    decisions: list[GateView] = Field(default_factory=list)
    models: dict[str, str] = Field(default_factory=dict)
    sandbox: str = "none"
    notes: list[str] = Field(default_factory=list)
    receipt: dict[str, Any] | None = None
    dry_run: bool = False
    temporal_run_id: str | None = None
    started_at: str = ""
    ended_at: str = ""

"""Runs of step definitions on the wire: what starts one, what answers its steps, what it carries and reports."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from faber.contract.definitions import Definition, StepType
from faber.contract.delivery import GateView, Status
from faber.contract.money import OnePrice
from faber.contract.wire import FromPerson, FromWorker, GoesOn, Plain

StepStatus = Literal["pending", "running", "completed", "failed"]
ExecutionStatus = Literal["queued", "running", "waiting", "completed", "failed", "canceled"]


class Context(FromWorker):
    """`static` is the definition's, `profile` the initiator's; inputs and outputs enter `runtime`, later ones win.
    A name is looked up in runtime, then profile, then static."""

    static: dict[str, Any] = Field(default_factory=dict)
    profile: dict[str, Any] = Field(default_factory=dict)
    runtime: dict[str, Any] = Field(default_factory=dict)


class DefinitionInput(GoesOn):
    """What starts a definition: `definition` (an object, or YAML or JSON text), or `definition_id` of the registry
    (or a file's name in `.fractary/faber/workflows/`), with `version` for another one than the newest.

    `profile` is the initiator's; `budget_usd` is in dollars, absent: unlimited. `mock_ai` answers every model call
    with invented text that fits its schema, and the result says so. With `rehearse` nobody is asked or told: forms are
    filled from `inputs`, approvals are given, which compares two versions. `resume` is never written by hand.
    """

    definition: dict[str, Any] | str | None = None
    definition_id: str | None = Field(default=None, max_length=200)
    version: int | None = Field(default=None, ge=1)
    inputs: dict[str, Any] = Field(default_factory=dict)
    profile: dict[str, Any] = Field(default_factory=dict)
    initiator: str = Field(default="unknown", max_length=200)
    idempotency_key: Plain | None = Field(default=None, max_length=200)
    mock_ai: bool = False
    rehearse: bool = False
    budget_usd: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    on_budget: Literal["ask", "fail"] = "ask"
    project: str | None = None
    tenant: Plain | None = Field(default=None, max_length=200)
    resume: dict[str, Any] | None = None

    def going_on(self, resume: dict[str, Any]) -> Self:
        """What was taken up is in the state: with both of them an input could grow beyond what Temporal takes."""
        setup = (resume.get("state") or {}).get("setup")
        if setup is None:
            return super().going_on(resume)
        named = self.definition_id if self.definition is None else setup["definition"]["id"]
        taken: dict[str, Any] = {"definition": None, "definition_id": named, "inputs": {}, "profile": {}}
        return self.model_copy(update={"resume": resume, **taken})


class FormAnswer(FromPerson):
    """The answer to a form, its values by field; or the output that a person gives in a model's place.
    `request_id` binds it to what was shown; `step_id` names the form when several wait; with neither, exactly one
    must be open."""

    values: Any
    request_id: str | None = None
    step_id: str | None = None
    actor: str = Field(default="unknown", max_length=200)
    via: str = Field(default="temporal", max_length=50)


class StepRun(FromWorker):
    """One time that a step was done. Times are ISO 8601."""

    id: str
    run_id: str
    step_id: str
    type: StepType
    status: StepStatus = "pending"
    started_at: str = ""
    ended_at: str | None = None
    output: Any = None
    error: str | None = None
    visit: int = 1


class DefinitionStatus(Status):
    """The snapshot that the query `status` of a definition's run answers with. `work_id` is the definition's id."""

    workflow_id: str = ""
    workflow_version: int = 1
    current_step: str | None = None
    steps: list[StepRun] = Field(default_factory=list)
    idempotency_key: str | None = None
    initiator: str = "unknown"
    updated_at: str = ""
    provider: str | None = None


class DefinitionResult(FromWorker):
    """How a definition's run ended. `context` of a failed one is that after the last completed step; `provider` says
    who answered the model calls, `mock` among them."""

    run_id: str
    workflow_id: str
    workflow_version: int
    status: Literal["completed", "failed", "canceled"]
    context: Context = Context()
    steps: list[StepRun] = Field(default_factory=list)
    error: str | None = None
    error_code: str | None = None
    error_step: str | None = None
    provider: str | None = None
    cost_usd: float = 0.0
    decisions: list[GateView] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    started_at: str = ""
    ended_at: str = ""


class DefinitionSetup(FromWorker):
    """What a run found out before its first step: the definition that it will carry to its end, the model of each
    ai_generate step (`mock:mock` when nothing may be called) and that model's price, by step id."""

    definition: Definition
    runtime: dict[str, Any] = Field(default_factory=dict)
    """The inputs, each large one as an artifact."""
    profile: dict[str, Any] | None = None
    """The initiator's, as the inputs."""
    models: dict[str, str] = Field(default_factory=dict)
    prices: dict[str, OnePrice] = Field(default_factory=dict)
    reads: dict[str, list[str] | None] = Field(default_factory=dict)
    """The names of the context that a step reads, by its id; of a step without any, or with None, all."""
    search_attributes: bool = False
    notes: list[str] = Field(default_factory=list)

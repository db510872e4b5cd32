"""Step definitions on the wire: what may run."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from faber.contract.wire import FromPerson, FromWorker

StepType = Literal["form", "ai_generate", "conditional", "api_call", "approval", "parallel"]
STEP_TYPES: tuple[StepType, ...] = ("form", "ai_generate", "conditional", "api_call", "approval", "parallel")
FieldType = Literal[
    "text",
    "string",
    "textarea",
    "email",
    "number",
    "integer",
    "boolean",
    "select",
    "checkbox",
    "radio",
    "date",
]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

FORMAT = "1.0.0"
"""The format's own version, `schema_version`; a definition of a later major is refused."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)\Z")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST = 3_650 * 86_400
"""Seconds that people may take. A calendar ends: at a day that it does not have, a run would stand for ever."""


def seconds(value: Any) -> Any:
    """`90`, `"90s"`, `"15m"`, `"4h"`, `"2d"` as seconds."""
    if not isinstance(value, str):
        return value
    match = _DURATION.match(value.strip())
    if match is None:
        raise ValueError(
            f"{value!r} is no duration: write seconds, or a number with s, m, h or d such as `4h`"
        )
    return float(match[1]) * _SECONDS[match[2]]


class FormField(FromPerson):
    """One field. `pattern` must fit the whole text; `options` belong to select, radio and checkbox; `minimum` and
    `maximum` bound numbers, `min_length` and `max_length` texts."""

    key: str = Field(min_length=1, max_length=100)
    type: FieldType = "text"
    label: str = ""
    help: str = ""
    required: bool = False
    pattern: str | None = Field(default=None, max_length=1_000)
    options: list[str | int | float | bool] = Field(default_factory=list)
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)


class FormConfig(FromPerson):
    fields: list[FormField] = Field(min_length=1, max_length=200)
    title: str = ""
    timeout: float | None = Field(default=None, gt=0, le=LONGEST)

    seconds = field_validator("timeout", mode="before")(seconds)


class AiConfig(FromPerson):
    """`template_id` (a file or a registered template, `<id>@<version>` or `<id>`) or an inline `prompt`; `variables`
    are context paths, and each must be there. `model` is `provider:model`; absent: AI_PROVIDER's."""

    template_id: str | None = None
    prompt: str | None = None
    variables: list[str] = Field(default_factory=list)
    json_schema: dict[str, Any]
    on_exhausted: Literal["fail", "manual_fix"] = "fail"
    model: str | None = None
    max_output_tokens: int = Field(default=4_096, ge=1, le=200_000)
    timeout_s: float = Field(default=120.0, gt=0, le=1_200)


class ConditionalConfig(FromPerson):
    """`otherwise` is written `else` in a definition; absent: the run completes there."""

    when: str = Field(min_length=1, max_length=256)


class ApiCallConfig(FromPerson):
    """Templated, except for `method` and the header names."""

    url: str = Field(min_length=1, max_length=8_000)
    method: Method = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    timeout_s: float = Field(default=30.0, gt=0, le=600)

    @field_validator("method", mode="before")
    @classmethod
    def upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value


class ApprovalConfig(FromPerson):
    """`on_reject` and `on_timeout` are `fail` or the id of the step to go on with; `on_timeout: reject` does what a
    rejection does. `message` is a template, shown to the approvers."""

    approvers: list[str] = Field(min_length=1, max_length=100)
    min_approvals: int = Field(default=1, ge=1)
    message: str = ""
    timeout: float | None = Field(default=None, gt=0, le=LONGEST)
    on_reject: str = "fail"
    on_timeout: str = "reject"
    exclude_initiator: bool = False

    seconds = field_validator("timeout", mode="before")(seconds)


StepConfig = FormConfig | AiConfig | ConditionalConfig | ApiCallConfig | ApprovalConfig
CONFIGS: dict[StepType, type[StepConfig]] = {
    "form": FormConfig,
    "ai_generate": AiConfig,
    "conditional": ConditionalConfig,
    "api_call": ApiCallConfig,
    "approval": ApprovalConfig,
}


class ForEach(FromPerson):
    """Do the step once for each item of a list, `width` at a time. `items` is an expression, `item` and `index` the
    names that an item and its place go by; the outputs come as one list, in order."""

    items: str = Field(min_length=1, max_length=256)
    item: str = "item"
    width: int = Field(default=5, ge=1, le=50)


class Step(FromWorker):
    """A validated step. `otherwise` is a conditional's `else`. `parallel` names the first step of each branch; a
    branch ends at a step whose `next` is null or is this step's own `next`, where the branches join.
    `on_error` is `fail`, `continue`, or the id of the step to go on with."""

    id: str
    type: StepType
    name: str = ""
    next: str | None = None
    otherwise: str | None = None
    parallel: list[str] = Field(default_factory=list)
    for_each: ForEach | None = None
    on_error: str = "fail"
    config: dict[str, Any] = Field(default_factory=dict)


class Definition(FromWorker):
    """A validated definition. `version` counts in the registry; `schema_version` is the format's."""

    id: str
    version: int = 1
    name: str = ""
    schema_version: str = FORMAT
    static: dict[str, Any] = Field(default_factory=dict)
    start_step: str
    steps: list[Step]

    def step(self, step_id: str) -> Step:
        """Errors: KeyError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


class Problem(FromWorker):
    """One thing that is wrong with a definition. `path` is like `steps[2].config.when`, `line` counts from 1."""

    path: str
    message: str
    line: int | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" (line {self.line})" if self.line else "")

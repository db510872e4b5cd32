"""`.fractary/config.yaml`, key by key: every default of a delivery run stands here and nowhere else."""

from __future__ import annotations

import shlex
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from faber.contract.names import Phase
from faber.contract.wire import FromPerson, without_password

Autonomy = Literal["assisted", "guarded", "autonomous"]
Platform = Literal["local", "github", "gitea"]
MOST_HOURS = 3_650 * 24
"""Ten years. A calendar ends: at a day that it does not have, a run would stand for ever."""


class Models(FromPerson):
    """The model of each phase, `provider:model`."""

    frame: str = "anthropic:claude-haiku-5-5"
    architect: str = "anthropic:claude-sonnet-5-5"
    build: str = "anthropic:claude-sonnet-5-5"
    evaluate: str = "anthropic:claude-sonnet-5-5"
    release: str = "anthropic:claude-haiku-5-5"

    def of(self, phase: Phase) -> str:
        value: str = getattr(self, phase)
        return value


class HumanApproval(FromPerson):
    """An explicit answer beats the autonomy level; None follows it."""

    architect: bool | None = None
    release: bool | None = None


class PriceOverride(FromPerson):
    """Dollars per million tokens."""

    input_usd: float = Field(ge=0)
    output_usd: float = Field(ge=0)


class Cost(FromPerson):
    """`budget_limit_usd` absent or <= 0 is unlimited."""

    budget_limit_usd: float | None = 10.0
    warning_threshold: float = 0.8
    require_approval_at: float = 0.9
    on_budget: Literal["ask", "fail"] | None = None
    prices: dict[str, PriceOverride] = Field(default_factory=dict)

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if not 0 < self.warning_threshold <= self.require_approval_at <= 1:
            raise ValueError(
                "needs 0 < warning_threshold <= require_approval_at <= 1, got "
                f"{self.warning_threshold} and {self.require_approval_at}"
            )
        return self


class Check(FromPerson):
    """A command that the engine itself runs on the change. `run` is split into words, never given to a shell."""

    run: str | list[str]
    name: str | None = None
    required: bool = True
    timeout_s: float = Field(default=600.0, gt=0, le=86_400)

    @field_validator("run")
    @classmethod
    def is_command(cls, value: str | list[str]) -> str | list[str]:
        try:
            words = shlex.split(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ValueError(f"{value!r} is not words: {error}") from None
        if not words or not words[0]:
            raise ValueError("a check needs a command, such as `pytest -q`")
        return value

    @property
    def argv(self) -> list[str]:
        return shlex.split(self.run) if isinstance(self.run, str) else self.run


class AgentConfig(FromPerson):
    """Who does a phase: the built-in agent (model and tools), or a coding agent's command line.

    `command` is an argv template for `preset: command`; `{prompt}` `{session}` `{cwd}` `{max_usd}` `{model}`
    are replaced, and without `{prompt}` the prompt goes to stdin."""

    preset: Literal["builtin", "claude-code", "codex", "command"] = "builtin"
    command: list[str] = Field(default_factory=list)
    resume_command: list[str] = Field(default_factory=list)
    model: str | None = None
    max_session_usd: float = Field(default=2.0, gt=0)
    timeout_s: float = Field(default=1800.0, gt=0, le=86_400)
    env: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def has_command(self) -> Self:
        if self.preset == "command" and not self.command:
            raise ValueError("preset `command` needs `command`: the argv to run")
        return self


class Agents(FromPerson):
    frame: AgentConfig = AgentConfig()
    architect: AgentConfig = AgentConfig()
    build: AgentConfig = AgentConfig()
    evaluate: AgentConfig = AgentConfig()
    release: AgentConfig = AgentConfig()

    def of(self, phase: Phase) -> AgentConfig:
        value: AgentConfig = getattr(self, phase)
        return value


class Gates(FromPerson):
    """Hours until a reminder and until the default answer is given; 0 waits for ever."""

    remind_after_h: float = Field(default=24.0, ge=0, le=MOST_HOURS)
    deadline_h: float = Field(default=72.0, ge=0, le=MOST_HOURS)
    on_deadline: Literal["reject", "approve"] = "reject"
    require_bound: bool = False
    approvers: list[str] = Field(default_factory=list)


class HostAway(FromPerson):
    """When nobody serves the host that has a run's files: minutes until people are told, and hours from then until
    the run begins again on another host; 0 waits for ever."""

    told_after_min: float = Field(default=2.0, gt=0)
    again_elsewhere_after_h: float = Field(default=1.0, ge=0)


class Turns(FromPerson):
    """The most turns of a phase's round; at the cap a person is asked."""

    frame: int = Field(default=20, ge=1)
    architect: int = Field(default=30, ge=1)
    build: int = Field(default=100, ge=1)
    evaluate: int = Field(default=30, ge=1)
    release: int = Field(default=20, ge=1)

    def of(self, phase: Phase) -> int:
        value: int = getattr(self, phase)
        return value


class Release(FromPerson):
    merge: Literal["never", "on_approval", "when_green"] = "never"


class Workflow(FromPerson):
    autonomy: Autonomy = "assisted"
    max_retries: int = Field(default=3, ge=0)
    models: Models = Models()
    human_approval: HumanApproval = HumanApproval()
    checkpointing: dict[str, Any] = Field(default_factory=dict)
    cost: Cost = Cost()
    checks: list[Check] = Field(default_factory=list)
    commands: list[str] = Field(default_factory=list)
    agent: Agents = Agents()
    gates: Gates = Gates()
    host_away: HostAway = HostAway()
    turns: Turns = Turns()
    release: Release = Release()
    sandbox: Literal["auto", "bwrap", "none"] = "auto"
    network: bool = False
    max_output_tokens: int = Field(default=16_384, ge=1024)

    @field_validator("checks", mode="before")
    @classmethod
    def words(cls, value: Any) -> Any:
        """`checks: ["pytest -q"]` and `checks: [["pytest", "-q"]]` are short for `{run: ...}`."""
        if not isinstance(value, list):
            return value
        return [{"run": item} if isinstance(item, (str, list)) else item for item in value]


class Work(FromPerson):
    platform: Platform | None = None
    path: str = ".fractary/issues"


class Repo(FromPerson):
    platform: Platform | None = None
    default_branch: str = "main"
    url: Annotated[str | None, AfterValidator(without_password)] = None


def for_a_header(name: str) -> str:
    if not name.isascii() or not name.isprintable():
        raise ValueError("goes to LangSmith in a header: write printable ASCII")
    return name


class LangSmith(FromPerson):
    enabled: bool = True
    project: Annotated[str, AfterValidator(for_a_header)] = "faber-workflows"


class Observability(FromPerson):
    langsmith: LangSmith = LangSmith()


class Configuration(FromPerson):
    """The whole file. A missing file is `Configuration()`."""

    project: str | None = None
    workflow: Workflow = Workflow()
    work: Work = Work()
    repo: Repo = Repo()
    observability: Observability = Observability()

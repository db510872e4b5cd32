"""What distinguishes one coding agent from another: how it is called, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.agents import AgentAnswer, AgentTask
from adapters.processes import Completed
from faber.contract.money import Usage

# The conversation is the same one, but what the killed tool did is not in it.
RESUMED = (
    "The process of this session was killed. What it had done so far is in the folder; look at it before you go "
    "on, and finish the task. The task was:\n\n"
)


@dataclass(frozen=True)
class Surroundings:
    """`home` is the agent's own folder for this run: its settings and sessions, never the user's. `confined`
    says that the operating system already keeps the agent inside its sandbox."""

    home: Path
    env: Mapping[str, str]
    confined: bool


@dataclass(frozen=True)
class Invocation:
    argv: tuple[str, ...]
    env: dict[str, str]
    stdin: str | None = None


class Session(Protocol):
    """One session of one agent. `invocation` is ready to be run."""

    @property
    def invocation(self) -> Invocation: ...

    def hear(self, line: str) -> None:
        """Told each line of stdout as it comes."""
        ...

    def used(self) -> Usage | None:
        """The whole session's usage so far; None when only the agent knows, which then has a cap of its own."""
        ...

    def read(self, done: Completed) -> tuple[AgentAnswer, str | None]:
        """The answer as far as there is one, and what is wrong with it by the agent's own account."""
        ...


class Preset(Protocol):
    """`variables` are the names of the provider's key and address in the worker's environment."""

    @property
    def name(self) -> str: ...

    @property
    def variables(self) -> tuple[str, ...]: ...

    def open(self, task: AgentTask, around: Surroundings, on_session: Callable[[str], None]) -> Session: ...


def prompt_of(task: AgentTask, *, resumed: bool) -> str:
    return RESUMED + task.prompt if resumed else task.prompt

"""Coding agents that run as a command of their own: one session is one turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from faber.contract.money import Usage

from adapters.processes import Sandbox


@dataclass(frozen=True)
class AgentTask:
    """One session to run or to resume. `session_key` is a UUID derived from the run, phase and round;
    `resume` is the session id noted by an earlier attempt that died, None for a new session."""

    prompt: str
    cwd: Path
    run_id: str
    lease: str
    session_key: str
    resume: str | None
    max_cost_microusd: int
    timeout_s: float
    model: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    sandbox: Sandbox | None = None


@dataclass(frozen=True)
class AgentAnswer:
    """What the session said. `cost_microusd` is None when the agent reports only usage; `usage` covers this
    invocation alone (a resumed Codex thread counts from its start: `usage_is_total` says so). `denied` names
    tools that the agent was refused."""

    text: str
    session_id: str | None
    cost_microusd: int | None
    usage: Usage | None
    usage_is_total: bool = False
    model: str | None = None
    turns: int | None = None
    denied: tuple[str, ...] = ()
    transcript: str = ""


class CodingAgent(Protocol):
    """`on_session` is called as soon as the session's id is known, so that a crash can be resumed.

    Errors: ToolMissing when the program is not installed; AgentFailed with details cost_microusd, usage,
    session_id, stderr when the agent says or shows that it failed."""

    async def run(self, task: AgentTask, on_session: Callable[[str], None]) -> AgentAnswer: ...

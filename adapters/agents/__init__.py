"""Coding agents that run as a command of their own: one session is one turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from adapters.processes import Sandbox
from faber.contract.money import Price, Usage


@dataclass(frozen=True)
class AgentTask:
    """One session to run or to resume. `session_key` is a UUID derived from the run, phase and round;
    `resume` is the session id noted by an earlier attempt that died, None for a new session. `price` lets an
    agent without a cap of its own be stopped at `max_cost_microusd`. `env` is added to the agent's own."""

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
    price: Price | None = None


@dataclass(frozen=True)
class AgentAnswer:
    """What the session said. `cost_microusd` is None when the agent reports only usage; `usage` covers this
    invocation alone, or with `usage_is_total` the whole session from its start, as a resumed Codex thread
    counts. `denied` names tools and commands that the agent was refused. `transcript` may hold secrets."""

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

    Errors: ToolMissing when the program is not installed; AgentFailed when the agent says or shows that it
    failed or was stopped, with what is known of session_id, cost_microusd, usage and usage_is_total and the
    ends of text and stderr in its details."""

    async def run(self, task: AgentTask, on_session: Callable[[str], None]) -> AgentAnswer: ...

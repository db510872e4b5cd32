"""A coding agent as a subprocess: capped, stoppable, resumable, and booked whatever it ends in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from adapters.agents import AgentAnswer, AgentTask
from adapters.agents.preset import Preset, Session, Surroundings
from adapters.models.structured import whole
from adapters.prices import cost_of
from adapters.processes import Command, Completed, Processes, Sandbox
from adapters.processes.environment import allow_listed
from adapters.processes.sandbox import bwrap_works
from faber.contract.money import usd
from faber.errors import AgentFailed

# A long session's JSON lines carry the output of its tools; the middle of it is dispensable.
MAX_OUTPUT_BYTES = 20_000_000
WATCH_S = 1.0
KEPT_CHARACTERS = 2_000


def agent_home(data_dir: Path, run_id: str) -> Path:
    """Where agents keep the sessions of that run; remove it together with the run."""
    return data_dir / "agents" / quote(run_id, safe="")


def agent_git(data_dir: Path, run_id: str) -> Path:
    """Beside it, where no agent can write, what the last session had for a git. No quoted word has a plus sign."""
    home = agent_home(data_dir, run_id)
    return home.with_name(f"{home.name}+git")


class CommandLineAgent:
    """Implements `adapters.agents.CodingAgent`. `environment` is the worker's; of it the agent sees the
    allow-list, its preset's own variables and the `names` that the configuration lists."""

    def __init__(
        self,
        preset: Preset,
        processes: Processes,
        data_dir: Path,
        environment: Mapping[str, str],
        names: Iterable[str] = (),
    ) -> None:
        self._preset = preset
        self._processes = processes
        self._data_dir = data_dir
        self._env = allow_listed(environment, [*preset.variables, *names])

    async def run(self, task: AgentTask, on_session: Callable[[str], None]) -> AgentAnswer:
        home = agent_home(self._data_dir, task.run_id)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        confined = task.sandbox is not None and await asyncio.to_thread(bwrap_works)
        session = self._preset.open(task, Surroundings(home, self._env | task.env, confined), on_session)
        watch = asyncio.create_task(self._watch(task, session))
        try:
            done = await self._processes.run(_command(task, session, home), session.hear)
        finally:
            watch.cancel()
            await asyncio.wait({watch})
        if not watch.cancelled():
            watch.result()
        answer, problem = session.read(done)
        # JSON can spell half of a surrogate pair, and nothing that would keep or book the answer can write it.
        answer = replace(answer, text=whole(answer.text))
        problem = whole(_stopped(done, task, session) or problem or _code(done))
        if problem is not None:
            raise self._failed(problem, answer, done)
        return answer

    async def _watch(self, task: AgentTask, session: Session) -> None:
        """Stop an agent that has no cap of its own once its calls cost what it may spend."""
        while not _over(task, session):
            await asyncio.sleep(WATCH_S)
        await self._processes.end(lease=task.lease, run_id=task.run_id)

    def _failed(self, problem: str, answer: AgentAnswer, done: Completed) -> AgentFailed:
        """Details travel into a run's history, so they are short; the whole session stays in its files."""
        return AgentFailed(
            f"{self._preset.name} failed: {problem}",
            text=answer.text[-KEPT_CHARACTERS:],
            stderr=done.stderr[-KEPT_CHARACTERS:],
            session_id=answer.session_id,
            cost_microusd=answer.cost_microusd,
            usage=answer.usage,
            usage_is_total=answer.usage_is_total,
        )


def _command(task: AgentTask, session: Session, home: Path) -> Command:
    called = session.invocation
    return Command(
        argv=called.argv,
        cwd=task.cwd,
        env=called.env,
        run_id=task.run_id,
        lease=task.lease,
        stdin=called.stdin,
        timeout_s=task.timeout_s,
        max_output_bytes=MAX_OUTPUT_BYTES,
        sandbox=_with(task.sandbox, home),
        interrupt_first=True,
    )


def _with(sandbox: Sandbox | None, home: Path) -> Sandbox | None:
    return sandbox and replace(sandbox, writable=(*sandbox.writable, home))


def _over(task: AgentTask, session: Session) -> bool:
    used = session.used() if task.price else None
    return bool(used and task.price and cost_of(task.price, used) >= task.max_cost_microusd)


def _stopped(done: Completed, task: AgentTask, session: Session) -> str | None:
    if done.exit_code is not None:
        return None
    if done.timed_out:
        return f"it was stopped after {task.timeout_s:g} s; raise its `timeout_s`, or give it less to do"
    if _over(task, session):
        cap = usd(task.max_cost_microusd)
        return f"it was stopped at its cap of ${cap:.2f}; raise `max_session_usd` or the budget, then retry"
    return "it was stopped by the engine"


def _code(done: Completed) -> str | None:
    if done.exit_code == 0:
        return None
    said = (done.stderr.strip() or done.stdout.strip())[-500:]
    return f"it ended with exit code {done.exit_code}: {said or 'it said nothing'}"

"""Any other agent: a command by a template, whose answer is its text or the last JSON object of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from adapters.agents import AgentAnswer, AgentTask
from adapters.agents.preset import Invocation, Surroundings, prompt_of
from adapters.agents.session_files import dollars, last_object
from adapters.processes import Completed
from faber.contract.config import AgentConfig
from faber.contract.money import MICRO, Usage

LONGEST_WORD = 200
PLACE = re.compile(r"\{(prompt|session|cwd|max_usd|model)\}")


class Plain:
    """Only names listed in the configuration's `env` reach it: which provider it uses is not known."""

    variables = ()

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self.name = f"`{config.command[0]}`"

    def open(self, task: AgentTask, around: Surroundings, on_session: Callable[[str], None]) -> PlainSession:
        return PlainSession(self._config, task, around, on_session)


class PlainSession:
    def __init__(
        self, config: AgentConfig, task: AgentTask, around: Surroundings, on_session: Callable[[str], None]
    ) -> None:
        self._task = task
        self._around = around
        self._on_session = on_session
        self._resumed = task.resume is not None and bool(config.resume_command)
        self._template = config.resume_command if self._resumed else config.command
        self._id: str | None = None

    @cached_property
    def invocation(self) -> Invocation:
        task = self._task
        session = task.resume if task.resume and self._resumed else task.session_key
        prompt = prompt_of(task, resumed=self._resumed)
        values = {
            "prompt": prompt,
            "session": session,
            "cwd": str(task.cwd),
            "max_usd": f"{task.max_cost_microusd / MICRO:.6f}",
            "model": task.model or "",
        }
        named = {name for word in self._template for name in PLACE.findall(word)}
        if "session" in named:
            self._know(session)
        argv = tuple(PLACE.sub(lambda place: values[place[1]], word) for word in self._template)
        return Invocation(argv, dict(self._around.env), None if "prompt" in named else prompt)

    def hear(self, line: str) -> None:
        """A line that is JSON may name the session while it still runs."""
        if '"session_id"' in line and (said := last_object(line)):
            self._know(said.get("session_id"))

    def used(self) -> None:
        return None

    def read(self, done: Completed) -> tuple[AgentAnswer, str | None]:
        said = last_object(done.stdout) or {}
        text = next((said[name] for name in ("result", "text") if isinstance(said.get(name), str)), None)
        costs = [dollars(said.get(name)) for name in ("total_cost_usd", "cost_usd")]
        self._know(said.get("session_id"))
        answer = AgentAnswer(
            text=done.stdout if text is None else text,
            session_id=self._id,
            cost_microusd=next((cost for cost in costs if cost is not None), None),
            usage=_usage(said.get("usage")),
            model=_word(said.get("model")) or self._task.model,
            turns=turns if isinstance(turns := said.get("num_turns"), int) else None,
            transcript=done.stdout,
        )
        return answer, (answer.text[-500:] or "it reported an error") if said.get("is_error") else None

    def _know(self, said: Any) -> None:
        session = _word(said)
        if session and session != self._id:
            self._id = session
            self._on_session(session)


def _word(said: Any) -> str | None:
    """A name as an agent gives it: one short line, without what no argument and no file can hold."""
    word = str(said) if isinstance(said, (str, int)) else ""
    return word if 0 < len(word) <= LONGEST_WORD and word.isprintable() else None


def _usage(said: Any) -> Usage | None:
    if not isinstance(said, dict):
        return None
    names = {
        "cache_read_tokens": "cache_read_input_tokens",
        "cache_write_tokens": "cache_creation_input_tokens",
    }
    names |= {name: name for name in ("input_tokens", "output_tokens")}
    counted = {name: said.get(theirs) for name, theirs in names.items()}
    known = {name: count for name, count in counted.items() if isinstance(count, int)}
    # No session is without a token, and an uncounted one is not free.
    return Usage(**known) if any(count > 0 for count in known.values()) else None

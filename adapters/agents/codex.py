"""Codex: JSON lines as it works, usage but no cost, threads that are resumed by their id."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from adapters.agents import AgentAnswer, AgentTask
from adapters.agents.preset import Invocation, Surroundings, prompt_of
from adapters.agents.session_files import Growing, last_object
from adapters.processes import Completed
from faber.contract.money import Usage

SETTINGS = (
    # A login shell reads /etc/profile, which replaces PATH.
    "allow_login_shell=false",
    # Without this an unreachable provider is waited for without an end.
    "features.unbounded_connection_retries=false",
    'shell_environment_policy.exclude=["OPENAI_API_KEY","CODEX_API_KEY"]',
    # Its own sandbox leaves /tmp open to every session of the host; TMPDIR is this run's and stays writable.
    "sandbox_workspace_write.exclude_slash_tmp=true",
)
# A refused command stands on stderr only; the session still ends well.
REFUSED = re.compile(r'Rejected\(\\?"(.+?)\\?"\)')


class Codex:
    name = "Codex"
    variables = ("OPENAI_API_KEY", "OPENAI_BASE_URL")

    def open(self, task: AgentTask, around: Surroundings, on_session: Callable[[str], None]) -> CodexSession:
        return CodexSession(task, around, on_session)


class CodexSession:
    def __init__(self, task: AgentTask, around: Surroundings, on_session: Callable[[str], None]) -> None:
        self._task = task
        self._around = around
        self._home = around.home / "codex"
        self._on_session = on_session
        self._thread: str | None = None
        self._text = ""
        self._turns = 0
        self._usage: Usage | None = None
        self._ended = False
        self._failure: str | None = None
        self._growing = Growing()

    @cached_property
    def invocation(self) -> Invocation:
        # It refuses to put its helpers, the sandbox's among them, into a folder below TMPDIR.
        temporary = self._home / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        resumed = self._task.resume is not None and bool(self._rollouts(self._task.resume))
        self._thread = self._task.resume if resumed else None
        session = ("resume", str(self._task.resume)) if resumed else ()
        # Its own sandbox cannot be made inside ours, which confines it as tightly.
        mode = "danger-full-access" if self._around.confined else "workspace-write"
        env = {**self._around.env, "CODEX_HOME": str(self._home), "TMPDIR": str(temporary)}
        env["CODEX_API_KEY"] = env.get("OPENAI_API_KEY", "")
        settings = [*SETTINGS, f'sandbox_mode="{mode}"', *_provider(env.get("OPENAI_BASE_URL"))]
        argv = ["codex", "exec", *session, "--json", "--skip-git-repo-check", "--ignore-rules"]
        argv += [word for setting in settings for word in ("-c", setting)]
        if self._task.model:
            argv += ["-m", self._task.model]
        return Invocation((*argv, "-"), env, prompt_of(self._task, resumed=resumed))

    def hear(self, line: str) -> None:
        event = last_object(line) or {}
        match event.get("type"):
            case "thread.started":
                self._thread = str(event["thread_id"])
                self._on_session(self._thread)
            case "item.completed" if event["item"].get("type") == "agent_message":
                self._text = str(event["item"].get("text", ""))
                self._turns += 1
            case "turn.completed":
                self._ended = True
                self._usage = _usage(event.get("usage") or {})
            case "turn.failed":
                self._failure = str((event.get("error") or {}).get("message") or json.dumps(event))

    def used(self) -> Usage | None:
        """By the thread's own file: the stream has usage only at the end."""
        for entry in self._growing.new(self._rollouts(self._thread)):
            payload = entry.get("payload") or {}
            info = payload.get("info") or {}
            total = payload.get("thread_token_usage") or info.get("total_token_usage")
            if total:
                self._usage = _usage(total)
        return self._usage

    def read(self, done: Completed) -> tuple[AgentAnswer, str | None]:
        problem = self._failure
        if problem is None and not self._ended:
            problem = done.stderr.strip()[-500:] or "it ended without turn.completed"
        return AgentAnswer(
            text=self._text,
            session_id=self._thread,
            cost_microusd=None,
            usage=self._usage if self._ended else self.used(),
            usage_is_total=self._task.resume is not None,
            model=self._task.model,
            turns=self._turns,
            denied=tuple(dict.fromkeys(REFUSED.findall(done.stderr))),
            transcript=done.stdout,
        ), problem

    def _rollouts(self, thread: str | None) -> list[Path]:
        return sorted(self._home.glob(f"sessions/**/rollout-*-{thread}.jsonl")) if thread else []


def _provider(base_url: str | None) -> tuple[str, ...]:
    """OPENAI_BASE_URL is ignored, and with `openai_base_url` a server without WebSockets costs seconds each time."""
    if not base_url:
        return ()
    fields = {
        "name": "OpenAI API",
        "base_url": base_url,
        "env_key": "OPENAI_API_KEY",
        "wire_api": "responses",
    }
    words = [f"{name}={json.dumps(value)}" for name, value in fields.items()]
    table = ", ".join([*words, "request_max_retries=2", "stream_max_retries=2"])
    return 'model_provider="addressed"', f"model_providers.addressed={{{table}}}"


def _usage(counted: dict[str, Any]) -> Usage:
    cached, written = counted.get("cached_input_tokens", 0), counted.get("cache_write_input_tokens", 0)
    return Usage(
        input_tokens=max(0, counted.get("input_tokens", 0) - cached - written),
        output_tokens=counted.get("output_tokens", 0),
        cache_read_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=counted.get("reasoning_output_tokens", 0),
    )

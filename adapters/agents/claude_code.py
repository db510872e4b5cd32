"""Claude Code: one JSON object at the end, a cap on its own spending, sessions that are resumed by their id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from adapters.agents import AgentAnswer, AgentTask
from adapters.agents.preset import Invocation, Surroundings, prompt_of
from adapters.agents.session_files import dollars, last_object, transcript
from adapters.processes import Completed
from faber.contract.money import MICRO, Usage

# What is not listed is refused and shows up in `permission_denials`.
ALLOWED = "Bash,Edit,Glob,Grep,NotebookEdit,Read,TodoWrite,Write"
# Left alone it retries a failing provider for minutes; the engine has its own retries.
QUIET = {
    "CLAUDE_CODE_MAX_RETRIES": "2",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
}


class ClaudeCode:
    name = "Claude Code"
    variables = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")

    def open(
        self, task: AgentTask, around: Surroundings, on_session: Callable[[str], None]
    ) -> ClaudeCodeSession:
        on_session(task.resume or task.session_key)
        return ClaudeCodeSession(task, around)


class ClaudeCodeSession:
    def __init__(self, task: AgentTask, around: Surroundings) -> None:
        self._task = task
        self._env = around.env
        self._home = around.home / "claude"
        self._id = task.resume or task.session_key

    @cached_property
    def invocation(self) -> Invocation:
        self._home.mkdir(parents=True, exist_ok=True)
        resumed = self._can_resume()
        argv = [
            "claude", "-p", "--output-format", "json", "--resume" if resumed else "--session-id", self._id,
            "--max-budget-usd", f"{self._task.max_cost_microusd / MICRO:.6f}",
            "--permission-mode", "acceptEdits", "--allowedTools", ALLOWED,
            # The repository's own settings could start hooks and servers before any tool does.
            "--setting-sources", "user", "--strict-mcp-config",
        ]  # fmt: skip
        if self._task.model:
            argv += ["--model", self._task.model]
        env = {**self._env, **QUIET, "CLAUDE_CONFIG_DIR": str(self._home)}
        return Invocation(tuple(argv), env, prompt_of(self._task, resumed=resumed))

    def hear(self, line: str) -> None:
        """Nothing to learn before the end: the session's id was ours to choose."""

    def used(self) -> None:
        return None

    def read(self, done: Completed) -> tuple[AgentAnswer, str | None]:
        result = last_object(done.stdout)
        if result is None or result.get("type") != "result":
            return self._from_files(done), _last_words(done) or "it ended without a result"
        counted = result.get("modelUsage") or {}
        return AgentAnswer(
            text=str(result.get("result") or ""),
            session_id=result.get("session_id") or self._id,
            cost_microusd=dollars(result.get("total_cost_usd")),
            usage=_sum(counted.values()),
            model=max(counted, key=lambda name: counted[name].get("outputTokens", 0), default=None),
            turns=result.get("num_turns"),
            denied=tuple(
                sorted({str(one.get("tool_name")) for one in result.get("permission_denials") or ()})
            ),
            transcript=transcript(self._files()),
        ), _problem(result)

    def _from_files(self, done: Completed) -> AgentAnswer:
        """It was killed before it could count: its session file has each call's usage, earlier ones too."""
        calls: dict[str, dict[str, Any]] = {}
        for line in (
            line for path in self._files() for line in path.read_text(errors="replace").splitlines()
        ):
            if '"usage"' in line and (entry := last_object(line)) and entry.get("type") == "assistant":
                message = entry["message"]
                # One call is written once per block of its answer.
                calls[str(message.get("id"))] = message.get("usage") or {}
        return AgentAnswer(
            text="",
            session_id=self._id if self._can_resume() else None,
            cost_microusd=None,
            usage=_sum(calls.values()) if calls else None,
            usage_is_total=True,
            transcript=transcript(self._files()) or done.stdout,
        )

    def _files(self) -> list[Path]:
        return sorted(self._home.glob(f"projects/*/{self._id}.jsonl"))

    def _can_resume(self) -> bool:
        """A session killed before its first message can neither be resumed nor, while its file is there, begun."""
        for path in self._files():
            if any('"type":"user"' in line for line in path.read_text(errors="replace").splitlines()):
                return True
            path.unlink()
        return False


def _sum(counted: Iterable[dict[str, Any]]) -> Usage:
    """Of `usage` objects of the API, or of `modelUsage` which spells them its own way."""
    total = Usage()
    for one in counted:
        total.input_tokens += one.get("input_tokens", one.get("inputTokens", 0))
        total.output_tokens += one.get("output_tokens", one.get("outputTokens", 0))
        total.cache_read_tokens += one.get("cache_read_input_tokens", one.get("cacheReadInputTokens", 0))
        total.cache_write_tokens += one.get(
            "cache_creation_input_tokens", one.get("cacheCreationInputTokens", 0)
        )
    return total


def _problem(result: dict[str, Any]) -> str | None:
    """`subtype` says success even when the API refused, so only `is_error` counts; some errors have no `result`."""
    if not result.get("is_error") and "result" in result:
        return None
    said = result.get("result") or "; ".join(map(str, result.get("errors") or ()))
    return str(said or result.get("terminal_reason") or result.get("subtype") or json.dumps(result)[:200])


def _last_words(done: Completed) -> str:
    return (done.stderr.strip() or done.stdout.strip())[-500:]

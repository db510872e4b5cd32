"""The built-in agent's tools on one worktree: checked, confined, bounded, and every answer redacted."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.models import ToolCall, ToolSpec
from adapters.processes import Command, Completed, Processes, Sandbox
from adapters.tools import ToolResult, paths, specs
from adapters.tools.files import LEFT_OUT, Files
from adapters.tools.paths import Refused
from domain.redaction import Redactor
from faber.errors import ConfigurationError, ToolMissing

COMMAND_TIMEOUT_S = 300.0
COMMAND_OUTPUT_BYTES = 1_000_000
LONGEST_COMMAND = 30_000
SEARCH_TIMEOUT_S = 10.0
MOST_MATCHES = 200
MOST_SHOWN = 60_000
_SCAN = Path(__file__).with_name("scan.py")


@dataclass(frozen=True)
class _Said:
    text: str
    is_error: bool = False


class ConfinedTools:
    """Implements `adapters.tools.Tools`. `commands` are program names, or their first words (`npm test`).

    Only cancelling and an unusable worktree raise; everything else is an answer. Errors: ConfigurationError when
    a command has an open quote."""

    def __init__(
        self,
        root: Path,
        processes: Processes,
        *,
        run_id: str,
        lease: str,
        commands: Sequence[str],
        environment: Mapping[str, str],
        sandbox: Sandbox | None,
        redactor: Redactor,
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._processes = processes
        self._run_id = run_id
        self._lease = lease
        self._commands = tuple(commands)
        self._allowed = [_words(command) for command in self._commands]
        self._environment = dict(environment)
        self._sandbox = sandbox
        self._redact = redactor
        self._files = Files(self._root, redactor)
        self._specs = specs.all_specs(self._commands)
        self._use: dict[str, Callable[..., Awaitable[_Said]]] = {
            "list_files": self._in_thread(self._files.list),
            "read_file": self._in_thread(self._files.read),
            "search": self._search,
            "write_file": self._in_thread(self._files.write),
            "edit_file": self._in_thread(self._files.edit),
            "run_command": self._run_command,
        }

    def specs(self, *, writing: bool) -> list[ToolSpec]:
        return [spec for name, spec in self._specs.items() if writing or name in specs.READING]

    async def use(self, call: ToolCall, *, writing: bool) -> ToolResult:
        try:
            said = await self._answer(call, writing)
        except (Refused, ToolMissing) as error:
            said = _Said(error.message, is_error=True)
        except OSError as error:
            said = _Said(f"{call.name} failed: {error.strerror or error}", is_error=True)
        text = await asyncio.to_thread(self._clean, said.text)
        return ToolResult(call_id=call.id, name=call.name, text=text, is_error=said.is_error)

    async def _answer(self, call: ToolCall, writing: bool) -> _Said:
        offered = {spec.name: spec for spec in self.specs(writing=writing)}
        if call.name not in offered:
            why = "is not on offer in this phase" if call.name in self._specs else "is no tool"
            raise Refused(f"{call.name[:80]!r} {why}: use one of {', '.join(offered)}")
        if call.malformed is not None:
            raise Refused(f"The arguments of {call.name} are not a JSON object: {call.malformed[:200]!r}")
        specs.check(offered[call.name], call.arguments)
        return await self._use[call.name](**call.arguments)

    def _clean(self, text: str) -> str:
        return _cut(self._redact(text.encode("utf-8", "replace").decode()))

    @staticmethod
    def _in_thread(function: Callable[..., str]) -> Callable[..., Awaitable[_Said]]:
        async def used(**arguments: Any) -> _Said:
            return _Said(await asyncio.to_thread(function, **arguments))

        return used

    async def _search(
        self,
        pattern: str,
        path: str = ".",
        files: str | None = None,
        literal: bool = False,
        ignore_case: bool = False,
    ) -> _Said:
        parts = paths.parts_of(path)
        await asyncio.to_thread(paths.find, self._root, parts)
        request = {
            "root": str(self._root),
            "parts": parts,
            "pattern": pattern,
            "literal": literal,
            "files": files,
        }
        request |= {"ignore_case": ignore_case, "most_matches": MOST_MATCHES, "skipped": [".git", *LEFT_OUT]}
        command = Command(
            argv=(sys.executable, "-I", "-S", str(_SCAN)),
            cwd=self._root,
            env={},
            run_id=self._run_id,
            lease=self._lease,
            stdin=json.dumps(request),
            timeout_s=SEARCH_TIMEOUT_S,
        )
        return _searched(pattern, await self._processes.run(command))

    async def _run_command(self, argv: list[str]) -> _Said:
        if not any(argv[: len(words)] == words for words in self._allowed if words):
            raise Refused(
                f"{shlex.join(argv[:3])[:200]} is not allowed: the first word must be one of "
                f"{', '.join(self._commands)}. There is no shell"
            )
        for word in argv:
            if "\0" in word or any("\ud800" <= character <= "\udfff" for character in word):
                raise Refused(f"{word[:80]!r} is no argument: it has a NUL or half a surrogate pair in it")
        if sum(map(len, argv)) > LONGEST_COMMAND:
            raise Refused(
                f"The arguments have more than {LONGEST_COMMAND:,} characters: put them into a file"
            )
        command = Command(
            argv=tuple(argv),
            cwd=self._root,
            env=self._environment,
            run_id=self._run_id,
            lease=self._lease,
            timeout_s=COMMAND_TIMEOUT_S,
            max_output_bytes=COMMAND_OUTPUT_BYTES,
            sandbox=self._sandbox,
        )
        done = await self._processes.run(command)
        return await asyncio.to_thread(self._ran, done)

    def _ran(self, done: Completed) -> _Said:
        # The verdict comes first and each stream is cut by itself, so that a long one never hides it; secrets go
        # before the cut, which could leave half of one.
        streams = [("stdout", done.stdout), ("stderr", done.stderr)]
        shown = [
            f"{name}:\n{_cut(self._redact(text), MOST_SHOWN // 2)}" for name, text in streams if text.strip()
        ]
        return _Said("\n".join([*_notes(done), *shown]), is_error=done.exit_code != 0)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise ConfigurationError(f"workflow.commands has {command!r}, which is not words: {error}") from error


def _searched(pattern: str, done: Completed) -> _Said:
    found = done.stdout.rstrip("\n")
    if done.timed_out:
        note = f"[stopped after {SEARCH_TIMEOUT_S:.0f} s: simplify the pattern, or name a folder or `files`]"
        return _Said(f"{found}\n{note}".lstrip("\n"), is_error=True)
    if done.exit_code != 0:
        reason = (done.stderr.strip().splitlines() or ["it was stopped"])[-1]
        return _Said(f"The search for {pattern!r} failed: {reason}", is_error=True)
    return _Said(found or "[no matches]")


def _notes(done: Completed) -> list[str]:
    how = "stopped by the engine" if done.exit_code is None else f"exit code {done.exit_code}"
    notes = [f"[stopped after {COMMAND_TIMEOUT_S:.0f} s]" if done.timed_out else f"[{how}]"]
    if done.truncated:
        notes.append(f"[output beyond {COMMAND_OUTPUT_BYTES:,} bytes was cut out of its middle]")
    if done.ended:
        notes.append(f"[{len(done.ended)} processes that it left running were ended]")
    if done.hint:
        notes.append(done.hint)
    return notes


def _cut(text: str, limit: int = MOST_SHOWN + 2_000) -> str:
    """The beginning and, where errors usually stand, twice as much of the end."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 3], text[-(limit - limit // 3) :]
    return f"{head}\n[... {len(text) - limit:,} characters left out ...]\n{tail}"

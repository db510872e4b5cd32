"""Subprocesses that cannot outlive who asked for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Sandbox:
    """What a confined command may see: `writable` folders, everything else read-only, `hidden` folders empty."""

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    network: bool = True


@dataclass(frozen=True)
class Command:
    """One program to run. `argv` never goes through a shell; `env` is the whole environment (allow-listed by
    the caller); `run_id` marks every descendant; `lease` names the work this process belongs to, so a newer
    attempt of the same work can end it; `interrupt_first` gives SIGINT and a short grace before the kill."""

    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str]
    run_id: str
    lease: str = ""
    stdin: str | None = None
    timeout_s: float = 300.0
    max_output_bytes: int = 1_000_000
    sandbox: Sandbox | None = None
    interrupt_first: bool = False


@dataclass(frozen=True)
class Completed:
    """`exit_code` is None when the process was stopped by us; outputs are cut at `max_output_bytes` each
    (`truncated`); `ended` lists descendants that had to be ended, `surviving` those that could not be."""

    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool = False
    timed_out: bool = False
    ended: tuple[int, ...] = field(default=())
    surviving: tuple[int, ...] = field(default=())
    sandbox: str = "none"


class Processes(Protocol):
    """Cancelling the awaiting task ends the whole tree within 5 s, before the cancellation goes on."""

    async def run(self, command: Command) -> Completed: ...

    async def end(self, *, lease: str | None = None, run_id: str | None = None) -> tuple[int, ...]:
        """End every process of that lease or run, also those started by a worker process that is gone."""
        ...

"""Subprocesses that cannot outlive who asked for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

SandboxLevel = Literal["bwrap", "none"]
NO_NETWORK = "(this ran without a network: workflow.network: true in .fractary/config.yaml gives it one)"
_UNREACHED = re.compile(
    r"could not resolve|name resolution|name or service not known|getaddrinfo|network is unreachable"
    r"|no such host|connection refused|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|failed to connect|dns error",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Placed:
    """A folder that a confined command finds `at` another place, over what is there."""

    folder: Path
    at: Path
    writable: bool = True


@dataclass(frozen=True)
class Sandbox:
    """What a confined command may see: `writable` folders, everything else read-only, `hidden` folders empty,
    `placed` ones elsewhere.

    Where they overlap the deeper path decides: a writable worktree may lie in a hidden folder, a
    readable `.git` in a writable worktree. /tmp is always private, the secrets of the home folder hidden."""

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    placed: tuple[Placed, ...] = ()
    network: bool = True


@dataclass(frozen=True)
class Command:
    """One program to run. `argv` never goes through a shell; `env` is the whole environment (allow-listed by
    the caller) and its PATH is where the program is looked up; `run_id` marks every descendant; `lease` names
    the work this process belongs to, so a newer attempt of the same work can end it; `interrupt_first` gives
    SIGINT and a short grace before the kill; `stdin` None is /dev/null."""

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
    """`exit_code` is None when the process was stopped by us and negative when a signal ended it; outputs
    are cut in their middle to `max_output_bytes` each (`truncated`); `ended` lists processes that had to be
    ended, `surviving` those that could not be; `sandbox` is the level that was in force, `network` whether there
    was more than a loopback of its own."""

    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool = False
    timed_out: bool = False
    ended: tuple[int, ...] = field(default=())
    surviving: tuple[int, ...] = field(default=())
    network: bool = True
    sandbox: SandboxLevel = "none"

    @property
    def hint(self) -> str:
        """What a person could do about it, where its own words do not say: empty when there is nothing."""
        missed = not self.network and self.exit_code != 0 and _UNREACHED.search(self.stdout + self.stderr)
        return NO_NETWORK if missed else ""


class Processes(Protocol):
    """Cancelling the awaiting task ends the whole tree within 5 s, before the cancellation goes on.

    Errors: ToolMissing when the program is not on this host; WorkerError when the folder is not."""

    async def run(self, command: Command, on_line: Callable[[str], None] | None = None) -> Completed:
        """Run it to its end. `on_line` gets each line of stdout as it comes, also those that are cut from the
        result; what it raises ends the tree and is raised here."""
        ...

    async def end(self, *, lease: str | None = None, run_id: str | None = None) -> tuple[int, ...]:
        """End every process of that lease or run, also those started by a worker process that is gone. For a
        whole run the answer names those, too, that a cancelled command took along since it was last asked."""
        ...

    async def sweep(self, is_gone: Callable[[str], bool]) -> tuple[int, ...]:
        """End what a dead worker process left behind, and everything of each run id that `is_gone`."""
        ...

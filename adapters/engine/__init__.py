"""The embedded Temporal server: what is known about a running one, and who may provide its program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Say = Callable[[str], None]
"""Takes one line of progress meant for a person; the entry points hand in one that writes to stderr."""


@dataclass(frozen=True)
class Engine:
    """A server that was started for one data folder, as written to its engine.json.

    `started_at` is the process's start in seconds since the epoch: with `pid` it tells the server from a
    later process that got the same number. `ui` is a URL, `address` is host:port.
    """

    address: str
    namespace: str
    ui: str
    pid: int
    started_at: float


@dataclass(frozen=True)
class CliSearch:
    """Where to look for the Temporal CLI: the caller's environment, and the folder for a fetched one."""

    environment: Mapping[str, str]
    cache: Path
    say: Say

    @property
    def cached(self) -> Path:
        return self.cache / "temporal"


class CliSource(Protocol):
    """One way to get the Temporal CLI: its path, or EngineUnavailable with the reason why not."""

    def __call__(self, search: CliSearch) -> Path: ...

"""Notices as JSON lines in a file, `outbox.jsonl`: for who reads it, or sends from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from adapters.journal.durable import append_whole, locked, make_folder
from adapters.notifier import Notice, notice


class Outbox:
    """`file` is read and written by every worker of this host. A line: {to, subject, text, key, at}."""

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)) -> None:
        self._file = file
        self._now = now

    async def notify(self, to: str, subject: str, text: str, key: str) -> None:
        await asyncio.to_thread(self.add, notice(to, subject, text, key))

    def add(self, told: Notice) -> None:
        make_folder(self._file.parent)
        with locked(self._file.with_name(f"{self._file.name}.lock")):
            if self.has(told.key):
                return
            line = json.dumps({**asdict(told), "at": self._now().isoformat()}) + "\n"
            append_whole(self._file, line.encode())

    def has(self, key: str) -> bool:
        quoted = json.dumps(key)
        # A line without its end is not there: the next one takes its place.
        return any(quoted in line and line.endswith("\n") and _key_of(line) == key for line in self._lines())

    def _lines(self) -> Iterator[str]:
        if not self._file.exists():
            return
        with self._file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines


def _key_of(line: str) -> str | None:
    """None for a line that somebody else wrote."""
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read.get("key") if isinstance(read, dict) else None

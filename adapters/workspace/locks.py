"""Who may change a clone or a run's worktrees: one task in this process, and one process on this host."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path

POLL_S = 0.02

_held: ContextVar[tuple[int, ...]] = ContextVar("held", default=())


def inherited() -> tuple[int, ...]:
    """Locks that a child shall keep: a git that outlives its killed worker still excludes the next one."""
    return _held.get()


class Locks:
    def __init__(self) -> None:
        self._here: dict[Path, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def hold(self, path: Path) -> AsyncIterator[None]:
        """Waits for as long as it takes; the caller's timeout ends the wait."""
        async with self._here.setdefault(path, asyncio.Lock()):
            descriptor = await _lock_file(path)
            token = _held.set((*_held.get(), descriptor))
            try:
                yield
            finally:
                os.close(descriptor)
                _held.reset(token)


async def _lock_file(path: Path) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if took(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        await asyncio.sleep(POLL_S)


def took(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The holder before us may have removed the file: then the next one locks another file of that name.
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False

"""One stream of a command: read as it comes, kept up to a limit, not waited for once its writer is gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

CHUNK = 65_536
DRAIN_S = 0.5


class Kept:
    """Bytes up to a limit: the first half and the last one, because failures are explained at the end."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, chunk: bytes) -> None:
        self._total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * self._half + CHUNK:
            del self._tail[: -self._half]

    @property
    def truncated(self) -> bool:
        return self._total > 2 * self._half

    @property
    def text(self) -> str:
        if not self.truncated:
            return (self._head + self._tail).decode("utf-8", "replace")
        left_out = self._total - len(self._head) - self._half
        kept = self._head + f"\n[... {left_out} bytes left out ...]\n".encode() + self._tail[-self._half :]
        return kept.decode("utf-8", "replace")


class Lines:
    """Splits a stream into lines; of a line beyond the limit only the start is told."""

    def __init__(self, on_line: Callable[[str], None], limit: int) -> None:
        self._on_line = on_line
        self._limit = limit
        self._open = bytearray()

    def add(self, chunk: bytes) -> None:
        first, *more = chunk.split(b"\n")
        self._extend(first)
        for part in more:
            self.close()
            self._extend(part)

    def close(self) -> None:
        line = self._open.decode("utf-8", "replace").rstrip("\r")
        self._open.clear()
        if line:
            self._on_line(line)

    def _extend(self, part: bytes) -> None:
        self._open += part[: max(0, self._limit - len(self._open))]


class Output:
    """A pipe whose writing end is for one command. `on_failure` is called when `on_line` raised."""

    def __init__(
        self, limit: int, on_line: Callable[[str], None] | None, on_failure: Callable[[], None]
    ) -> None:
        self._kept = Kept(limit)
        self._lines = Lines(on_line, limit) if on_line else None
        self._on_failure = on_failure
        self._reader = asyncio.StreamReader(limit=CHUNK)
        self._transport: asyncio.ReadTransport | None = None
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> int:
        """Returns the writing end; the caller closes it once the command has it."""
        read, write = os.pipe()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._reader), os.fdopen(read, "rb", 0)
        )
        self._pump = asyncio.create_task(self._read())
        self._pump.add_done_callback(self._told)
        return write

    async def close(self) -> None:
        """Take what is there already; a surviving process that holds the pipe open is not waited for."""
        if self._pump is None or self._transport is None:
            return
        await asyncio.wait({self._pump}, timeout=DRAIN_S)
        self._pump.cancel()
        await asyncio.wait({self._pump})
        self._transport.close()

    def check(self) -> None:
        """Raise what `on_line` raised."""
        if self._pump is not None and self._pump.done() and not self._pump.cancelled():
            self._pump.result()

    @property
    def text(self) -> str:
        return self._kept.text

    @property
    def truncated(self) -> bool:
        return self._kept.truncated

    async def _read(self) -> None:
        while chunk := await self._reader.read(CHUNK):
            self._kept.add(chunk)
            if self._lines:
                self._lines.add(chunk)
        if self._lines:
            self._lines.close()

    def _told(self, pump: asyncio.Task[None]) -> None:
        if not pump.cancelled() and pump.exception() is not None:
            self._on_failure()

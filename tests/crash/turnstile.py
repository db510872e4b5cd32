"""Where a run's programs wait until the test lets them through: a socket, which a sandbox leaves open and which
shows when the program at its other end dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self

# Standard library only: it runs as a tool, as a check and as a hook of the origin.
VISIT = '''
import socket


def visit(name):
    """Say who is there, and go on when told to."""
    with socket.create_connection(("127.0.0.1", PORT)) as door:
        door.sendall(name.encode() + b"\\n")
        door.recv(1)
'''


class Turnstile:
    """`came` counts the visits by name, `died` those whose program was ended while it waited."""

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()
        self.died: Counter[str] = Counter()
        self._closed: set[str] = set()
        self._waiting: list[tuple[str, asyncio.StreamWriter]] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._visited, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._closed.clear()
        for name in {name for name, _ in self._waiting}:
            self.let_through(name)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def visit(self) -> str:
        """The module by which a program comes here."""
        return VISIT.replace("PORT", str(self.port))

    def hold(self, name: str) -> None:
        self._closed.add(name)

    def waiting(self, name: str) -> int:
        return sum(name == other for other, _ in self._waiting)

    def let_through(self, name: str) -> None:
        """Whoever waits under that name, and whoever comes later."""
        self._closed.discard(name)
        for other, writer in self._waiting:
            if other == name:
                writer.write(b".")

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = (await reader.readline()).decode().strip()
        self.came[name] += 1
        visit = (name, writer)
        self._waiting.append(visit)
        if name not in self._closed:
            writer.write(b".")
        try:
            await reader.read()
        except ConnectionResetError:
            pass
        finally:
            self._waiting.remove(visit)
            self.died[name] += name in self._closed
            writer.close()

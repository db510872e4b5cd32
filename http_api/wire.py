"""What is no HTTP at all is answered like every other mistake: with a problem document."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from http_api import problems
from http_api.door import ALWAYS

HEAD_WITHIN_S = 30.0
TOLD = "this is no HTTP request, or its first lines are longer than 64 KiB"


class Wire(H11Protocol):
    """Uvicorn answers such a request itself, in plain text, before the application could; and it waits for ever for
    one that never comes."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hear_head()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._await_head()
        else:
            self._hear_head()

    def _await_head(self) -> None:
        """From the end of the request before on: no single byte of the next one puts it off."""
        if self._late is None:
            self._late = self.loop.call_later(HEAD_WITHIN_S, self.timeout_keep_alive_handler)

    def _hear_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            # It was answered before: this is the rest of a body that nobody reads.
            self.transport.close()
            return
        answer = problems.problem(400, "NOT_HTTP", TOLD, headers={**ALWAYS, "Connection": "close"})
        head = h11.Response(
            status_code=answer.status_code, headers=answer.raw_headers, reason=problems.TITLES[400].encode()
        )
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

"""What is no HTTP at all is answered like every other mistake: with a problem document."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from http_api import problems
from http_api.door import ALWAYS

TOLD = "this is no HTTP request, or its first lines are longer than 64 KiB"


class Wire(H11Protocol):
    """Uvicorn answers such a request itself, in plain text, before the application could."""

    def send_400_response(self, msg: str) -> None:
        answer = problems.problem(400, "NOT_HTTP", TOLD, headers={**ALWAYS, "Connection": "close"})
        head = h11.Response(
            status_code=answer.status_code, headers=answer.raw_headers, reason=problems.TITLES[400].encode()
        )
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

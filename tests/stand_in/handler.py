"""HTTP in and out: three protocols by their paths, whole or streamed, proper or broken as told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from tests.stand_in import anthropic_messages, openai_chat, openai_responses
from tests.stand_in.call import Call
from tests.stand_in.faults import Fault
from tests.stand_in.words import Words

if TYPE_CHECKING:
    from tests.stand_in.server import ModelServer

PROTOCOLS = {
    "/chat/completions": openai_chat,
    "/messages": anthropic_messages,
    "/responses": openai_responses,
}
TRICKLE_S = 0.02


class Handler(BaseHTTPRequestHandler):
    """`server_of` is set on the subclass that a ModelServer makes."""

    server_of: ClassVar[ModelServer]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        ending = next((ending for ending in PROTOCOLS if path.endswith(ending)), None)
        if ending is None:
            return self._send(200, {"input_tokens": len(raw) // 4})
        headers = {name.lower(): value for name, value in self.headers.items()}
        call, gets = self.server_of.take(path, headers, json.loads(raw))
        if isinstance(gets, Fault):
            return self._break(gets)
        return self._answer(PROTOCOLS[ending], call, gets)

    def do_GET(self) -> None:
        if "upgrade" in self.headers:
            # Codex tries a WebSocket first, and this status alone makes it go on without one at once.
            return self._send(426, None)
        _, asked, name = self.path.partition("?")[0].partition("/models/")
        if asked:
            self.server_of.looked_up.append(unquote(name))
            if lacking := self.server_of.lacking.get(unquote(name)):
                return self._break(lacking)
        return self._send(200, {"object": "list", "data": [], "models": []})

    def do_HEAD(self) -> None:
        self._send(200, None)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the calls are recorded by the server."""

    def _answer(self, protocol: Any, call: Call, words: Words) -> None:
        if call.body.get("stream") and hasattr(protocol, "events"):
            self._stream(protocol.events(call, words))
        else:
            self._send(200, protocol.answer(call, words))

    def _break(self, fault: Fault) -> None:
        if fault.does == "say":
            self._send(fault.status, fault.body, fault.headers)
        elif fault.does == "garble":
            self._send(200, b'{"id": "garbled", "choices": [')
        elif fault.does == "trickle":
            self._trickle()
        else:
            self._send(200, b'{"id": "cut", "choices": [', {"Content-Length": "4096"})
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def _trickle(self) -> None:
        self._send(200, b"", {"Content-Length": "1000000"})
        while not self.server_of.released.wait(TRICKLE_S):
            try:
                self.wfile.write(b" ")
            except OSError:
                break
        self.close_connection = True

    def _stream(self, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        said = "".join(
            f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in events
        )
        self._send(200, said.encode(), {"Content-Type": "text/event-stream"})

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Content-Length": str(len(raw)), **(headers or {})}
        try:
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
        except (BrokenPipeError, ConnectionResetError):
            # A client that gave up while it was kept waiting is what some tests are about.
            self.close_connection = True

"""A service on loopback that counts what it is asked, and answers as it is told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """`answers` are the statuses of the next calls, 200 after them; `body` replaces the answer's own; while `hold`
    is set, a call is counted and not answered."""

    calls: list[Call] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    body: bytes | None = None
    hold: threading.Event | None = None

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one piece: else a kept connection waits for an acknowledgement between them.
            wbufsize = -1

            def do_GET(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.calls.append(Call(self.command, self.path, headers, self.rfile.read(size)))
                if service.hold is not None:
                    service.hold.wait(60)
                status = service.answers.pop(0) if service.answers else 200
                body = service.body or json.dumps({"path": self.path}).encode()
                try:
                    self._send(status, body)
                except (BrokenPipeError, ConnectionResetError):
                    # A caller that was killed while it was kept waiting is what some tests are about.
                    self.close_connection = True

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                """Not on the tests' stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.hold is not None:
            self.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

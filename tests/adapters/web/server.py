"""A real HTTP server on loopback that answers as it is told and remembers what it was asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

Headers = dict[str, str]


@dataclass(frozen=True)
class Asked:
    """`headers` are in lower case."""

    method: str
    path: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Says:
    """`drops` ends the connection without an answer; `hangs` answers when the server ends."""

    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes = b"{}"
    drops: bool = False
    hangs: bool = False
    length: int | None = None


class Server:
    """`answer` says what each question gets."""

    def __init__(self, answer: Callable[[Asked], Says], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body)
                server.asked.append(asked)
                server._say(self, server._answer(asked))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the screen."""

        return Handler

    def _say(self, to: BaseHTTPRequestHandler, says: Says) -> None:
        to.close_connection = True
        if says.hangs:
            self._ended.wait()
        if says.drops or says.hangs:
            return
        to.send_response(says.status)
        for name, value in says.headers.items():
            to.send_header(name, value)
        if says.status >= 200 and says.status != 204:
            to.send_header("Content-Length", str(len(says.body) if says.length is None else says.length))
        to.end_headers()
        try:
            to.wfile.write(says.body)
        except OSError:
            # Whoever asked has heard enough.
            return

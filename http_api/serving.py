"""Serves the application in a loop that is there already, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from adapters.records.database import connected
from adapters.telemetry import Telemetry
from faber.errors import ConfigurationError
from faber.identity import actor
from http_api.app import create_app
from http_api.callers import Callers, digest, one_time
from http_api.settings import PORT, ApiSettings
from http_api.wire import Wire

SPAN = 100
# Longer than an answer of Temporal may take.
GRACE_S = 15


class QuietServer(uvicorn.Server):
    """Leaves signals to whoever owns the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    settings: ApiSettings,
    stop: asyncio.Event,
    say: Callable[[str], None],
    *,
    where: Path | None = None,
    telemetry: Telemetry | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Answers until `stop` is set; then nothing new is taken, listeners end, and what was begun is answered. `ready`
    is told the URL. Errors: ConfigurationError."""
    with connected(settings.faber.database_url):
        # A URL that can never be is a mistake of whoever starts this, and of no request.
        pass
    listener = listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{port}"
    token, known = None, settings.callers
    if known is None:
        token, caller = one_time(actor(settings.faber.environment))
        known = Callers({digest(token): caller})
    app = create_app(settings, known, where, telemetry)
    server = QuietServer(
        uvicorn.Config(
            app,
            http=Wire,
            # A socket of that kind would be refused with an empty 403: such a request is an ordinary one.
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            # Whoever names other addresses in a header is believed by nobody here.
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        say(f"HTTP API: {url} (profile {settings.profile})")
        if token is not None:
            say(f"  nobody is configured, so this token counts until it ends: Authorization: Bearer {token}")
        if ready is not None:
            ready(url)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await app.state.feed.close()
        server.should_exit = True
        await serving


def listen(host: str, port: int | None) -> socket.socket:
    """The port that was named, else 8000 or the next free one. Errors: ConfigurationError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (port,) if port is not None else range(PORT, PORT + SPAN):
        # asyncio sends at once only what says that it is TCP: a body would wait 40 ms behind its headers.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen()
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE and port is None:
                continue
            raise ConfigurationError(
                f"cannot listen on {host}:{candidate}: {error.strerror or error}"
            ) from error
        return listener
    raise ConfigurationError(f"ports {PORT} to {PORT + SPAN - 1} of {host} are all taken: end what uses them")

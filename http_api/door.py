"""What every request passes before a route sees it: the host it asks for, who asks, how often, and its size."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faber.errors import FaberError
from http_api import problems
from http_api.callers import ONE_CREDENTIAL, Caller, Callers, Unauthenticated
from http_api.limits import RateLimit
from http_api.settings import is_loopback

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
BODY_WITHIN_S = 30.0
PUBLIC = frozenset({"/healthz", "/readyz", "/openapi.json"})
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Door:
    """`callers` beside whom nobody is known; `only_here` lets in this host alone."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        callers: Callers,
        only_here: bool,
        hosts: Iterable[str],
        limit: RateLimit,
        body_limit: int,
    ) -> None:
        self._app = app
        self._callers = callers
        self._only_here = only_here
        self._hosts = frozenset(host.lower() for host in (*LOOPBACK_HOSTS, *hosts))
        self._limit = limit
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._pass(scope, receive, guarded)
        except asyncio.CancelledError:
            # The server ends, and has waited for this request as long as it would.
            if not begun:
                await problems.ending()(scope, receive, guarded)
            raise
        except Exception:
            # Answered here: what the framework answers outside of every door has no headers of ours.
            if not begun:
                await problems.unforeseen()(scope, receive, guarded)
            raise

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refuse(scope) or _unreadable(Headers(scope=scope))
        if refusal is None:
            body = await _read(receive, self._body_limit, Headers(scope=scope).get("content-length"))
            if isinstance(body, JSONResponse):
                refusal = body
            elif body is not None:
                await self._app(scope, _replayed(body, receive), send)
        if refusal is not None:
            await refusal(scope, receive, send)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        """Why the request goes no further; a caller who is let in stands in the scope's state."""
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        if not self._is_ours(headers.getlist("host")):
            return problems.problem(
                421, "UNKNOWN_HOST", "this server is not called that: set FABER_API_HOSTS to its name"
            )
        public = scope["path"] in PUBLIC
        try:
            caller = None if public else self._identify(headers, address)
        except FaberError as error:
            # Guessing is slowed down by where it comes from.
            wait = self._limit.wait_for(f"address {address}")
            return problems.too_many(wait) if wait else problems.of_error(error)
        wait = self._limit.wait_for(_who(caller, address))
        if wait:
            return problems.too_many(wait)
        scope.setdefault("state", {})["caller"] = caller
        return None

    def _identify(self, headers: Headers, address: str) -> Caller:
        if self._only_here and not is_loopback(address):
            raise Unauthenticated("nobody is known here yet, and only this host may ask: set FABER_API_KEYS")
        keys, authorizations = headers.getlist("x-api-key"), headers.getlist("authorization")
        bearers = [_bearer(given) for given in authorizations]
        if len(keys) > 1 or len(bearers) > 1:
            # Whoever stands before us may have looked at the other one.
            raise Unauthenticated(ONE_CREDENTIAL)
        return self._callers.identify(next(iter(keys), None), next(iter(bearers), None))

    def _is_ours(self, given: list[str]) -> bool:
        """A page of another site that was given our address by its name server (DNS rebinding) asks for its own."""
        if len(given) != 1:
            return False
        host, _, port = given[0].lower().rpartition(":")
        name = host if host and port.isdigit() else given[0].lower()
        return name in self._hosts


def _bearer(authorization: str) -> str | None:
    scheme, _, credential = authorization.partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else None


def _who(caller: Caller | None, address: str) -> str:
    return f"address {address}" if caller is None else f"caller {caller.tenant}/{caller.name}"


def _unreadable(headers: Headers) -> JSONResponse | None:
    """Whoever stands before us may have taken the other length, and what follows it for another request."""
    if "transfer-encoding" in headers and "content-length" in headers:
        told = "a body has a Content-Length, or is chunked, and not both"
        return problems.problem(400, "TWO_LENGTHS", told, headers={"Connection": "close"})
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        told = "send the body as it is, without a Content-Encoding"
        return problems.problem(415, "UNKNOWN_CODING", told, headers={"Accept-Encoding": "identity"})
    return None


async def _read(receive: Receive, limit: int, length: str | None) -> bytes | JSONResponse | None:
    """The whole body, or why not; None when the caller has gone."""
    too_large = problems.problem(413, "TOO_LARGE", f"the body is larger than {limit} bytes")
    if length is not None and length.isdigit() and (len(length) > 12 or int(length) > limit):
        return too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > limit:
                    return too_large
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        return problems.problem(408, "SLOW", f"the body did not arrive within {BODY_WITHIN_S:.0f} s")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, and then whatever comes after it: that the caller has gone."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again

"""The web over httpx: each hop goes to an address that was checked, and nothing of one hop is told to the next."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from adapters.web import SAFE, WebAnswer, accepted
from adapters.web.addresses import Address, Exceptions
from adapters.web.destination import Destination, Resolver, find, origin, read_url, system_resolver
from adapters.web.kept import Kept, Place
from adapters.web.received import PACKED, TooLarge, read
from adapters.web.sent import Sent, to_send
from faber.contract.wire import masked
from faber.errors import ApiCallError, ApiCallUnanswered, ConfigurationError

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
LARGEST_BODY = 1_000_000
CONNECT_S = 10.0
ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
PROXY_VARIABLE = "FABER_WEB_PROXY"


class HttpWeb:
    """`environment` has FABER_ALLOW_PRIVATE_ADDRESSES and FABER_WEB_PROXY; no other proxy is heard of. `tls` absent:
    the usual authorities. Errors: ConfigurationError."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        resolve: Resolver = system_resolver,
        largest_body: int = LARGEST_BODY,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._exceptions = Exceptions.of(environment)
        self._proxy = _proxy(environment.get(PROXY_VARIABLE, "").strip())
        self._resolve = resolve
        self._largest_body = largest_body
        self._tls = tls
        self._kept = Kept()

    async def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any,
        timeout_s: float,
        idempotency_key: str | None = None,
    ) -> WebAnswer:
        sent = to_send(method, headers, body, idempotency_key)
        target = read_url(url)
        called = f"{sent.method} {origin(target)}"
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._followed(sent, target)
        except TimeoutError:
            raise ApiCallUnanswered(f"{called} was not answered within {timeout_s:g} s") from None
        return accepted(answer, called)

    async def _followed(self, sent: Sent, url: httpx.URL) -> WebAnswer:
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._hop(sent, await find(url, self._resolve, self._exceptions))
            location = answer.headers.get("location")
            if answer.status not in REDIRECTS or location is None:
                return answer
            next_url = _joined(url, location)
            if answer.status == 303 or (answer.status in (301, 302) and sent.method == "POST"):
                sent = sent.as_get()
            if origin(next_url) != origin(url):
                sent = sent.to_another_host()
            url = next_url
        raise ApiCallError(f"{origin(url)} redirects for the {MOST_REDIRECTS + 1}th time: that is no answer")

    async def _hop(self, sent: Sent, to: Destination) -> WebAnswer:
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx.create_ssl_context)
        refused: Exception | None = None
        for address in to.addresses:
            try:
                return await self._asked(sent, to, address, self._tls)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                refused = error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _unanswered(sent, to, error) from None
        assert refused is not None
        raise _unanswered(sent, to, refused) from None

    async def _asked(self, sent: Sent, to: Destination, address: Address, tls: ssl.SSLContext) -> WebAnswer:
        """A service ends a connection when it likes, perhaps while a call is on its way: only what may be asked twice
        goes over one that was kept."""
        request, new = _request(sent, to, address), functools.partial(self._new, to, tls)
        if sent.method not in SAFE:
            async with new() as way:
                return await self._exchange(way, request)
        place = Place(to.url.scheme, to.url.raw_host, to.port, address)
        if (kept := self._kept.take(place)) is not None:
            with contextlib.suppress(httpx.NetworkError, httpx.RemoteProtocolError):
                return await self._keeping(kept, request, place)
        return await self._keeping(new(), request, place)

    async def _keeping(
        self, way: httpx.AsyncHTTPTransport, request: httpx.Request, place: Place
    ) -> WebAnswer:
        try:
            answer = await self._exchange(way, request)
        except BaseException:
            await way.aclose()
            raise
        await self._kept.keep(place, way)
        return answer

    async def close(self) -> None:
        await self._kept.close()

    def _new(self, to: Destination, tls: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
        """httpx knows a connection by its address, whatever name was proved on it: each place has its own way."""
        proved: Any = _Proving(tls, to.url.raw_host.decode("ascii")) if self._proxy else tls
        return httpx.AsyncHTTPTransport(verify=proved, trust_env=False, proxy=self._proxy, limits=ONE)

    async def _exchange(self, way: httpx.AsyncHTTPTransport, request: httpx.Request) -> WebAnswer:
        response = await way.handle_async_request(request)
        status, headers = response.status_code, dict(response.headers)
        try:
            if status in REDIRECTS and "location" in headers:
                return WebAnswer(status, headers, b"")
            body = await read(response.aiter_raw(), headers.get("content-encoding", ""), self._largest_body)
        except TooLarge as more:
            if status < 400:
                raise ApiCallError(
                    f"{request.method} {request.url.scheme}://{request.headers['host']} was answered with more than "
                    f"{self._largest_body} bytes: ask for less",
                    status=status,
                ) from None
            # What an error says at length does not hide which error it is.
            body = more.body
        finally:
            await response.aclose()
        return WebAnswer(status, headers, body)


class _Proving:
    """Through a proxy httpcore wants a certificate of the address that it names there, instead of the name's."""

    def __init__(self, tls: ssl.SSLContext, name: str) -> None:
        self._tls = tls
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._tls, attribute)

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, server_side: bool = False, *_: Any, **__: Any
    ) -> ssl.SSLObject:
        return self._tls.wrap_bio(incoming, outgoing, server_side, self._name)


def _proxy(url: str) -> httpx.Proxy | None:
    try:
        return httpx.Proxy(url) if url else None
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError(f"{PROXY_VARIABLE} is {masked(url)!r}: write http://host:port") from None


def _request(sent: Sent, to: Destination, address: Address) -> httpx.Request:
    """To the address that was checked; the name stays in Host and in what the certificate must prove."""
    headers = {"host": to.url.netloc.decode("ascii"), "accept-encoding": PACKED, **sent.headers}
    told = {"sni_hostname": to.url.raw_host.decode("ascii"), "timeout": {"connect": CONNECT_S}}
    url = to.url.copy_with(host=str(address))
    return httpx.Request(sent.method, url, headers=headers, content=sent.body, extensions=told)


def _joined(url: httpx.URL, location: str) -> httpx.URL:
    """Errors: ApiCallError."""
    try:
        joined = url.join(location)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise ApiCallError(
            f"{origin(url)} redirects to a URL that cannot be read: {type(error).__name__}"
        ) from None
    return read_url(str(joined))


def _unanswered(sent: Sent, to: Destination, error: Exception) -> ApiCallUnanswered:
    reason = " ".join(str(error).split())[:200] or "no reason given"
    return ApiCallUnanswered(
        f"{sent.method} {origin(to.url)} was not answered ({type(error).__name__}: {reason})"
    )

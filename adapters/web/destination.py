"""Where a URL leads: one host, looked up once, each of its addresses checked."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from adapters.web.addresses import VARIABLE, Address, Exceptions, address_of, is_public
from faber.errors import ApiCallError, ApiCallUnanswered, SsrfRefused

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name. Errors: OSError."""

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Destination:
    """`addresses` were checked and are what is connected to: the name is not looked up again."""

    url: httpx.URL
    addresses: tuple[Address, ...]

    @property
    def port(self) -> int:
        return self.url.port or PORTS[self.url.scheme]


def origin(url: httpx.URL) -> str:
    """All of a URL that may be said: a path or a query may hold a key."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def read_url(text: str) -> httpx.URL:
    """Errors: ApiCallError."""
    if re.search(r"[\x00-\x20\x7f]", text):
        raise ApiCallError("The URL holds a space, a line break or another control character: encode it")
    try:
        url = httpx.URL(text)
        host, port = url.host, url.port
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise ApiCallError(f"The URL cannot be read: {type(error).__name__}") from None
    if port is not None and not 0 < port < 65_536:
        raise ApiCallError(f"The URL cannot be read: there is no port {port}")
    if url.userinfo:
        raise ApiCallError("The URL holds a user name or a password: send them in a header")
    if url.scheme not in PORTS or not host:
        raise ApiCallError(f"The URL begins with {url.scheme[:20]!r}: only http:// and https:// are called")
    return url


async def find(url: httpx.URL, resolve: Resolver, exceptions: Exceptions) -> Destination:
    """Errors: SsrfRefused when any address is one that a step may not reach; ApiCallUnanswered."""
    found = Destination(url, await _addresses(url, resolve))
    for address in found.addresses:
        if not is_public(address) and not exceptions.allow(url.host, found.port, address):
            host = f"[{url.host}]" if ":" in url.host else url.host
            raise SsrfRefused(
                f"{origin(url)} leads to {address}, which is no public address: it is not called. "
                f"If it shall be, put {host}:{found.port} into {VARIABLE}"
            )
    return found


async def system_resolver(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _addresses(url: httpx.URL, resolve: Resolver) -> tuple[Address, ...]:
    literal = address_of(url.host)
    if literal is not None:
        return (literal,)
    name = url.raw_host.decode("ascii")
    try:
        written = await resolve(name, url.port or PORTS[url.scheme])
    except (OSError, UnicodeError) as error:
        raise ApiCallUnanswered(f"The address of {url.host[:100]} cannot be looked up: {error}") from None
    found = tuple(dict.fromkeys(address for text in written if (address := address_of(text)) is not None))
    if not found:
        raise ApiCallUnanswered(f"The name {url.host[:100]} has no address")
    return found

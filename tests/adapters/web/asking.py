"""What the tests of where a call leads have in common."""

from __future__ import annotations

from adapters.web.destination import Resolver
from adapters.web.http import HttpWeb

SECRET = "opens-sesame"


def answers(*addresses: str) -> Resolver:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def get(web: HttpWeb, url: str, **headers: str) -> bytes:
    return (await web.call("GET", url, headers, None, 10)).body

"""A web that may reach servers on 127.0.0.1, under any name that ends in `.test`, and nothing else of this host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest

from adapters.web.http import HttpWeb
from tests.adapters.web.server import Asked, Says, Server

Serve = Callable[[Callable[[Asked], Says]], Server]
MakeWeb = Callable[..., HttpWeb]


async def every_name_here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"] if host.endswith(".test") else []


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(Server(answer))


@pytest.fixture
async def make_web() -> AsyncIterator[MakeWeb]:
    """As `HttpWeb`, which is closed at the end."""
    async with AsyncExitStack() as stack:

        def make(settings: Mapping[str, str], **given: Any) -> HttpWeb:
            web = HttpWeb(settings, **given)
            stack.push_async_callback(web.close)
            return web

        yield make


@pytest.fixture
def web(make_web: MakeWeb) -> HttpWeb:
    return make_web({"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}, resolve=every_name_here)

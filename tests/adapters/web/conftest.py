"""A web that may reach servers on 127.0.0.1, under any name that ends in `.test`, and nothing else of this host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from adapters.web.http import HttpWeb
from tests.adapters.web.server import Asked, Says, Server

Serve = Callable[[Callable[[Asked], Says]], Server]


async def every_name_here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"] if host.endswith(".test") else []


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(Server(answer))


@pytest.fixture
def web() -> HttpWeb:
    return HttpWeb({"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}, resolve=every_name_here)

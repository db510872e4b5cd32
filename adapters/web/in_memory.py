"""A web that is one function; it remembers what was called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.web import WebAnswer, accepted
from adapters.web.destination import origin, read_url
from adapters.web.sent import Sent, to_send


@dataclass(frozen=True)
class Called(Sent):
    """`headers` are in lower case and have the idempotency key; `body` is what would be sent."""

    url: str = ""


class InMemoryWeb:
    def __init__(self, answer: Callable[[Called], WebAnswer]) -> None:
        self._answer = answer
        self.calls: list[Called] = []

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
        called = Called(sent.method, sent.headers, sent.body, url)
        target = read_url(url)
        self.calls.append(called)
        return accepted(self._answer(called), f"{called.method} {origin(target)}")

    async def close(self) -> None:
        """There is no connection."""

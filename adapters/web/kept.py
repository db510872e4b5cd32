"""Connections that an answer left open, for the next call to the same place."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import httpx

from adapters.web.addresses import Address

KEPT_S = 5.0
MOST_KEPT = 20


class Place(NamedTuple):
    """Whom a connection was proved to lead to: its name as well as its address."""

    scheme: str
    name: bytes
    port: int
    address: Address


class _Idle(NamedTuple):
    way: httpx.AsyncHTTPTransport
    end: asyncio.TimerHandle


class Kept:
    """At most 20 connections, each for at most 5 seconds and for one call at a time."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[_Idle]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def take(self, place: Place) -> httpx.AsyncHTTPTransport | None:
        """The one that was used last: it is the likeliest to be open still."""
        idle = self._idle.get(place)
        if not idle:
            return None
        way, end = idle.pop()
        end.cancel()
        if not idle:
            del self._idle[place]
        return way

    async def keep(self, place: Place, way: httpx.AsyncHTTPTransport) -> None:
        if sum(map(len, self._idle.values())) >= MOST_KEPT:
            await way.aclose()
            return
        end = asyncio.get_running_loop().call_later(KEPT_S, self._end, place, way)
        self._idle.setdefault(place, []).append(_Idle(way, end))

    async def close(self) -> None:
        for place in list(self._idle):
            while (way := self.take(place)) is not None:
                await way.aclose()
        await asyncio.gather(*self._closing)

    def _end(self, place: Place, way: httpx.AsyncHTTPTransport) -> None:
        left = [idle for idle in self._idle.pop(place) if idle.way is not way]
        if left:
            self._idle[place] = left
        closing = asyncio.ensure_future(way.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

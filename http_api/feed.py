"""What changes in runs, told to every listener by one poller of Temporal, which rests when nobody listens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from faber.client import Faber
from faber.errors import FaberError
from faber.overview import Filter, RunSummary
from http_api.callers import Caller
from http_api.problems import Refused

log = logging.getLogger(__name__)

EVERY_S = 1.0
# So that a long list never keeps the server busy: it rests nine times as long as it looked.
REST = 9
PAGE = 500
KEPT = 2_000
FORGOTTEN_AFTER = timedelta(minutes=2)
MOST_FOR_ONE = 20
MOST = 500


@dataclass(frozen=True)
class Happening:
    """`begin`: load what you show, what changes from here on follows. `run`: it is new, or has changed. `engine`:
    whether Temporal answers."""

    id: str
    event: Literal["begin", "run", "engine"]
    run: RunSummary | None = None
    reachable: bool | None = None

    @property
    def data(self) -> dict[str, Any]:
        if self.run is not None:
            return self.run.model_dump(mode="json")
        return {} if self.reachable is None else {"reachable": self.reachable}


@dataclass
class Feed:
    """`connect` gives the client that the poller asks. Ids are random, so that they tell nothing of other tenants."""

    connect: Callable[[], Awaitable[Faber]]
    every_s: float = EVERY_S
    _told: deque[Happening] = field(default_factory=lambda: deque(maxlen=KEPT))
    _count: int = 0
    _known: dict[str, RunSummary] = field(default_factory=dict)
    _seen: datetime | None = None
    _start: str = field(default_factory=lambda: secrets.token_hex(8))
    _listeners: Counter[str] = field(default_factory=Counter)
    _poller: asyncio.Task[None] | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _reachable: bool = True
    _closed: bool = False

    @contextlib.contextmanager
    def place_for(self, caller: Caller) -> Iterator[None]:
        """Errors: Refused when the caller, or everybody together, listens too often already."""
        name = f"{caller.tenant}/{caller.name}"
        if self._listeners[name] >= MOST_FOR_ONE or self._listeners.total() >= MOST:
            raise Refused(
                429,
                "TOO_MANY_LISTENERS",
                f"{caller.name} listens {MOST_FOR_ONE} times already, or the server has no place for more: end one",
                headers={"Retry-After": "5"},
            )
        self._listeners[name] += 1
        self._poll_on()
        try:
            yield
        finally:
            self._listeners[name] -= 1
            self._listeners += Counter()
            if not self._listeners and self._poller is not None:
                self._poller.cancel()
                self._poller = None

    async def after(self, last_id: str | None, caller: Caller) -> AsyncIterator[Happening]:
        """What happened after that; or `begin` and what happens from now on, when it is not known any more. Ends
        when the caller's token does."""
        place, reachable = self._place_of(last_id), True
        while not self._closed and (caller.until is None or time.time() < caller.until):
            if self._lost(place):
                place = self._count
                yield Happening(self._newest, "begin")
            missed, place = self._since(place), self._count if place is not None else None
            for happening in missed:
                if happening.run is not None and happening.run.tenant == caller.tenant:
                    yield happening
            if reachable != self._reachable:
                reachable = self._reachable
                yield Happening(self._newest, "engine", reachable=reachable)
            await self._news_for(place, reachable, caller.until)

    async def close(self) -> None:
        """Every listener ends."""
        self._closed = True
        async with self._news:
            self._news.notify_all()

    async def _news_for(self, place: int | None, reachable: bool, until: float | None) -> None:
        def is_news() -> bool:
            further = place is not None and place != self._count
            return self._closed or further or self._lost(place) or reachable != self._reachable

        left = None if until is None else max(0.0, until - time.time())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left), self._news:
                await self._news.wait_for(is_news)

    def _lost(self, place: int | None) -> bool:
        """Whether a listener must load everything anew; nobody can before the first look."""
        return self._seen is not None and (place is None or place < self._count - len(self._told))

    @property
    def _newest(self) -> str:
        return self._told[-1].id if self._told else self._start

    def _place_of(self, last_id: str | None) -> int | None:
        """How many had happened up to that one."""
        before = self._count - len(self._told)
        ids = [self._start if before == 0 else "", *(told.id for told in self._told)]
        return before + ids.index(last_id) if last_id and last_id in ids else None

    def _since(self, place: int | None) -> list[Happening]:
        """Read at once: more may happen while the listener is sent these."""
        return [] if place is None else list(self._told)[len(self._told) - (self._count - place) :]

    def _poll_on(self) -> None:
        if self._poller is not None and not self._poller.done():
            return
        if self._seen is not None and datetime.now(tz=UTC) - self._seen > FORGOTTEN_AFTER:
            self._forget()
        self._poller = asyncio.create_task(self._poll())
        self._poller.add_done_callback(self._ended)

    def _forget(self) -> None:
        self._told.clear()
        self._known.clear()
        self._seen, self._start, self._count = None, secrets.token_hex(8), 0

    def _ended(self, poller: asyncio.Task[None]) -> None:
        if not poller.cancelled() and (error := poller.exception()) is not None:
            log.error("listening to runs ended: %s", error, exc_info=error)

    async def _poll(self) -> None:
        while not self._closed:
            began = time.monotonic()
            try:
                await self._look()
                self._reachable = True
            except FaberError:
                self._reachable = False
            async with self._news:
                self._news.notify_all()
            await asyncio.sleep(max(self.every_s, REST * (time.monotonic() - began)))

    async def _look(self) -> None:
        """Open runs, and those that ended since a while before the last look."""
        at, faber = datetime.now(tz=UTC), await self.connect()
        first = self._seen is None
        since = ((self._seen or at) - FORGOTTEN_AFTER).isoformat()
        found: dict[str, RunSummary] = {}
        cursor = None
        while True:
            page = await faber.page(Filter(since=since), PAGE, cursor)
            found |= {run.run_id: run for run in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
        for run in reversed(found.values()):
            if not first and self._known.get(run.run_id) != run:
                self._told.append(Happening(secrets.token_hex(8), "run", run))
                self._count += 1
        self._known, self._seen = found, at

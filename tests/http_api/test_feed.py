"""One poller however many listen, none when nobody does; what a listener missed is not lost, or it begins anew."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from faber.client import Faber
from faber.errors import Unreachable
from faber.overview import Filter, Page, RunSummary
from http_api.callers import Caller
from http_api.feed import KEPT, Feed, Happening
from tests.waiting import eventually

JO = Caller("jo", frozenset())


class Runs:
    """Stands in Temporal's place: pages of runs, counted."""

    def __init__(self) -> None:
        self.runs: dict[str, RunSummary] = {}
        self.looks = 0
        self.away = False

    def put(self, run_id: str, tenant: str | None = None, **more: Any) -> None:
        given = {"run_id": run_id, "kind": "delivery", "status": "running", "started_at": "t", **more}
        self.runs[run_id] = RunSummary.model_validate({**given, "tenant": tenant})

    async def connect(self) -> Faber:
        if self.away:
            raise Unreachable("away")
        return cast(Faber, self)

    async def page(self, filter: Filter, limit: int, cursor: str | None = None) -> Page:
        self.looks += 1
        begin = int(cursor or 0)
        items = list(self.runs.values())
        more = begin + limit < len(items)
        return Page(items[begin : begin + limit], str(begin + limit) if more else None)


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
async def feed(runs: Runs) -> AsyncIterator[Feed]:
    feed = Feed(runs.connect, every_s=0.01)
    yield feed
    await feed.close()


@contextlib.asynccontextmanager
async def heard_by(
    feed: Feed, last_id: str | None = None, caller: Caller = JO
) -> AsyncIterator[list[Happening]]:
    heard: list[Happening] = []

    async def listen() -> None:
        async for happening in feed.after(last_id, caller):
            heard.append(happening)

    with feed.place_for(caller):
        listener = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            listener.cancel()


def polls(feed: Feed) -> bool:
    coroutines: list[Any] = [task.get_coro() for task in asyncio.all_tasks()]
    frames = [one.cr_frame for one in coroutines if one.__qualname__ == "Feed._poll" and one.cr_frame]
    return any(frame.f_locals["self"] is feed for frame in frames)


def ids(heard: list[Happening]) -> list[str]:
    return [happening.run.run_id if happening.run else happening.event for happening in heard]


async def test_many_listeners_are_one_poller_and_none_is_none(feed: Feed, runs: Runs) -> None:
    async with contextlib.AsyncExitStack() as stack:
        listeners = [
            await stack.enter_async_context(heard_by(feed, caller=Caller(f"{n}", frozenset())))
            for n in range(50)
        ]
        await eventually(lambda: all(listeners), "each has begun")
        runs.put("a")
        before = runs.looks
        await eventually(lambda: all(ids(heard) == ["begin", "a"] for heard in listeners), "each has heard")
        assert runs.looks - before < 50
        assert polls(feed)
    await eventually(lambda: not polls(feed), "nobody listens, so nobody asks")


async def test_only_what_changed_is_told(feed: Feed, runs: Runs) -> None:
    runs.put("old")
    async with heard_by(feed) as heard:
        await eventually(lambda: heard, "it has begun")
        runs.put("new")
        await eventually(lambda: len(heard) == 2, "the new one is told")
        runs.put("old", status="waiting")
        await eventually(lambda: len(heard) == 3, "the changed one is told")
        assert ids(heard) == ["begin", "new", "old"]
        assert len({happening.id for happening in heard}) == 3


async def test_a_list_of_several_pages_is_looked_at_whole(feed: Feed, runs: Runs) -> None:
    for number in range(1_200):
        runs.put(f"{number}")
    async with heard_by(feed) as heard:
        await eventually(lambda: heard, "it has begun")
        runs.put("1199", status="completed")
        await eventually(lambda: len(heard) == 2, "the last one's change is told")
        assert ids(heard) == ["begin", "1199"]


async def test_what_happened_between_two_connections_is_told_and_only_once(feed: Feed, runs: Runs) -> None:
    async with heard_by(feed) as heard:
        await eventually(lambda: heard, "it has begun")
        runs.put("a")
        await eventually(lambda: len(heard) == 2, "it is told")
    runs.put("b")
    async with heard_by(feed, heard[-1].id) as later:
        await eventually(lambda: later, "what was missed is told")
        assert ids(later) == ["b"]
    async with heard_by(feed, heard[0].id) as again:
        await eventually(lambda: len(again) == 2, "from the beginning all is told")
        assert ids(again) == ["a", "b"]


async def test_who_missed_more_than_is_kept_begins_anew(feed: Feed, runs: Runs) -> None:
    async with heard_by(feed) as heard:
        await eventually(lambda: heard, "it has begun")
        first = heard[0].id
        for number in range(KEPT - 9):
            runs.put(f"{number}")
        await eventually(lambda: len(heard) == KEPT - 8, "all are told to whoever is there")
        for number in range(KEPT - 9, KEPT + 1):
            runs.put(f"{number}")
        await eventually(lambda: len(heard) == KEPT + 2, "these too")
    async with heard_by(feed, first) as late:
        await eventually(lambda: late, "something is told")
        assert ids(late) == ["begin"]


async def test_a_tenant_hears_its_own_and_who_has_none_hears_nobodys(feed: Feed, runs: Runs) -> None:
    async with heard_by(feed, caller=Caller("al", frozenset(), "acme")) as acme, heard_by(feed) as nobody:
        await eventually(lambda: acme and nobody, "both have begun")
        runs.put("theirs", tenant="acme")
        runs.put("ours")
        runs.put("others", tenant="other")
        await eventually(lambda: len(acme) == len(nobody) == 2, "each hears of one")
        assert (ids(acme)[1], ids(nobody)[1]) == ("theirs", "ours")


async def test_temporal_that_went_away_and_came_back_is_told(feed: Feed, runs: Runs) -> None:
    async with heard_by(feed) as heard:
        await eventually(lambda: heard, "it has begun")
        runs.away = True
        await eventually(lambda: len(heard) == 2, "it is told that it went")
        runs.put("meanwhile")
        runs.away = False
        await eventually(lambda: len(heard) == 4, "it is told that it came back")
        assert [happening.reachable for happening in heard] == [None, False, None, True]
        assert "meanwhile" in ids(heard)


async def test_a_listener_ends_with_its_token(feed: Feed, runs: Runs) -> None:
    caller = Caller("jo", frozenset(), until=time.time() + 0.3)
    with feed.place_for(caller):
        heard = [happening.event async for happening in feed.after(None, caller)]
    assert heard == ["begin"]

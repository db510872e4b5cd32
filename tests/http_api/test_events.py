"""What changes in runs, heard by whoever listens: from now on, or from where they stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from http_api.door import ALWAYS
from http_api.feed import MOST_FOR_ONE
from tests.http_api.asking import closed, deliver, done, gate
from tests.http_api.conftest import serving_http
from tests.http_api.places import ANN, TIM, TOM, VIC, Api, key_of, problem_of, settings
from tests.waiting import eventually


@dataclass
class Heard:
    """The events of one connection, as they came."""

    events: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False

    def of(self, run_id: str) -> list[dict[str, Any]]:
        return [heard for heard in self.events if heard["data"].get("run_id") == run_id]


async def read(answer: httpx.Response, heard: Heard) -> None:
    current: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name in ("event", "data", "id"):
            current[name] = json.loads(value) if name == "data" else value
        elif not line and current:
            heard.events.append(current)
            current = {}
    heard.ended = True


@contextlib.asynccontextmanager
async def listening(asking: httpx.AsyncClient, last_id: str | None = None) -> AsyncIterator[Heard]:
    """Listens inside the context, from the moment on that it has begun."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    heard = Heard()
    async with asking.stream("GET", "/v1/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers.items() >= {name.lower(): value for name, value in ALWAYS.items()}.items()
        reader = asyncio.create_task(read(answer, heard))
        await eventually(lambda: heard.events, "something is heard")
        try:
            yield heard
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader


async def test_a_listener_hears_of_each_state_of_a_run_that_it_may_see(api: Api, checkout: Path) -> None:
    async with (
        api.client(TOM) as tom,
        api.client(TIM) as tim,
        listening(tom) as heard,
        listening(tim) as other,
    ):
        assert heard.events[0]["event"] == "begin"
        run_id = await deliver(tom, checkout)

        def told(status: str) -> bool:
            return any(event["data"]["status"] == status for event in heard.of(run_id))

        await eventually(lambda: told("waiting"), "the gate is heard of")
        [waiting] = [event for event in heard.of(run_id) if event["data"]["status"] == "waiting"][:1]
        assert waiting["event"] == "run"
        assert waiting["data"]["waiting_on"][0]["request_id"].startswith("architect-1-")
        await done(await tom.post(f"/v1/runs/{run_id}/cancel"), 202)
        await eventually(lambda: told("cancelled"), "the end is heard of")
        assert [event["event"] for event in other.events] == ["begin"]


async def test_what_was_missed_is_heard_when_listening_goes_on(api: Api, checkout: Path) -> None:
    async with api.client(ANN) as ann:
        async with listening(ann) as heard:
            last_id = heard.events[-1]["id"]
        run_id = await deliver(ann, checkout)
        await gate(ann, run_id, "architect")
        async with listening(ann, last_id) as heard:
            await eventually(lambda: heard.of(run_id), "the missed gate is heard of")
            assert "begin" not in [event["event"] for event in heard.events]
        async with listening(ann, "0123456789abcdef") as heard:
            assert heard.events[0]["event"] == "begin", "from a place that nobody knows one begins anew"
        await done(await ann.post(f"/v1/runs/{run_id}/cancel"), 202)
        await closed(ann, run_id)


async def test_one_key_does_not_take_every_place(api: Api) -> None:
    async with contextlib.AsyncExitStack() as stack:
        vic = await stack.enter_async_context(api.client(VIC))
        for _ in range(MOST_FOR_ONE):
            await stack.enter_async_context(listening(vic))
        answer = await vic.get("/v1/events")
        assert problem_of(answer, 429)["code"] == "TOO_MANY_LISTENERS"
        ann = await stack.enter_async_context(api.client(ANN))
        await stack.enter_async_context(listening(ann))
    async with api.client(VIC) as vic:

        async def is_free() -> bool:
            async with vic.stream("GET", "/v1/events") as answer:
                return answer.status_code == 200

        await eventually(is_free, "the places are free again")


async def test_listeners_end_when_the_server_does(api: Api, checkout: Path) -> None:
    async with api.client(ANN) as stays, listening(stays) as still:
        heard = Heard()
        async with serving_http(api.settings, checkout) as other:
            asking = httpx.AsyncClient(base_url=other.url, headers={"X-API-Key": key_of(ANN)}, timeout=60)
            request = asking.build_request("GET", "/v1/events")
            answer = await asking.send(request, stream=True)
            reader = asyncio.create_task(read(answer, heard))
            await eventually(lambda: heard.events, "it has begun")
        await reader
        assert heard.ended, "the stream ended as a stream ends, not by a broken connection"
        await asking.aclose()
        assert not still.ended


async def test_a_listener_is_told_that_temporal_is_away(api: Api, tmp_path: Path) -> None:
    away = settings(tmp_path, FABER_API_PORT="0")
    async with serving_http(away, tmp_path) as here, here.client(ANN) as ann, listening(ann) as heard:
        assert heard.events[0]["event"] == "engine"
        assert heard.events[0]["data"] == {"reachable": False}

"""What changes in runs, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from http_api.feed import Feed
from http_api.parts import Viewer

router = APIRouter(prefix="/v1", tags=["events"])


async def listening(visit: Viewer, request: Request) -> AsyncIterator[Feed]:
    feed: Feed = request.app.state.feed
    with feed.place_for(visit.caller):
        yield feed


LastId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=100)]


@router.get("/events", response_class=EventSourceResponse)
async def listen(
    visit: Viewer, feed: Annotated[Feed, Depends(listening)], last_event_id: LastId = None
) -> AsyncIterator[ServerSentEvent]:
    """`begin`: load what you show, changes from here on follow. `run`: that run, new or changed, as in a list.
    `engine`: whether Temporal answers. With `Last-Event-ID` what was missed is sent first, or `begin` when it is not
    known any more."""
    async for happening in feed.after(last_event_id, visit.caller):
        yield ServerSentEvent(data=happening.data, event=happening.event, id=happening.id)

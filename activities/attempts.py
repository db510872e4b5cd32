"""Two attempts of one piece of work may be alive at once; within this process they are one.

A short heartbeat timeout means that Temporal may start a second attempt while the first still works (the server
was away for some seconds). The second then joins the first's call instead of paying for it, or doing it, again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from temporalio import activity

from adapters.journal import Lease

T = TypeVar("T")

JOIN_WITHIN_S = 15.0
"""How long work goes on after its attempt was given up by the server, for the next attempt to join it."""


@dataclass
class _Live:
    task: asyncio.Task[Any]
    waiting: int = 0
    linger: asyncio.TimerHandle | None = None


class Attempts:
    """The work that is alive in this process, by key."""

    def __init__(self) -> None:
        self._live: dict[str, _Live] = {}

    async def join(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, or wait for the same work that an older attempt has begun."""
        live = self._live.get(key) or self._begin(key, work)
        if live.linger is not None:
            live.linger.cancel()
            live.linger = None
        live.waiting += 1
        try:
            return cast("T", await asyncio.shield(live.task))
        except asyncio.CancelledError:
            if live.waiting == 1:
                await self._give_up(live)
            raise
        finally:
            live.waiting -= 1

    def _begin(self, key: str, work: Callable[[], Awaitable[T]]) -> _Live:
        live = self._live[key] = _Live(asyncio.ensure_future(work()))
        live.task.add_done_callback(lambda task: self._forget(key, task))
        return live

    def _forget(self, key: str, task: asyncio.Task[Any]) -> None:
        self._live.pop(key, None)
        if not task.cancelled():
            # Nobody may be waiting any more; an unread exception would be logged as a defect of ours.
            task.exception()

    async def _give_up(self, live: _Live) -> None:
        """End the work at once when it was really cancelled; keep it for a while when only its attempt was lost."""
        if attempt_was_lost():
            loop = asyncio.get_running_loop()
            live.linger = loop.call_later(JOIN_WITHIN_S, live.task.cancel)
            return
        live.task.cancel()
        await asyncio.wait([live.task])


def lease_for(key: str, owner: str) -> Lease:
    """The lease of this attempt. Its scheduled time, in microseconds, grows over retries, repairs and resets
    alike, where Temporal's attempt number begins again at 1."""
    scheduled = activity.info().current_attempt_scheduled_time
    return Lease(key, int(scheduled.timestamp() * 1_000_000), owner)


def attempt_was_lost() -> bool:
    """Whether the server no longer knows this attempt (it timed out), as opposed to a cancel or a shutdown."""
    details = activity.cancellation_details() if activity.in_activity() else None
    if details is None or details.cancel_requested or details.worker_shutdown:
        return False
    return bool(details.not_found or details.timed_out)

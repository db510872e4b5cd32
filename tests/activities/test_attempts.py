"""A second attempt joins the first; a cancel ends the work, a lost attempt leaves it to be joined."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities.attempts import Attempts, lease_for


class Work:
    """Work that waits until it is let go, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.running = asyncio.Event()
        self.cancelled = False

    async def do(self) -> str:
        self.begun += 1
        self.running.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return "done"


async def test_a_second_attempt_joins_the_call_of_the_first() -> None:
    attempts, work = Attempts(), Work()
    first = asyncio.create_task(attempts.join("key", work.do))
    await work.running.wait()
    second = asyncio.create_task(attempts.join("key", work.do))
    work.may_end.set()
    assert [await first, await second] == ["done", "done"]
    assert work.begun == 1


async def test_another_key_is_other_work() -> None:
    attempts, work = Attempts(), Work()
    work.may_end.set()
    await asyncio.gather(attempts.join("one", work.do), attempts.join("two", work.do))
    assert work.begun == 2


async def test_a_cancel_ends_the_work_before_it_goes_on() -> None:
    environment, attempts, work = ActivityEnvironment(), Attempts(), Work()
    running = asyncio.create_task(environment.run(attempts.join, "key", work.do))
    await work.running.wait()
    environment.cancel(cancellation_details=ActivityCancellationDetails(cancel_requested=True))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert work.cancelled


async def test_work_whose_attempt_was_lost_is_there_for_the_next_attempt() -> None:
    environment, attempts, work = ActivityEnvironment(), Attempts(), Work()
    lost = asyncio.create_task(environment.run(attempts.join, "key", work.do))
    await work.running.wait()
    environment.cancel(cancellation_details=ActivityCancellationDetails(not_found=True))
    with pytest.raises(asyncio.CancelledError):
        await lost
    second = asyncio.create_task(attempts.join("key", work.do))
    work.may_end.set()
    assert await second == "done"
    assert work.begun == 1


async def test_failed_work_is_begun_anew() -> None:
    attempts = Attempts()
    tries = []

    async def fails_once() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("the first time")
        return "done"

    with pytest.raises(ValueError, match="the first time"):
        await attempts.join("key", fails_once)
    assert await attempts.join("key", fails_once) == "done"


async def test_a_later_attempt_has_the_greater_lease_also_when_its_number_begins_at_1_again() -> None:
    environment = ActivityEnvironment()
    older = environment.run(lease_for, "key", "worker")
    scheduled = environment.info.current_attempt_scheduled_time
    environment.info = replace(environment.info, current_attempt_scheduled_time=scheduled.replace(year=2100))
    newer = environment.run(lease_for, "key", "worker")
    assert newer.attempt > older.attempt

"""The Temporal server is away for longer than a heartbeat may be late, and the worker goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from adapters.journal.folder import FolderJournal
from tests.crash.conftest import Begin
from tests.crash.outcome import ends_as_if_nothing_happened
from tests.crash.stage import Stage
from tests.waiting import eventually

# Longer than the heartbeat timeout of 5 s, so that the server gives the attempt up when it is back.
AWAY_S = 6.0
LONG_AWAY_S = 21.0

Away = Callable[[Stage], Awaitable[None]]


async def gone_and_back(stage: Stage, away_s: float = AWAY_S) -> None:
    await stage.kill("server")
    await asyncio.sleep(away_s)
    await stage.restore("server")


async def gone_and_given_up(stage: Stage) -> None:
    """The server gave the attempt up, and a second one has begun when this returns."""
    await gone_and_back(stage)

    async def again() -> bool:
        return await stage.attempt() >= 2

    await eventually(again, "a second attempt was begun")


async def deaf_and_back(stage: Stage) -> None:
    """Heartbeats wait at its door meanwhile: whether one of them or the timeout comes first is not known."""
    async with stage.server.stopped():
        await asyncio.sleep(AWAY_S)
    await stage.attempt()


async def test_a_long_model_call_is_joined_by_the_next_attempt_and_paid_once(begin: Begin) -> None:
    async with begin(held_call="build") as stage:
        await eventually(lambda: stage.provider.asked("build") == 1, "the call was under way")
        await gone_and_given_up(stage)
        stage.provider.answer_those_held()
        await ends_as_if_nothing_happened(stage)


async def test_an_answer_that_came_while_the_server_was_gone_outlives_its_worker(begin: Begin) -> None:
    async with begin(held_call="build") as stage:
        await eventually(lambda: stage.provider.asked("build") == 1, "the call was under way")
        await stage.kill("server")
        stage.provider.answer_those_held()
        await eventually(lambda: "build" in answered(stage), "the answer was kept")
        await stage.kill("worker")
        await stage.restore("server", "worker")
        await ends_as_if_nothing_happened(stage)


def answered(stage: Stage) -> set[str]:
    """The phases of which a model's answer lies in the journal."""
    keys = FolderJournal(stage.data).keys("")
    return {key.split("/")[1] for key in keys if key.endswith("/answer")}


@pytest.mark.parametrize("away", [gone_and_given_up, deaf_and_back])
async def test_a_long_tool_is_joined_by_the_next_attempt_and_runs_once(begin: Begin, away: Away) -> None:
    async with begin(hold="second") as stage:
        await eventually(lambda: stage.turnstile.waiting("second"), "the tool was under way")
        await away(stage)
        stage.turnstile.let_through("second")
        await ends_as_if_nothing_happened(stage)
        assert (stage.turnstile.came["first"], stage.turnstile.came["second"]) == (1, 1)


async def test_a_run_goes_on_within_15_s_after_the_server_was_gone_for_more_than_20_s(begin: Begin) -> None:
    """A worker asks ever more rarely for a server that is gone."""
    async with begin(autonomy="assisted") as stage:
        await stage.gate("architect")
        await gone_and_back(stage, LONG_AWAY_S)
        up = time.time()
        await stage.approve("architect")
        await stage.approve("release")
        await ends_as_if_nothing_happened(stage)
        assert await stage.next_start_after(up) < 15

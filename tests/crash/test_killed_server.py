"""kill -9 of the Temporal server under a worker that goes on, and of both at once."""

from __future__ import annotations

import time

from tests.crash.conftest import Begin
from tests.crash.outcome import ends_as_if_nothing_happened
from tests.waiting import eventually


async def test_an_open_gate_is_still_open_when_the_server_is_back(begin: Begin) -> None:
    async with begin(autonomy="assisted") as stage:
        before = await stage.gate("architect")
        await stage.kill("server")
        await stage.restore("server")
        assert (await stage.gate("architect")).request_id == before.request_id
        for name in ("architect", "release"):
            await stage.approve(name)
        result = await ends_as_if_nothing_happened(stage)
        assert [view.name for view in result.decisions] == ["architect", "release"]


async def test_a_push_that_the_server_never_heard_of_is_not_pushed_again(begin: Begin) -> None:
    async with begin(hold="push") as stage:
        await eventually(lambda: stage.turnstile.waiting("push"), "the origin had the branch")
        await stage.kill("server")
        stage.turnstile.let_through("push")
        await stage.restore("server")
        await ends_as_if_nothing_happened(stage)
        assert stage.turnstile.came["push"] == 1


async def test_both_killed_at_once_amid_a_model_call_go_on_within_10_s(begin: Begin) -> None:
    async with begin(held_call="build") as stage:
        await eventually(lambda: stage.provider.asked("build") == 1, "the call was under way")
        await stage.kill("worker", "server")
        await stage.restore("worker", "server")
        up = time.time()
        await eventually(lambda: stage.provider.asked("build") == 2, "the call was made again")
        stage.provider.answer_those_held()
        await ends_as_if_nothing_happened(stage, lost_calls=1)
        assert await stage.next_start_after(up) < 10

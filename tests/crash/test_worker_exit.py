"""SIGTERM ends a worker with exit code 0, whatever it is busy with, and nothing is lost by it."""

from __future__ import annotations

import asyncio

from tests.crash.conftest import Begin
from tests.crash.outcome import ends_as_if_nothing_happened, marked
from tests.waiting import eventually


async def test_a_worker_that_waits_at_a_gate_ends_at_once(begin: Begin) -> None:
    async with begin(autonomy="assisted") as stage:
        await stage.gate("architect")
        assert await stage.worker.stop() == 0
        await stage.worker.start()
        for name in ("architect", "release"):
            await stage.approve(name)
        await ends_as_if_nothing_happened(stage)


async def test_a_tool_is_ended_with_its_worker_and_begun_again_by_the_next(begin: Begin) -> None:
    async with begin(hold="second") as stage:
        await eventually(lambda: stage.turnstile.waiting("second"), "the tool was under way")
        assert await stage.worker.stop() == 0
        assert marked(stage.handle.id) == []
        await stage.worker.start()
        stage.turnstile.let_through("second")
        await ends_as_if_nothing_happened(stage)
        assert stage.turnstile.came["first"] == 1


async def test_a_model_call_is_waited_for_so_that_its_answer_is_not_lost(begin: Begin) -> None:
    async with begin(held_call="build") as stage:
        await eventually(lambda: stage.provider.asked("build") == 1, "the call was under way")
        stopping = asyncio.create_task(stage.worker.stop())
        await eventually(lambda: "shutting down" in stage.worker.said, "the worker was asked to end")
        stage.provider.answer_those_held()
        assert await stopping == 0
        await stage.worker.start()
        await ends_as_if_nothing_happened(stage)

"""An answer that reaches a new worker together with what Temporal had kept for the killed one."""

from __future__ import annotations

import time

from temporalio.api.enums.v1 import EventType

from faber.client import Faber
from faber.connection import connect
from faber.contract.workflows import FaberRun
from faber.settings import Settings
from tests.crash.conftest import Begin
from tests.crash.outcome import has_one_of_everything
from tests.crash.stage import Stage
from tests.crash.test_a_host_that_is_gone import away
from tests.waiting import eventually

# What went on is given up, and the task that would tell the run so is kept for the killed worker for two seconds.
KEPT = (EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)


async def test_it_leaves_a_history_that_any_worker_can_go_on_with(begin: Begin) -> None:
    async with begin(hold="second", **away()) as stage, stage.worker.of_another_host() as other:
        await stage.approve("architect")
        await eventually(lambda: stage.turnstile.waiting("second"), "a tool was under way")
        await stage.kill("worker")
        await other.start()
        await eventually(lambda: tried_again(stage), "the killed worker's activity was to be done again")
        # To be asked makes a worker read a run, and to wait for the killed one takes this question two seconds.
        await stage.handle.query(FaberRun.status)
        faber = Faber(
            await connect(Settings.read(stage.worker.environment)), Settings.read({}), stage.checkout
        )
        await faber.pause(stage.handle.id)
        assert await happened(stage, *KEPT)
        await stage.gate("host")
        await other.kill()
        stage.turnstile.let_through("second")
        await stage.restore("worker")
        await faber.resume(stage.handle.id)
        await stage.approve("release")
        result = await stage.result()
        assert result.status == "completed", result.error
        has_one_of_everything(stage, result)


async def tried_again(stage: Stage) -> bool:
    described = await stage.handle.describe()
    pending = described.raw_description.pending_activities
    return any(
        one.attempt == 2 and one.scheduled_time.ToMicroseconds() / 1e6 < time.time() for one in pending
    )


async def happened(stage: Stage, *kinds: EventType.ValueType) -> bool:
    """Whether the history has these events, in this order."""
    left = list(kinds)
    async for event in stage.handle.fetch_history_events():
        if left and event.event_type == left[0]:
            left.pop(0)
    return not left

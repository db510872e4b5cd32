"""An answer that reaches a new worker together with what Temporal had kept for the killed one."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType

from tests.crash.conftest import Begin
from tests.crash.outcome import ends_as_if_nothing_happened
from tests.crash.stage import Stage
from tests.waiting import eventually

SOON_H = 8 / 3600
TIMER = EventType.EVENT_TYPE_TIMER_STARTED
FIRED = EventType.EVENT_TYPE_TIMER_FIRED
# Temporal keeps a task for the worker that has the run in its memory, for a while.
GIVEN_UP = EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT


async def test_an_answer_that_comes_with_a_reminder_leaves_a_history_that_any_worker_can_go_on_with(
    begin: Begin,
) -> None:
    async with begin(autonomy="assisted", gates={"remind_after_h": SOON_H}) as stage:
        await stage.gate("architect")
        await eventually(lambda: happened(stage, TIMER), "the gate waits for its reminder")
        await stage.kill("worker")
        await stage.restore("worker")
        # Whoever asks has the new worker read the run, and Temporal still keeps the run's tasks for the killed one.
        gate = await stage.gate("architect")
        await eventually(lambda: happened(stage, TIMER, FIRED), "the reminder came")
        await stage.answer(gate, "approve")
        assert await happened(stage, TIMER, FIRED, GIVEN_UP)
        await stage.gate("release")
        await stage.kill("worker")
        await stage.restore("worker")
        await stage.approve("release")
        await ends_as_if_nothing_happened(stage)


async def happened(stage: Stage, *kinds: EventType.ValueType) -> bool:
    """Whether the history has these events, in this order."""
    left = list(kinds)
    async for event in stage.handle.fetch_history_events():
        if left and event.event_type == left[0]:
            left.pop(0)
    return not left

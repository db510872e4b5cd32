"""What a step costs: an activity asked FABER's way, a step in workflow code, a local activity."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from pydantic import BaseModel
from temporalio.client import Client, WorkflowHandle

from tests.bench import own, raw
from tests.bench.house import House
from tests.bench.measuring import Line, in_turns, ms
from tests.bench.processes import serving

STEPS = 20
PURE = 200


async def step_lines(house: House, pairs: int) -> list[Line]:
    async with serving(house.environment_of("steps"), "-m", "tests.bench.serving", "steps"):
        return [*await _activities(house, pairs), *await _in_workflow_code(house, pairs)]


def run_of(
    client: Client, workflow: str, queue: str, steps: BaseModel
) -> Callable[[], Coroutine[Any, Any, WorkflowHandle[Any, Any]]]:
    async def run() -> WorkflowHandle[Any, Any]:
        handle = await client.start_workflow(
            workflow, steps, id=f"bench-{uuid.uuid4().hex}", task_queue=queue
        )
        await handle.result()
        return handle

    return run


async def _activities(house: House, pairs: int) -> list[Line]:
    asked = run_of(house.own, "OwnSteps", own.QUEUE, raw.Steps(remote=STEPS, queue=own.ACTIVITY_QUEUE))
    same = run_of(house.raw, "RawSteps", raw.QUEUE, raw.Steps(remote=STEPS))
    eager = run_of(house.raw, "RawSteps", raw.QUEUE, raw.Steps(remote=STEPS, queue=raw.QUEUE))
    taken = await in_turns(pairs, lambda: between(asked), lambda: between(same))
    one_queue = await in_turns(max(2, pairs // 3), lambda: between(asked), lambda: between(eager))
    return [
        Line(
            "sequential step (activity)",
            ms(taken.own),
            taken.ratio,
            "<= 1.10x",
            taken.ratio <= 1.10,
            f"raw {ms(taken.raw)}; from one activity scheduled to the next, {STEPS} in a row; both sides with a"
            " task queue for activities apart from the workflow's",
        ),
        Line(
            "  the same beside a raw one on one queue",
            ms(one_queue.own),
            one_queue.ratio,
            note=f"raw {ms(one_queue.raw)}: there the server hands activities over with the workflow task",
        ),
    ]


async def between(
    run: Callable[[], Coroutine[Any, Any, WorkflowHandle[Any, Any]]], activity: str | None = None
) -> list[float]:
    """Seconds from each activity's scheduling to the next one's, by the server's clock; of one name, or of all."""
    handle = await run()
    at = [
        event.event_time.ToMicroseconds() / 1e6
        async for event in handle.fetch_history_events()
        if event.HasField("activity_task_scheduled_event_attributes")
        and activity in (None, event.activity_task_scheduled_event_attributes.activity_type.name)
    ]
    return [later - earlier for earlier, later in itertools.pairwise(at)]


async def _in_workflow_code(house: House, pairs: int) -> list[Line]:
    bare, pure = (run_of(house.own, "OwnSteps", own.QUEUE, raw.Steps(pure=count)) for count in (0, PURE))
    taken = await in_turns(pairs, lambda: duration(pure), lambda: duration(bare))
    each = [(with_ - without) / PURE for with_, without in zip(taken.own, taken.raw, strict=True)]
    local, raw_local = (
        run_of(house.own, "OwnSteps", own.QUEUE, raw.Steps(local=STEPS)),
        run_of(house.raw, "RawSteps", raw.QUEUE, raw.Steps(local=STEPS)),
    )
    steps = await in_turns(pairs, lambda: duration(local, STEPS), lambda: duration(raw_local, STEPS))
    return [
        Line(
            "pure step (workflow code)",
            ms(each),
            None,
            "<= 3 ms",
            sorted(each)[len(each) // 2] <= 3e-3,
            "reserve and settle a call, ask and answer a gate; what each adds to a workflow that does "
            f"{PURE} of them",
        ),
        Line("pure step (local activity)", ms(steps.own), steps.ratio, note=f"raw {ms(steps.raw)}"),
    ]


async def duration(
    run: Callable[[], Coroutine[Any, Any, WorkflowHandle[Any, Any]]], parts: int = 1
) -> list[float]:
    """Seconds from start to end, by the server's clock."""
    described = await (await run()).describe()
    assert described.close_time is not None
    return [(described.close_time - described.start_time).total_seconds() / parts]

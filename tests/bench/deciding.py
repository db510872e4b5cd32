"""What an answer costs while a thousand other runs wait: until the next activity starts, and what asking costs."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from typing import Any

from temporalio.client import WorkflowHandle

from faber.contract.delivery import BudgetRaise, Decision
from faber.contract.workflows import FaberRun
from tests.bench import raw
from tests.bench.house import House
from tests.bench.measuring import Line, Pairs, in_turns, ms, p95
from tests.bench.parking import Gated, Parked
from tests.waiting import eventually

Started = dict[str, float]


async def decision_lines(house: House, parked: Parked) -> list[Line]:
    gates, waits = iter(parked.real), iter(parked.raw)
    built: list[float] = []
    taken = await in_turns(
        len(parked.real) - 1, lambda: _decided(next(gates), built), lambda: _told(next(waits))
    )
    slow = p95(taken.own)
    return [
        Line(
            "decision to the next activity started",
            ms(taken.own),
            taken.ratio,
            "p95 <= 250 ms",
            slow <= 0.25,
            f"raw {ms(taken.raw)}; {len(parked.carried)} other runs parked; the decided run is no longer in the"
            " worker's memory, the raw one is",
        ),
        Line("  decision to the build's first call started", ms(built)),
        *await _asking(house, parked),
    ]


async def _decided(gated: Gated, built: list[float]) -> list[float]:
    decision = Decision(decision="approve", request_id=gated.request_id, actor="bench")
    began = time.time()
    await gated.handle.execute_update(FaberRun.decide, decision)
    started = await _started(gated.handle, began, "build")
    built.append(started["build"])
    # The run opens its repair now: the next sample waits for that.
    await eventually(lambda: _waits_again(gated.handle), "the run is parked again")
    return [min(started.values())]


async def _waits_again(handle: WorkflowHandle[Any, Any]) -> bool:
    status = await handle.query(FaberRun.status)
    return bool(status.waiting_on)


async def _told(handle: WorkflowHandle[Any, Any]) -> list[float]:
    began = time.time()
    await handle.execute_update(raw.RawWait.go, raw.Word())
    return [(await _started(handle, began, "step"))["step"]]


async def _started(handle: WorkflowHandle[Any, Any], began: float, last: str) -> Started:
    """Seconds until each activity started that was scheduled since, by name; waits until `last` has ended.

    An activity's start is written into the history together with its end."""
    found: Started = {}

    async def is_there() -> bool:
        await asyncio.sleep(0.1)
        names: dict[int, str] = {}
        async for event in handle.fetch_history_events():
            at = event.event_time.ToMicroseconds() / 1e6
            if event.HasField("activity_task_scheduled_event_attributes") and at >= began:
                names[event.event_id] = event.activity_task_scheduled_event_attributes.activity_type.name
            scheduled = event.activity_task_started_event_attributes.scheduled_event_id
            if scheduled in names:
                found.setdefault(names[scheduled], at - began)
        return last in found

    await eventually(is_there, f"{handle.id} starts {last}")
    return found


async def _asking(house: House, parked: Parked) -> list[Line]:
    run, wait = parked.real[0].handle, parked.raw[-1]
    limits: Iterator[int] = itertools.count(100)

    async def queried() -> list[float]:
        return await _timed(10, lambda: run.query(FaberRun.status))

    async def asked() -> list[float]:
        return await _timed(10, lambda: wait.query(raw.RawWait.where))

    async def raised() -> list[float]:
        return await _timed(
            10, lambda: run.execute_update(FaberRun.raise_budget, BudgetRaise(limit_usd=next(limits)))
        )

    async def noted() -> list[float]:
        return await _timed(10, lambda: wait.execute_update(raw.RawWait.noted, raw.Word()))

    queries: Pairs = await in_turns(10, queried, asked)
    updates: Pairs = await in_turns(10, raised, noted)
    return [
        Line(
            "query `status`, round trip",
            ms(queries.own),
            queries.ratio,
            note=f"raw {ms(queries.raw)}, an empty query of an empty workflow",
        ),
        Line(
            "update `raise_budget`, round trip",
            ms(updates.own),
            updates.ratio,
            note=f"raw {ms(updates.raw)}: an accepted update is written to the history twice by the server",
        ),
    ]


async def _timed(times: int, ask: Any) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - began)
    return taken

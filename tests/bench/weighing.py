"""What a worker needs: memory for each run that it keeps, and time until it is ready."""

from __future__ import annotations

import statistics
from functools import partial
from typing import Any

from temporalio.client import WorkflowHandle

from faber.contract.workflows import FaberRun
from tests.bench import raw
from tests.bench.house import House, at_once
from tests.bench.measuring import Line, Pairs, in_turns, ms
from tests.bench.parking import Parked
from tests.bench.processes import Serving, serving
from tests.waiting import eventually

# Started, its first task, and six for each activity: scheduled, started and completed, and so the task that follows.
BARE_EVENTS, EVENTS_OF_AN_ACTIVITY = 4, 6
TRIVIAL = ("-m", "tests.bench.serving", "trivial")
Handle = WorkflowHandle[Any, Any]


async def ready_lines(house: House, parked: Parked, pairs: int) -> list[Line]:
    """With everything that the parked runs left on this host for a starting worker to look through."""
    taken: Pairs = await in_turns(
        pairs, lambda: _ready(house.environment, "worker.py"), lambda: _ready(house.environment, *TRIVIAL)
    )
    median = statistics.median(taken.own)
    return [
        Line(
            "worker ready",
            ms(taken.own),
            taken.ratio,
            "<= 3 s",
            median <= 3.0,
            f"raw {ms(taken.raw)}; from the start of the process; {len(parked.carried)} runs are parked on this"
            " worker's disk",
        )
    ]


async def _ready(house_environment: dict[str, str], *argv: str) -> list[float]:
    async with serving(house_environment, *argv) as served:
        return [served.ready_s]


async def memory_lines(house: House, parked: Parked, warm: int, count: int) -> list[Line]:
    """The workers are new and are only asked: nothing but the runs that they then keep makes them grow. The first
    ones fill what was free since the start."""
    alike, events, size = await _alike(house, parked.carried[0], warm + count)
    async with serving(house.environment, "worker.py") as own:
        own_each = await _growth(own, parked.carried, FaberRun.status, warm, count)
    walked = [gated.handle for gated in parked.real]
    async with serving(house.environment, "worker.py") as own:
        few = len(walked) // 3
        walked_each = await _growth(own, walked, FaberRun.status, few, len(walked) - few)
    async with serving(house.environment, *TRIVIAL) as plain:
        raw_each = await _growth(plain, parked.raw, raw.RawWait.where, warm, count)
    async with serving(house.environment, *TRIVIAL) as plain:
        alike_each = await _growth(plain, alike, raw.RawWait.where, warm, count)
    ratio = own_each / raw_each
    return [
        Line(
            "worker memory per cached run",
            f"{own_each / 1024:.0f} KiB",
            ratio,
            "<= 1.5x",
            ratio <= 1.5,
            f"raw {raw_each / 1024:.0f} KiB; growth of the process over {count} runs continued at a gate, and over "
            f"{count} workflows that wait for an update",
        ),
        Line(
            "  the same beside raw ones with such a history",
            f"{own_each / 1024:.0f} KiB",
            own_each / alike_each,
            note=f"raw {alike_each / 1024:.0f} KiB; activities before they wait make {events} events of "
            f"{size / 1024:.0f} KiB, as many as such a run has; what Temporal keeps of them is in both",
        ),
        Line(
            "  of runs that came all the way, after a restart",
            f"{walked_each / 1024:.0f} KiB",
            walked_each / raw_each,
            note="their whole history was read again, and until the run's next task Temporal keeps all of its events",
        ),
    ]


async def _alike(house: House, run: Handle, count: int) -> tuple[list[Handle], int, int]:
    """Raw workflows that wait behind as long a history as the run's; its events and bytes."""
    sizes = [event.ByteSize() async for event in run.fetch_history_events()]
    activities = max(1, round((len(sizes) - BARE_EVENTS) / EVENTS_OF_AN_ACTIVITY))
    # Each text is in the history twice, as it is given and as it comes back.
    steps = raw.Steps(remote=activities, characters=sum(sizes) // (2 * activities))
    handles: list[Handle] = []

    async def parks(number: int) -> None:
        handle = await house.raw.start_workflow(
            raw.RawWait.run, steps, id=f"bench-alike-{number}", task_queue=raw.QUEUE
        )

        async def waits() -> bool:
            return bool((await handle.query(raw.RawWait.where)).text)

        await eventually(waits, f"{handle.id} waits")
        handles.append(handle)

    async with serving(house.environment, *TRIVIAL):
        await at_once(partial(parks, number) for number in range(count))
    return handles, len(sizes), sum(sizes)


async def _growth(served: Serving, handles: list[Handle], query: Any, warm: int, count: int) -> float:
    """Bytes for each run; the first ones pay for what is made once."""
    await at_once(partial(handle.query, query) for handle in handles[:warm])
    before = await served.settled_rss()
    await at_once(partial(handle.query, query) for handle in handles[warm : warm + count])
    return (await served.settled_rss() - before) / count

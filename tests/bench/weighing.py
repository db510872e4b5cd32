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

WARM = 20
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


async def memory_lines(house: House, parked: Parked, count: int) -> list[Line]:
    """Both workers are new and are only asked: nothing but the runs that they then keep makes them grow."""
    async with serving(house.environment, "worker.py") as own:
        own_each = await _growth(own, parked.carried, FaberRun.status, count)
    async with serving(house.environment, *TRIVIAL) as plain:
        raw_each = await _growth(plain, parked.raw, raw.RawWait.where, count)
    ratio = own_each / raw_each
    return [
        Line(
            "worker memory per cached run",
            f"{own_each / 1024:.0f} KiB",
            ratio,
            "<= 1.5x",
            ratio <= 1.5,
            f"raw {raw_each / 1024:.0f} KiB; growth of the process over {count} runs at a gate, and over {count} "
            "workflows that wait for an update",
        )
    ]


async def _growth(served: Serving, handles: list[Handle], query: Any, count: int) -> float:
    """Bytes for each run; the first ones pay for what is made once."""
    await at_once(partial(handle.query, query) for handle in handles[:WARM])
    before = await served.settled_rss()
    await at_once(partial(handle.query, query) for handle in handles[WARM : WARM + count])
    return (await served.settled_rss() - before) / count

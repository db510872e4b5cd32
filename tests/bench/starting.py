"""How many runs a second the product's door starts, beside bare starts of a workflow."""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from faber.client import Faber
from faber.contract.delivery import RunInput
from faber.settings import Settings
from tests.bench import raw
from tests.bench.house import AT_ONCE, House, at_once
from tests.bench.measuring import Line, in_turns
from tests.bench.processes import serving
from tests.delivery.places import make_repository
from tests.waiting import eventually


async def start_lines(house: House, pairs: int, each: int) -> list[Line]:
    folder = house.folder / "starts"
    folder.mkdir()
    repository = make_repository(folder, "scripted:none", origin=False)
    faber = Faber(house.own, Settings.read(house.environment), repository)
    numbers = itertools.count()

    async def by_the_door() -> Any:
        return await faber.start(RunInput(work_id=f"w{next(numbers)}"))

    async def bare() -> Any:
        return await house.raw.start_workflow(
            "RawSteps", raw.Steps(), id=f"bench-start-{next(numbers)}", task_queue=raw.QUEUE
        )

    async with serving(house.environment_of("starts"), "-m", "tests.bench.serving", "starts"):
        taken = await in_turns(
            pairs, lambda: _rate(house, each, by_the_door), lambda: _rate(house, each, bare)
        )
    own, plain = (sorted(rates)[len(rates) // 2] for rates in (taken.own, taken.raw))
    return [
        Line(
            "starts per second",
            f"{own:.0f}",
            taken.ratio,
            ">= 0.8x",
            taken.ratio >= 0.8,
            f"raw {plain:.0f}; {AT_ONCE} at once; a worker takes every run up and ends it; FABER's own with all that"
            " `Faber.start` does",
        )
    ]


async def _rate(house: House, count: int, start: Callable[[], Awaitable[Any]]) -> list[float]:
    """Starts per second until every one of them was answered. The next sample waits for the runs' ends."""
    began = time.perf_counter()
    await at_once(partial(start) for _ in range(count))
    took = time.perf_counter() - began
    await eventually(lambda: _all_ended(house), "all runs that were started end")
    return [count / took]


async def _all_ended(house: House) -> bool:
    return (await house.own.count_workflows('ExecutionStatus = "Running"')).count == 0

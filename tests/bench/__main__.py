"""`make bench`: what FABER costs beside bare Temporal on the same server, as ratios of one run."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable

from tests.bench.deciding import decision_lines
from tests.bench.defining import definition_lines
from tests.bench.doors import door_lines
from tests.bench.house import House, housed, say
from tests.bench.listing import list_lines
from tests.bench.measuring import Line
from tests.bench.parking import parked
from tests.bench.processes import serving
from tests.bench.starting import start_lines
from tests.bench.stepping import step_lines
from tests.bench.weighing import memory_lines, ready_lines


async def _shown(what: str, lines: Awaitable[list[Line]]) -> list[Line]:
    say(f"measuring {what} ...")
    measured = await lines
    for line in measured:
        print(line, flush=True)
    return measured


async def _with_parked_runs(house: House, quick: bool) -> list[Line]:
    real, carried = (6, 60) if quick else (40, 1000)
    say(f"parking {real + carried} runs ...")
    async with serving(house.environment, "worker.py"):
        runs = await parked(house, real, carried)
    # A new worker each: the runs that are decided are not in its memory, as after any restart.
    async with serving(house.environment, "worker.py"), serving(house.environment, "-m", *TRIVIAL):
        lines = await _shown("decisions", decision_lines(house, runs))
    lines += await _shown("memory", memory_lines(house, runs, *((20, 30) if quick else (80, 100))))
    lines += await _shown("readiness", ready_lines(house, runs, 3 if quick else 5))
    return lines + await _shown("doors", door_lines(house, runs, 3 if quick else 7))


TRIVIAL = ("tests.bench.serving", "trivial")


async def main(quick: bool) -> None:
    async with housed() as house:
        lines = await _shown("starts", start_lines(house, 3 if quick else 7, 30 if quick else 100))
        lines += await _shown("steps", step_lines(house, 3 if quick else 9))
        lines += await _shown("definitions", definition_lines(house, 3 if quick else 9, 2 if quick else 10))
        lines += await _shown("lists", list_lines(house))
        lines += await _with_parked_runs(house, quick)
    missed = [line.what.strip() for line in lines if line.ok is False]
    print(f"missed: {'; '.join(missed)}" if missed else "every target was met")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer samples and 60 parked runs instead of 1,000"
    )
    asyncio.run(main(parser.parse_args().quick))
    sys.stdout.flush()
    os._exit(0)

"""What a person waits for at the command line: the help, and the list of runs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.bench.house import House
from tests.bench.measuring import Line, in_turns, ms
from tests.bench.parking import Parked
from tests.bench.processes import serving

CLI = ("-m", "faber.api")


async def door_lines(house: House, parked: Parked, pairs: int) -> list[Line]:
    folder, environment = parked.repository, house.environment
    helped = await in_turns(
        pairs,
        lambda: _took(folder, environment, *CLI, "--help"),
        lambda: _took(folder, environment, "-c", "pass"),
    )
    async with serving(house.environment, "worker.py"):
        listed = await in_turns(
            pairs,
            lambda: _took(folder, environment, *CLI, "workflow", "list"),
            lambda: _took(folder, environment, "-c", "pass"),
        )
    help_s, list_s = (sorted(taken.own)[len(taken.own) // 2] for taken in (helped, listed))
    bare = "beside an interpreter that does nothing"
    return [
        Line(
            "--help", ms(helped.own), helped.ratio, "<= 150 ms", help_s <= 0.15, f"{bare}, {ms(helped.raw)}"
        ),
        Line(
            "workflow list",
            ms(listed.own),
            listed.ratio,
            "<= 1 s",
            list_s <= 1.0,
            f"{bare}, {ms(listed.raw)}; {len(parked.carried)} runs are open",
        ),
    ]


async def _took(folder: Path, environment: Mapping[str, str], *argv: str) -> list[float]:
    """Seconds of one whole process. Raises RuntimeError when it fails."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *argv),
        cwd=folder,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {process.returncode}: {said.decode()}")
    return [time.perf_counter() - began]

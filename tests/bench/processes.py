"""Processes of a bench: started, waited for until they say that they are ready, weighed, ended."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.serving import READY

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120.0
ENDS_WITHIN_S = 60.0
STILL_S = 1.0


@dataclass(frozen=True)
class Serving:
    """`ready_s` is the time from the start of the process until it polled."""

    pid: int
    ready_s: float

    async def settled_rss(self) -> int:
        """Bytes, once the process has come to rest."""
        process = psutil.Process(self.pid)
        before = process.cpu_times()
        while True:
            await asyncio.sleep(STILL_S)
            after = process.cpu_times()
            if after.user + after.system - before.user - before.system < 0.1 * STILL_S:
                return int(process.memory_info().rss)
            before = after


@contextlib.asynccontextmanager
async def serving(environment: Mapping[str, str], *argv: str, ready: str = READY) -> AsyncIterator[Serving]:
    """A process until it says `ready`: `worker.py`, `-m tests.bench.serving ...`. Raises RuntimeError with its last
    words."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *argv), cwd=ROOT, env=dict(environment), stderr=asyncio.subprocess.PIPE
    )
    said: deque[str] = deque(maxlen=20)
    try:
        await asyncio.wait_for(_until_ready(process, said, ready), READY_WITHIN_S)
        ready_s = time.perf_counter() - began
        reading = asyncio.create_task(_read(process, said))
        yield Serving(process.pid, ready_s)
        if process.returncode is not None:
            raise RuntimeError(f"{' '.join(argv)} ended by itself:\n{''.join(said)}")
        process.terminate()
        await asyncio.wait_for(process.wait(), ENDS_WITHIN_S)
        await reading
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, said: deque[str], ready: str) -> None:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        said.append(line.decode(errors="replace"))
        if ready in said[-1]:
            return
    raise RuntimeError(f"it was never ready:\n{''.join(said)}")


async def _read(process: asyncio.subprocess.Process, said: deque[str]) -> None:
    """A full pipe would stop the worker."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        said.append(line.decode(errors="replace"))


async def seconds_of(environment: Mapping[str, str], cwd: Path, *argv: str) -> float:
    """Seconds that a command takes; raises RuntimeError when it fails."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *argv),
        cwd=cwd,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    took = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}\n{errors.decode(errors='replace')}")
    return took

"""`make dev` keeps a worker going: what was killed begins again, what is wrong at its start does not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
STANDS_IN = "import os, signal, sys, time; print(os.getpid(), flush=True); time.sleep(float(sys.argv[1])); sys.exit(3)"


class Dev:
    """The program, with a process in the worker's place that says its pid and ends with 3 after `lives_s`."""

    def __init__(self, folder: Path, lives_s: float) -> None:
        self.out, self.err, self.lives_s = folder / "out", folder / "err", lives_s

    async def __aenter__(self) -> Dev:
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "scripts/dev.py", sys.executable, "-c", STANDS_IN, str(self.lives_s)),
                cwd=ROOT,
                stdout=out,
                stderr=err,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        for pid in self.pids():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    def pids(self) -> list[int]:
        return [int(line) for line in self.out.read_text().splitlines()]

    async def begun(self, times: int) -> int:
        await eventually(lambda: len(self.pids()) >= times, f"the worker begins for time {times}")
        return self.pids()[-1]

    async def said(self, words: str) -> None:
        await eventually(lambda: words in self.err.read_text(), f"{words!r} is said")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_worker_begins_again_and_a_signal_ends_both(tmp_path: Path) -> None:
    async with Dev(tmp_path, 600) as dev:
        os.kill(await dev.begun(1), signal.SIGKILL)
        await dev.said("the worker was ended by SIGKILL; it begins again in")
        second = await dev.begun(2)
        dev.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(dev.process.wait(), 20) == 0
        assert not alive(second)


async def test_a_worker_that_ends_at_its_start_is_not_begun_again_and_again(tmp_path: Path) -> None:
    async with Dev(tmp_path, 0) as dev:
        await dev.begun(1)
        await dev.said("the worker ended with 3; it begins again when the code changes")
        assert len(dev.pids()) == 1


async def test_a_change_of_the_code_begins_it_anew(tmp_path: Path) -> None:
    async with Dev(tmp_path, 0) as dev:
        await dev.said("when the code changes")

        def is_begun_anew() -> bool:
            os.utime(ROOT / "domain/__init__.py")
            return len(dev.pids()) > 1

        await eventually(is_begun_anew, "the worker begins anew")

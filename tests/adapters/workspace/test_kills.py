"""A worker that is killed at any point, with or without its git, leaves what the next one can go on from."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.adapters.workspace.sites import Site
from tests.waiting import eventually

KILLS = 12
TOP = Path(__file__).parents[3]


async def begin(site: Site, data: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.adapters.workspace.one_life", str(site.root), str(site.root / data)),
        cwd=TOP,
        env=dict(site.environment) | {"PYTHONPATH": f"{TOP}{os.pathsep}{TOP / 'client'}"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout and await process.stdout.readline() == b"begun\n"
    return process


async def finish(process: asyncio.subprocess.Process) -> dict[str, Any]:
    stdout, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0
    outcome: dict[str, Any] = json.loads(stdout)
    return outcome


@pytest.mark.parametrize("git_dies_too", [False, True])
async def test_a_life_interrupted_many_times_ends_like_an_undisturbed_one(
    site: Site, git_dies_too: bool
) -> None:
    started = time.monotonic()
    expected = await finish(await begin(site, "undisturbed"))
    seconds, killed = time.monotonic() - started, 0
    chance = random.Random(7)
    for _ in range(KILLS):
        process = await begin(site, "disturbed")
        try:
            await asyncio.wait_for(process.wait(), chance.uniform(0, seconds))
        except TimeoutError:
            kill(process.pid, git_dies_too)
            await process.wait()
            killed += 1
    assert killed >= KILLS // 2
    assert await finish(await begin(site, "disturbed")) == expected
    assert expected["pushed"] == expected["head"] and expected["runs"] == []
    assert not list((site.root / "disturbed" / "trash").iterdir())


def kill(pid: int, git_dies_too: bool) -> None:
    # It may come to its own end at this very moment, and so may each git.
    with contextlib.suppress(psutil.NoSuchProcess):
        worker = psutil.Process(pid)
        children = worker.children(recursive=True) if git_dies_too else []
        worker.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


HOLDER = """
import asyncio, os, sys
from pathlib import Path
from adapters.workspace.git import Git
from adapters.workspace.locks import Locks

async def main():
    root = Path(sys.argv[1])
    async with Locks().hold(root / "run.lock"):
        await Git(root, os.environ).run("x", network=sys.argv[2] == "network")

asyncio.run(main())
"""


@pytest.mark.parametrize(("reach", "free"), [("local", False), ("network", True)])
async def test_a_local_git_that_outlives_its_worker_keeps_the_next_one_waiting(
    tmp_path: Path, reach: str, free: bool
) -> None:
    fake, note = tmp_path / "bin" / "git", tmp_path / "pid"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho $$ > '{note}.new'; mv '{note}.new' '{note}'; exec sleep 600\n")
    fake.chmod(0o755)
    worker = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), reach],
        env={
            "PATH": f"{fake.parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{TOP}{os.pathsep}{TOP / 'client'}",
        },
    )
    await eventually(note.exists, "git runs")
    orphan = int(note.read_text())
    try:
        worker.kill()
        worker.wait()
        assert locked(tmp_path / "run.lock") is not free
    finally:
        os.kill(orphan, signal.SIGKILL)
    await eventually(lambda: not locked(tmp_path / "run.lock"), "the lock was free again")


def locked(path: Path) -> bool:
    """Whether another process than this one holds it."""
    attempt = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    ran = subprocess.run([sys.executable, "-c", attempt, str(path)], check=False, stderr=subprocess.PIPE)
    assert ran.returncode == 0 or b"BlockingIOError" in ran.stderr
    return ran.returncode != 0

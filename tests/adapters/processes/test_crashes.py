"""What is left when a worker or a supervisor is killed, and who ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from adapters.processes.supervised import SupervisedProcesses
from tests.adapters.processes.conftest import DAEMON, Make, alive, daemon_pid
from tests.waiting import eventually, wait_until

ROOT = Path(__file__).parents[3]
WORKER = """
import asyncio, os, sys
from pathlib import Path
from adapters.processes import Command
from adapters.processes.supervised import SupervisedProcesses

data, cwd, code, lease = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
command = Command((sys.executable, "-I", "-S", "-c", code), cwd, dict(os.environ), "run-1", lease)
asyncio.run(SupervisedProcesses(data, "worker-0").run(command))
"""
SLEEP = "import time; time.sleep(600)"


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def supervisor_of(pid: int) -> psutil.Process:
    return next(child for child in below(pid) if "supervisor.py" in " ".join(child.cmdline()))


@pytest.fixture
def worker(tmp_path: Path, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process of its own with a daemon under it, up and running."""
    code = DAEMON + SLEEP
    argv = [sys.executable, "-c", WORKER, str(tmp_path / "data"), str(cwd), code, "lease-0"]
    with subprocess.Popen(
        argv, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}"}
    ) as process:
        wait_until((cwd / "daemon.pid").exists, "the worker's daemon was up")
        yield process
        process.kill()


def test_a_worker_killed_by_force_takes_every_descendant_along(
    worker: subprocess.Popen[bytes], cwd: Path
) -> None:
    family = [process.pid for process in below(worker.pid)] + [daemon_pid(cwd)]
    worker.kill()
    wait_until(lambda: not any(map(alive, family)), "the worker's whole tree was gone")


def test_a_signal_to_the_workers_group_leaves_the_command_to_the_worker(
    worker: subprocess.Popen[bytes], cwd: Path
) -> None:
    supervisor = supervisor_of(worker.pid)
    assert os.getsid(supervisor.pid) == supervisor.pid
    supervisor.send_signal(signal.SIGINT)
    with pytest.raises(psutil.TimeoutExpired):
        supervisor.wait(0.5)
    assert alive(daemon_pid(cwd))


async def test_a_newer_attempt_ends_the_processes_of_an_older_one_in_another_worker(
    worker: subprocess.Popen[bytes], processes: SupervisedProcesses, cwd: Path
) -> None:
    assert await processes.end(lease="lease-of-somebody-else") == ()
    assert alive(daemon_pid(cwd))
    ended = await processes.end(lease="lease-0")
    assert daemon_pid(cwd) in ended and not any(map(alive, ended))


async def test_a_sweep_leaves_a_live_workers_open_run_alone(
    worker: subprocess.Popen[bytes], processes: SupervisedProcesses, cwd: Path
) -> None:
    assert await processes.sweep(lambda run_id: False) == ()
    assert alive(daemon_pid(cwd))
    assert daemon_pid(cwd) in await processes.sweep(lambda run_id: run_id == "run-1")


async def test_a_sweep_ends_what_a_dead_worker_and_a_dead_supervisor_left(
    worker: subprocess.Popen[bytes], processes: SupervisedProcesses, cwd: Path, tmp_path: Path
) -> None:
    supervisor = supervisor_of(worker.pid)
    command = supervisor.children()[0]
    worker.send_signal(signal.SIGSTOP)
    supervisor.kill()
    worker.kill()
    worker.wait()
    await eventually(lambda: not alive(command.pid), "the command died with its supervisor")
    assert alive(daemon_pid(cwd))
    assert await processes.sweep(lambda run_id: False) == (daemon_pid(cwd),)
    assert not alive(daemon_pid(cwd))
    assert list((tmp_path / "data/processes").iterdir()) == []


async def test_another_installation_with_the_same_run_id_is_left_alone(
    worker: subprocess.Popen[bytes], cwd: Path, tmp_path: Path
) -> None:
    stranger = SupervisedProcesses(tmp_path / "other-data", "worker-2")
    assert await stranger.end(run_id="run-1") == ()
    assert await stranger.sweep(lambda run_id: True) == ()
    assert alive(daemon_pid(cwd))


async def test_a_killed_supervisor_is_noticed_and_its_strays_are_ended(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    task = asyncio.create_task(processes.run(python(DAEMON + SLEEP)))
    await eventually((cwd / "daemon.pid").exists, "the daemon was up")
    supervisor_of(os.getpid()).kill()
    done = await task
    assert done.exit_code is None and daemon_pid(cwd) in done.ended
    assert not alive(daemon_pid(cwd))


async def test_ending_a_run_of_this_worker_is_seen_by_who_awaits_it(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    task = asyncio.create_task(processes.run(python(DAEMON + SLEEP)))
    await eventually((cwd / "daemon.pid").exists, "the daemon was up")
    assert daemon_pid(cwd) in await processes.end(run_id="run-1")
    assert (await task).exit_code is None and not (await task).timed_out


async def test_ending_without_a_lease_or_a_run_is_refused(processes: SupervisedProcesses) -> None:
    with pytest.raises(ValueError, match="would end everything"):
        await processes.end()

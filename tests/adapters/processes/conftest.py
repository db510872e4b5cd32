"""A real SupervisedProcesses on a folder of its own, and small Python programs to run under it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from adapters.processes import Command
from adapters.processes.supervised import SupervisedProcesses

Make = Callable[..., Command]

# A daemon the classic way: forked twice, in a session of its own, deaf to polite signals. It notes its pid.
DAEMON = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with open("daemon.new", "w") as note:
            note.write(str(os.getpid()))
        os.rename("daemon.new", "daemon.pid")
        time.sleep(600)
    os._exit(0)
os.wait()
while not os.path.exists("daemon.pid"):
    pass
"""


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def daemon_pid(cwd: Path) -> int:
    return int((cwd / "daemon.pid").read_text())


@pytest.fixture
def processes(tmp_path: Path) -> SupervisedProcesses:
    return SupervisedProcesses(tmp_path / "data", "worker-1")


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def python(cwd: Path) -> Make:
    """`python(code, ...)`: that code as a command; the rest are fields of Command."""

    def make(code: str, **fields: object) -> Command:
        values: dict[str, object] = {
            "run_id": "run-1",
            "lease": "lease-1",
            "env": {"PATH": os.environ["PATH"]},
        }
        return Command(argv=(sys.executable, "-I", "-S", "-c", code), cwd=cwd, **(values | fields))  # type: ignore[arg-type]

    return make

"""A program that takes long: progress, its last words, and an end in time for all that it started."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from adapters.engine.long_command import run_long
from faber.errors import EngineUnavailable
from tests.waiting import wait_until

SHELL = {"PATH": "/bin:/usr/bin"}


def test_a_failing_program_is_reported_by_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"^disk full$"):
        run("echo one; echo disk full >&2; exit 3", tmp_path)


def test_a_silent_failure_is_reported_by_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="ended with exit code 3"):
        run("exit 3", tmp_path)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no-such-program cannot be started"):
        run_long(
            ["no-such-program"],
            label="",
            environment=SHELL,
            cwd=tmp_path,
            timeout_s=60,
            say=lambda line: None,
        )


def test_a_program_over_its_time_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(EngineUnavailable, match="gave up after 1 s"):
        run("sleep 600 & echo $! > child; wait", tmp_path, timeout_s=1, said=said)
    assert said == ["building (1 s)"]
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not alive(child), "the program's own child has ended")


def run(script: str, cwd: Path, timeout_s: float = 60, said: list[str] | None = None) -> None:
    say = (lambda line: None) if said is None else said.append
    run_long(
        ["/bin/sh", "-c", script], label="building", environment=SHELL, cwd=cwd, timeout_s=timeout_s, say=say
    )


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

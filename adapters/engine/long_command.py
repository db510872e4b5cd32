"""Runs one program that may take minutes, with a line of progress every few seconds and an end in time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.engine import Say
from faber.errors import EngineUnavailable

PROGRESS_EVERY_S = 5.0


def run_long(
    argv: Sequence[str], *, label: str, environment: Mapping[str, str], cwd: Path, timeout_s: float, say: Say
) -> None:
    """Raises EngineUnavailable with the program's last words when it fails or takes over `timeout_s`."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        try:
            # Its own group, so that the compilers and servers it starts end with it.
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as problem:
            raise EngineUnavailable(f"{argv[0]} cannot be started: {problem.strerror}") from problem
        try:
            code = _wait(process, label, started, timeout_s, say)
        finally:
            _end_group(process)
        if code != 0:
            output.seek(0)
            lines = output.read().decode(errors="replace").strip().splitlines()
            raise EngineUnavailable(lines[-1].strip() if lines else f"{argv[0]} ended with exit code {code}")


def _wait(process: subprocess.Popen[bytes], label: str, started: float, timeout_s: float, say: Say) -> int:
    while True:
        elapsed = time.monotonic() - started
        if elapsed >= timeout_s:
            raise EngineUnavailable(f"gave up after {timeout_s:.0f} s")
        try:
            return process.wait(timeout=min(PROGRESS_EVERY_S, timeout_s - elapsed))
        except subprocess.TimeoutExpired:
            say(f"{label} ({time.monotonic() - started:.0f} s)")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

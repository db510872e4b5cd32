"""Which file a command's program is, looked up the way the command itself would."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from faber.errors import FaberError, ToolMissing, WorkerError


def find_program(name: str, cwd: Path, env: Mapping[str, str]) -> str:
    """The path by `env["PATH"]`, never by the worker's own; a name with a slash is relative to `cwd`."""
    path = env.get("PATH", os.defpath)
    if not cwd.is_dir():
        raise WorkerError(f"`{name}` cannot be started: its folder {cwd} does not exist; make it and retry")
    found = shutil.which(str(cwd / name)) if os.sep in name else shutil.which(name, path=path)
    if found is None:
        where = f"at {cwd / name}" if os.sep in name else f"on PATH ({path})"
        raise ToolMissing(
            f"`{name}` is not {where}; install it on the worker's host or give its full path, then retry",
            tool=name,
        )
    return found


def cannot_start(name: str, number: int) -> FaberError:
    """The error for what exec answered."""
    reason = os.strerror(number)
    if number == errno.E2BIG:
        return WorkerError(f"`{name}` cannot be started: {reason}; give the text on stdin")
    return ToolMissing(
        f"`{name}` cannot be started here: {reason}; install it for this machine, then retry",
        tool=name,
    )

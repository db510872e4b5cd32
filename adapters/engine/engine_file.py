"""The engine.json of a data folder: how others find the server that runs there."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import psutil

from adapters.engine import Engine

# Where a process's start is computed from the boot time, a corrected clock moves it a little.
START_TOLERANCE_S = 2.0


def write(file: Path, engine: Engine) -> None:
    """Readers see the whole document or none."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(json.dumps(asdict(engine), indent=2) + "\n")
    fresh.replace(file)


def read(file: Path) -> Engine | None:
    """What was last written there, running or not; None when there is nothing that can be read."""
    try:
        return Engine(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def remove(file: Path, engine: Engine) -> None:
    """Removes the document of this engine, never that of a server started since."""
    if read(file) == engine:
        file.unlink(missing_ok=True)


def process(engine: Engine) -> psutil.Process | None:
    """The server's process while it lives; None also when its pid has gone to somebody else."""
    with contextlib.suppress(psutil.NoSuchProcess):
        candidate = psutil.Process(engine.pid)
        same = abs(candidate.create_time() - engine.started_at) < START_TOLERANCE_S
        if same and candidate.status() != psutil.STATUS_ZOMBIE:
            return candidate
    return None

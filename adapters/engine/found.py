"""A Temporal CLI that is on this machine already: on PATH, or fetched by an earlier start."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from adapters.engine import CliSearch
from faber.errors import EngineUnavailable

VERSION_TIMEOUT_S = 20.0


def on_path(search: CliSearch) -> Path:
    found = shutil.which("temporal", path=search.environment.get("PATH", ""))
    if found is None:
        raise EngineUnavailable("no `temporal` there")
    return working(Path(found))


def in_cache(search: CliSearch) -> Path:
    if not search.cached.exists():
        raise EngineUnavailable(f"no {search.cached} yet")
    return working(search.cached)


def working(cli: Path) -> Path:
    """The path itself, once the program there has said that it is the Temporal CLI."""
    try:
        answer = subprocess.run(
            [cli, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=VERSION_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise EngineUnavailable(f"{cli} does not run: {problem}") from problem
    if answer.returncode != 0 or not answer.stdout.startswith(b"temporal version"):
        raise EngineUnavailable(f"{cli} is not the Temporal CLI: `--version` did not say `temporal version`")
    return cli

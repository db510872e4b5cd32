"""Gets the Temporal CLI, whose dev server is the embedded engine: the nearest source that has it wins."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from adapters.engine import CliSearch, CliSource, Say
from adapters.engine.found import in_cache, on_path, working
from adapters.engine.go_install import go_install
from adapters.engine.sdk_download import sdk_download
from faber.errors import EngineUnavailable
from faber.settings import Settings

PRESENT: Mapping[str, CliSource] = {"on PATH": on_path, "in the cache": in_cache}
FETCHED: Mapping[str, CliSource] = {"the SDK's download": sdk_download, "go install": go_install}

NEXT = (
    "Next: install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, or set "
    "TEMPORAL_CLI_PATH to it, or set TEMPORAL_ADDRESS to a Temporal server that runs already."
)


async def find_cli(settings: Settings, say: Say) -> Path:
    """`obtain_cli` for an entry point: with its settings, beside its event loop."""
    return await asyncio.to_thread(obtain_cli, settings.environment, settings.cache_dir / "bin", say)


def obtain_cli(environment: Mapping[str, str], cache: Path, say: Say) -> Path:
    """The path of a Temporal CLI that runs. May take minutes the first time.

    `cache` is a folder that is made when needed; several processes may ask at once, one of them fetches.
    Raises EngineUnavailable with the reason of every source and what to do next.
    """
    given = environment.get("TEMPORAL_CLI_PATH")
    if given:
        return _given(Path(given).expanduser())
    search = CliSearch(environment, cache, say)
    reasons: list[str] = []
    found = _first(PRESENT, search, reasons)
    if found is None:
        with _only_one_fetches(search):
            found = _first({"in the cache": in_cache}, search, []) or _first(FETCHED, search, reasons)
    if found is None:
        raise EngineUnavailable("\n".join(["no Temporal CLI could be obtained:", *reasons, NEXT]))
    return found


def _given(cli: Path) -> Path:
    # What was asked for by name is never silently replaced by another one.
    try:
        return working(cli)
    except EngineUnavailable as problem:
        raise EngineUnavailable(f"TEMPORAL_CLI_PATH: {problem}. Correct it, or unset it.") from problem


def _first(sources: Mapping[str, CliSource], search: CliSearch, reasons: list[str]) -> Path | None:
    for name, source in sources.items():
        try:
            return source(search)
        except EngineUnavailable as problem:
            reasons.append(f"  {name}: {problem}")
    return None


@contextmanager
def _only_one_fetches(search: CliSearch) -> Iterator[None]:
    try:
        search.cache.mkdir(parents=True, exist_ok=True)
        lock = (search.cache / "temporal.lock").open("a")
    except OSError as problem:
        raise EngineUnavailable(
            f"the Temporal CLI cannot be kept in {search.cache}: {problem.strerror}. "
            "Make that folder writable, or set XDG_CACHE_HOME to one that is."
        ) from problem
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            search.say("another process is fetching the Temporal CLI: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

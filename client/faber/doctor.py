"""Looks at everything that a run needs on this host, and says what to do about what is missing."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from faber.client import Faber
from faber.configuration import find_configuration, read_configuration, resolve_platform
from faber.connection import NO_WORKER, START_HERE, engine_address, find_temporal, worker_polls
from faber.contract.names import EXEC_QUEUE, LLM_QUEUE, TASK_QUEUE
from faber.errors import FaberError
from faber.identity import repository_root
from faber.settings import Settings

PROBE_TIMEOUT_S = 10.0
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
TUNING = (
    "--sqlite-pragma journal_mode=WAL "
    "--dynamic-config-value history.transferProcessorMaxPollRPS=1000 "
    "--dynamic-config-value matching.numTaskqueueReadPartitions=1 "
    "--dynamic-config-value matching.numTaskqueueWritePartitions=1 "
    "--dynamic-config-value system.enableActivityEagerExecution=true"
)


class Check(BaseModel):
    """`what` was found; `next` is what to do, empty when nothing is."""

    name: str
    ok: bool
    what: str
    next: str = ""


async def examine(settings: Settings, where: Path) -> list[Check]:
    """Every check, also when earlier ones failed. Starts nothing and changes nothing."""
    here = await asyncio.gather(
        asyncio.to_thread(_program, "git", ["git", "--version"], "Install git."),
        asyncio.to_thread(_sandbox),
        asyncio.to_thread(_temporal_cli, settings),
        asyncio.to_thread(_configuration, where),
    )
    return [_python(), *here, _keys(settings), *await _temporal(settings, where)]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(name="python", ok=sys.version_info >= (3, 11), what=f"{version} at {sys.executable}")


def _program(name: str, argv: list[str], next_: str) -> Check:
    done = _run(argv)
    return Check(name=name, ok=done.ok, what=done.words, next="" if done.ok else next_)


def _sandbox() -> Check:
    probe = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"]
    done = _run(probe)
    what = "bwrap works" if done.ok else f"none: {done.words}"
    next_ = "Install bubblewrap and allow user namespaces, or set workflow.sandbox: none."
    return Check(name="sandbox", ok=done.ok, what=what, next="" if done.ok else next_)


def _temporal_cli(settings: Settings) -> Check:
    named = settings.environment.get("TEMPORAL_CLI_PATH")
    found = named or shutil.which("temporal") or str(settings.cache_dir / "bin" / "temporal")
    done = _run([found, "--version"])
    if done.ok or settings.temporal_address:
        return Check(
            name="temporal", ok=True, what=done.words if done.ok else "not needed: TEMPORAL_ADDRESS is set"
        )
    next_ = "The worker fetches it at its first start; or install it, or set TEMPORAL_CLI_PATH."
    return Check(name="temporal", ok=False, what=done.words, next=next_)


@dataclass(frozen=True)
class _Done:
    ok: bool
    words: str


def _run(argv: list[str]) -> _Done:
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _Done(False, f"{argv[0]}: {getattr(error, 'strerror', None) or error}")
    words = (done.stdout or done.stderr).strip().splitlines()
    return _Done(done.returncode == 0, words[0] if words else f"{argv[0]} answered {done.returncode}")


def _configuration(where: Path) -> Check:
    file = find_configuration(where, repository_root(where))
    if file is None:
        next_ = "`python -m faber.api init` writes one."
        return Check(name="configuration", ok=True, what="no file: the defaults count", next=next_)
    try:
        configuration, _ = read_configuration(file.read_text(errors="replace"), str(file))
        remote = _remote(where)
        resolve_platform(configuration.work.platform, remote, "work.platform")
        resolve_platform(configuration.repo.platform, remote, "repo.platform")
    except FaberError as error:
        return Check(name="configuration", ok=False, what=error.message, next=f"Mend {file}.")
    return Check(name="configuration", ok=True, what=str(file))


def _remote(where: Path) -> str | None:
    root = repository_root(where)
    done = _run(["git", "-C", str(root), "remote", "get-url", "origin"]) if root else _Done(False, "")
    return done.words if done.ok else None


def _keys(settings: Settings) -> Check:
    """Names only. The worker's environment counts, which on this host is usually the same."""
    present = [name for name in KEYS if settings.environment.get(name)]
    next_ = (
        "" if present else f"Set one of {', '.join(KEYS)} where the worker runs, or use models without a key."
    )
    return Check(name="provider keys", ok=bool(present), what=", ".join(present) or "none here", next=next_)


async def _temporal(settings: Settings, where: Path) -> list[Check]:
    try:
        target = find_temporal(settings)
        faber = await Faber.connect(settings, where=where)
    except FaberError as error:
        return [Check(name="server", ok=False, what=error.message, next=START_HERE)]
    server = Check(
        name="server", ok=True, what=f"{target.address}, namespace {target.namespace}, from {target.source}"
    )
    return [server, await _worker(faber), _tuning(settings, target.address)]


async def _worker(faber: Faber) -> Check:
    asked = {TASK_QUEUE: False, LLM_QUEUE: True, EXEC_QUEUE: True}
    try:
        unserved = [
            name
            for name, kind in asked.items()
            if not await worker_polls(faber.client, name, activities=kind)
        ]
    except FaberError as error:
        return Check(name="worker", ok=False, what=error.message, next="See there.")
    if TASK_QUEUE in unserved:
        return Check(name="worker", ok=False, what=NO_WORKER, next="Start one.")
    what = f"nobody polls {', '.join(unserved)}" if unserved else f"polls {', '.join(asked)}"
    return Check(name="worker", ok=not unserved, what=what, next="Start a worker for it." if unserved else "")


def _tuning(settings: Settings, address: str) -> Check:
    if engine_address(settings) == address:
        return Check(name="server tuning", ok=True, what="started by FABER's worker with its settings")
    what = "not known: this server was not started by FABER. Untuned, each step costs about 95 ms more"
    return Check(name="server tuning", ok=True, what=what, next=f"A dev server is tuned by {TUNING}")

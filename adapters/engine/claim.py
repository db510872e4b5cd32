"""Whose turn it is in a data folder: attach to the server that runs there, or be the one that starts it."""

from __future__ import annotations

import asyncio
import fcntl
import time
from pathlib import Path
from typing import IO

from temporalio.client import Client

from adapters.engine import Engine, engine_file
from faber.errors import EngineUnavailable

CLAIM_WITHIN_S = 60.0
POLL_S = 0.1


async def claim(data_dir: Path, file: Path) -> Engine | IO[str]:
    """The engine that serves this folder already, or the open, locked file of the one who may start it.

    The server's process inherits the lock, so the folder is free exactly when no server uses its database.
    """
    deadline = time.monotonic() + CLAIM_WITHIN_S
    while True:
        lock = _lock(data_dir)
        if lock is not None:
            return lock
        engine = engine_file.read(file)
        if engine is not None and engine_file.process(engine) and await serves(engine):
            return engine
        if time.monotonic() > deadline:
            raise EngineUnavailable(
                f"a Temporal server holds {data_dir} but does not answer. "
                f"End it ({_who(engine)}), or set FABER_DATA_DIR to another folder."
            )
        await asyncio.sleep(POLL_S)


async def serves(engine: Engine) -> bool:
    try:
        client = await Client.connect(engine.address, namespace=engine.namespace)
        return await client.service_client.check_health()
    except RuntimeError:
        # RPCError is one too: not yet, or not any more.
        return False


def _lock(data_dir: Path) -> IO[str] | None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "engine.lock").open("a")
    except OSError as problem:
        raise EngineUnavailable(
            f"the data folder {data_dir} cannot be used: {problem.strerror}. "
            "Make it writable, or set FABER_DATA_DIR to another folder."
        ) from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _who(engine: Engine | None) -> str:
    return "its pid is not known" if engine is None else f"pid {engine.pid}"

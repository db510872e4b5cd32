"""The embedded engine: one Temporal dev server with a file database for each data folder."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import psutil

from adapters.engine import Engine, Say, engine_file
from adapters.engine.claim import claim
from adapters.engine.launch import Launched, Plan, launch
from adapters.engine.ports import first_free, is_free
from faber.errors import EngineUnavailable

PORT = 7233
UI_PORT = 8233
STOP_WITHIN_S = 10.0
POLL_S = 0.1
LOST_RACES = 3
QUICK_DEATH_S = 10.0
QUICK_DEATHS = 5


@dataclass
class DevServer:
    """A running server. `owned` is False when it was found running: then it is not ended with the context."""

    engine: Engine
    owned: bool
    _kept: asyncio.Task[None] | None = field(default=None, repr=False)

    async def lost(self) -> None:
        """Waits while there is a server; raises EngineUnavailable when it is gone and does not come back."""
        if self._kept is not None:
            await asyncio.shield(self._kept)
        await _gone(self.engine)
        raise EngineUnavailable(f"the Temporal server at {self.engine.address} has ended. Start it again.")


@asynccontextmanager
async def start_dev_server(
    data_dir: Path,
    cli: Path,
    say: Say,
    *,
    namespace: str = "faber",
    port: int = PORT,
    ui_port: int = UI_PORT,
    detached: bool = False,
) -> AsyncIterator[DevServer]:
    """Serving inside the context, at the preferred ports or the next free ones; see `<data_dir>/engine.json`.

    A server that runs in this data folder already is attached to, with the namespace it has. Otherwise one is
    started, started again when it dies, ended with the context, and never outlives this process. A `detached`
    one is only started: `stop_engine` ends it. Raises EngineUnavailable.
    """
    data_dir = data_dir.resolve()
    file = data_dir / "engine.json"
    plan = Plan(cli, data_dir, namespace, port, ui_port, detached)
    server = await _launch_or_attach(plan, file)
    if isinstance(server, Engine):
        yield DevServer(server, owned=False)
    elif detached:
        await server.end()
        yield DevServer(server.engine, owned=True)
    else:
        keeper = _Keeper(plan, file, server, say)
        async with keeper.keeping() as kept:
            yield DevServer(server.engine, True, kept)


async def stop_engine(data_dir: Path) -> None:
    """Ends the detached server of this data folder; nothing happens when there is none."""
    file = data_dir.resolve() / "engine.json"
    engine = engine_file.read(file)
    if engine is None:
        return
    with suppress(psutil.NoSuchProcess):
        if process := engine_file.process(engine):
            process.terminate()
        try:
            await asyncio.wait_for(_gone(engine), STOP_WITHIN_S)
        except TimeoutError:
            if process := engine_file.process(engine):
                process.kill()
            await _gone(engine)
    engine_file.remove(file, engine)


@dataclass
class _Keeper:
    """Has the one server that this process owns, through its deaths."""

    plan: Plan
    file: Path
    launched: Launched
    say: Say

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[asyncio.Task[None]]:
        kept = asyncio.create_task(self._restart_for_ever())
        try:
            yield kept
        finally:
            kept.cancel()
            with suppress(asyncio.CancelledError, EngineUnavailable):
                await kept
            await self.launched.end()
            engine_file.remove(self.file, self.launched.engine)

    async def _restart_for_ever(self) -> None:
        quick_deaths = 0
        while quick_deaths < QUICK_DEATHS:
            started = time.monotonic()
            await _gone(self.launched.engine)
            quick_deaths = quick_deaths + 1 if time.monotonic() - started < QUICK_DEATH_S else 0
            await self.launched.end()
            self.say(f"the Temporal server died (its log is {self.plan.log}): starting it again")
            self.launched = await self._again()
            engine_file.write(self.file, self.launched.engine)
        raise EngineUnavailable(f"the Temporal server keeps dying; its log is {self.plan.log}")

    async def _again(self) -> Launched:
        claimed = await claim(self.plan.data_dir, self.file)
        if isinstance(claimed, Engine):
            raise EngineUnavailable(f"another process serves {self.plan.data_dir} now: pid {claimed.pid}")
        with claimed as lock:
            # Clients and workers hold the address, so the ports stay.
            return await launch(_at_ports_of(self.plan, self.launched.engine), lock)


async def _launch_or_attach(plan: Plan, file: Path) -> Engine | Launched:
    claimed = await claim(plan.data_dir, file)
    if isinstance(claimed, Engine):
        return claimed
    with claimed as lock:
        # A worker that outlived the last server waits for one at the old address.
        if stale := engine_file.read(file):
            plan = _at_ports_of(plan, stale)
        launched = await _launch_at_free_ports(plan, lock)
        engine_file.write(file, launched.engine)
        return launched


async def _launch_at_free_ports(plan: Plan, lock: IO[str]) -> Launched:
    for _ in range(LOST_RACES):
        port = first_free(plan.port)
        ui_port = first_free(plan.ui_port, but_not=port)
        chosen = replace(plan, port=port, ui_port=ui_port)
        try:
            return await launch(chosen, lock)
        except EngineUnavailable:
            if is_free(port) and is_free(ui_port):
                raise
    raise EngineUnavailable(f"other programs took every port that was free from {plan.port} on: try again")


def _at_ports_of(plan: Plan, engine: Engine) -> Plan:
    port, ui_port = (int(address.rpartition(":")[2]) for address in (engine.address, engine.ui))
    return replace(plan, port=port, ui_port=ui_port)


async def _gone(engine: Engine) -> None:
    while engine_file.process(engine):
        await asyncio.sleep(POLL_S)

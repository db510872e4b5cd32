"""What every measurement stands on: one real server of its own, a client of each side, room for repositories."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from adapters.engine.binary import find_cli
from adapters.engine.dev_server import start_dev_server
from adapters.engine.search_attributes import register_search_attributes
from faber.connection import connect
from faber.settings import Settings

PORT, UI_PORT = 17933, 18933
AT_ONCE = 16


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class House:
    """`own` is a client as FABER makes it, `raw` one with the SDK's own converter."""

    folder: Path
    environment: dict[str, str]
    own: Client
    raw: Client

    def environment_of(self, name: str) -> dict[str, str]:
        """Of a worker with a data folder of its own."""
        return {**self.environment, "FABER_DATA_DIR": str(self.folder / name)}


@contextlib.asynccontextmanager
async def housed() -> AsyncIterator[House]:
    """Raises EngineUnavailable."""
    cli = await find_cli(Settings.read(), say)
    with tempfile.TemporaryDirectory(prefix="faber-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # Of a name of its own: a worker that outlived a killed bench finds nothing to do here.
        server_of_ours = start_dev_server(
            folder / "server", cli, say, namespace=folder.name, port=PORT, ui_port=UI_PORT
        )
        async with server_of_ours as server:
            environment = {
                **{key: value for key, value in os.environ.items() if not key.startswith("TEMPORAL_")},
                "FABER_DATA_DIR": str(folder / "data"),
                "TEMPORAL_ADDRESS": server.engine.address,
                "TEMPORAL_NAMESPACE": server.engine.namespace,
            }
            own = await connect(Settings.read(environment))
            raw = await Client.connect(
                server.engine.address,
                namespace=server.engine.namespace,
                data_converter=pydantic_data_converter,
            )
            await register_search_attributes(own, say)
            yield House(folder, environment, own, raw)


async def at_once(jobs: Iterable[Callable[[], Awaitable[object]]], width: int = AT_ONCE) -> None:
    """Every job, at most `width` of them under way."""
    left = iter(jobs)

    async def worker() -> None:
        for job in left:
            await job()

    await asyncio.gather(*(worker() for _ in range(width)))

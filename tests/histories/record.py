"""`make history`: drives every scene on a real server and writes its history and its commands to `recorded/`."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import assembly
import worker
from adapters.engine.binary import find_cli
from adapters.engine.search_attributes import register_search_attributes
from faber.contract.names import QUEUES
from faber.converter import data_converter
from faber.settings import Settings
from tests.histories.commands import RECORDED, WORKFLOWS, history_of, replay
from tests.histories.defined_scenes import DEFINED_SCENES, scenery
from tests.histories.scenes import SCENES, Recorded, scene

# The longest scene is continued as new, and no other one.
LONG_HISTORY = 450
EVERYWHERE = "/recorded"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Client]:
    """A server that suggests to continue as new early, and a whole worker on it."""
    cli = await find_cli(Settings.read(), say)
    async with await WorkflowEnvironment.start_local(
        namespace="faber",
        data_converter=data_converter,
        dev_server_existing_path=str(cli),
        dev_server_extra_args=[
            "--dynamic-config-value",
            f"limit.historyCount.suggestContinueAsNew={LONG_HISTORY}",
        ],
    ) as environment:
        python = str(Path(sys.executable).parent)
        variables = {
            **os.environ,
            "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
            "FABER_DATA_DIR": str(folder),
            "FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1",
        }
        listed = await register_search_attributes(environment.client, say)
        assembled = assembly.assemble(Settings.read(variables), folder, search_attributes=listed)
        async with worker.serving(environment.client, assembled, QUEUES):
            yield environment.client


def scrubbed(node: Any, clean: Callable[[str], str]) -> Any:
    """The history without this machine: its folders, its name and its processes, also inside of payloads.

    What activities were given goes too: a replay never looks at it, and it is two thirds of the text."""
    if isinstance(node, list):
        return [scrubbed(item, clean) for item in node]
    if isinstance(node, dict):
        left = {key for key in node if key == "stackTrace" or (key == "input" and "activityType" in node)}
        return {
            key: payload(value, clean) if key == "data" and "metadata" in node else scrubbed(value, clean)
            for key, value in node.items()
            if key not in left
        }
    return clean(node) if isinstance(node, str) else node


def payload(data: str, clean: Callable[[str], str]) -> str:
    return base64.b64encode(clean(base64.b64decode(data).decode()).encode()).decode()


def cleaner(folder: Path) -> Callable[[str], str]:
    host = re.escape(socket.gethostname())

    def clean(text: str) -> str:
        text = text.replace(str(folder), EVERYWHERE)
        return re.sub(rf"\d+@{host}", "1@recorder", text).replace(socket.gethostname(), "recorder")

    return clean


async def keep(recorded: Recorded, clean: Callable[[str], str]) -> None:
    for name, handle in recorded.items():
        history = json.loads((await handle.fetch_history()).to_json())
        text = json.dumps(scrubbed(history, clean), separators=(",", ":"), ensure_ascii=False)
        (RECORDED / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        replayed = await replay(history_of(name), WORKFLOWS)
        if replayed.failure is not None:
            raise replayed.failure
        (RECORDED / f"{name}.commands").write_text("\n".join(replayed.lines) + "\n", encoding="utf-8")
        say(
            f"{name}: {len(history['events'])} events, {len(replayed.lines)} commands, {len(text) // 1024} KB"
        )


async def record(wanted: list[str]) -> None:
    """Every scene, or those that are named."""
    RECORDED.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="recorded-")).resolve()
    try:
        async with serving(folder / "data") as client:
            for play in SCENES:
                if not wanted or play.__name__ in wanted:
                    await keep(await play(partial(scene, client, folder)), cleaner(folder))
            for act in DEFINED_SCENES:
                if not wanted or act.__name__ in wanted:
                    await keep(await act(scenery(client, folder, act.__name__)), cleaner(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
    sys.stdout.flush()
    # As worker.py does: the interpreter's own teardown sometimes aborts in the SDK's native threads.
    os._exit(0)

"""The embedded engine with real servers: who starts, finds, ends and survives whom."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from adapters.engine import Engine, engine_file
from adapters.engine.claim import serves
from adapters.engine.dev_server import DevServer, start_dev_server, stop_engine
from faber.errors import EngineUnavailable
from tests.waiting import eventually, wait_until

ROOT = Path(__file__).parents[3]
# Away from the ports that a developer's own server uses.
PORT, UI_PORT = 17233, 18233


def starting(
    data_dir: Path, cli: Path, said: list[str] | None = None, detached: bool = False
) -> AbstractAsyncContextManager[DevServer]:
    lines = [] if said is None else said
    return start_dev_server(data_dir, cli, lines.append, port=PORT, ui_port=UI_PORT, detached=detached)


async def test_a_server_serves_its_namespace_and_its_history_stays_for_30_days(
    tmp_path: Path, cli: Path
) -> None:
    async with starting(tmp_path, cli) as server:
        client = await Client.connect(server.engine.address, namespace="faber")
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="faber")
        )
        assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)
        written = json.loads((tmp_path / "engine.json").read_text())
        assert {name: written[name] for name in ("address", "namespace", "ui", "pid")} == {
            "address": server.engine.address,
            "namespace": "faber",
            "ui": server.engine.ui,
            "pid": server.engine.pid,
        }
    assert engine_file.process(server.engine) is None
    assert not (tmp_path / "engine.json").exists()


async def test_a_taken_port_makes_the_server_use_the_next_free_one(tmp_path: Path, cli: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with start_dev_server(tmp_path, cli, print, port=port, ui_port=port) as server:
            address, ui = (int(url.rpartition(":")[2]) for url in (server.engine.address, server.engine.ui))
            assert port < address < ui


async def test_a_second_start_in_the_same_folder_attaches_and_leaves_the_server_running(
    tmp_path: Path, cli: Path
) -> None:
    async with starting(tmp_path, cli) as first:
        async with starting(tmp_path, cli) as second:
            assert (second.engine, second.owned) == (first.engine, False)
        assert await serves(first.engine)


async def test_two_starts_at_once_make_one_server(tmp_path: Path, cli: Path) -> None:
    entered: list[DevServer] = []
    both = asyncio.Event()

    async def start() -> None:
        async with starting(tmp_path, cli) as server:
            entered.append(server)
            if len(entered) == 2:
                both.set()
            await both.wait()

    await asyncio.gather(start(), start())
    assert entered[0].engine == entered[1].engine
    assert sorted(server.owned for server in entered) == [False, True]


async def test_a_server_that_dies_is_started_again_at_its_address_with_its_data(
    tmp_path: Path, cli: Path
) -> None:
    said: list[str] = []
    async with starting(tmp_path, cli, said) as server:
        client = await Client.connect(server.engine.address, namespace="faber")
        await client.start_workflow("Anything", id="kept", task_queue="nobody-polls")
        os.kill(server.engine.pid, signal.SIGKILL)
        await eventually(lambda: another(tmp_path, server.engine), "another server took its place")
        assert (await client.get_workflow_handle("kept").describe()).id == "kept"
        assert len(said) == 1 and "starting it again" in said[0]
    assert not (tmp_path / "engine.json").exists()


async def another(data_dir: Path, than: Engine) -> bool:
    engine = engine_file.read(data_dir / "engine.json")
    return engine is not None and engine.pid != than.pid and engine.address == than.address


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_server_ends_with_the_process_that_started_it(
    tmp_path: Path, cli: Path, number: signal.Signals
) -> None:
    owner = owning(tmp_path, cli)
    wait_until((tmp_path / "engine.json").exists, "the owner's server serves")
    engine = engine_file.read(tmp_path / "engine.json")
    assert engine is not None
    owner.send_signal(number)
    owner.wait()
    await eventually(lambda: engine_file.process(engine) is None, "the server ended with its owner")


async def test_what_a_killed_owner_left_behind_is_recognised_and_its_address_is_used_again(
    tmp_path: Path, cli: Path
) -> None:
    # The pid is alive, yet is another program: this one.
    stale = Engine("127.0.0.1:17301", "faber", "http://127.0.0.1:18301", os.getpid(), started_at=1.0)
    engine_file.write(tmp_path / "engine.json", stale)
    async with starting(tmp_path, cli) as server:
        assert server.owned
        assert (server.engine.address, server.engine.ui) == (stale.address, stale.ui)


async def test_a_detached_server_stays_until_it_is_stopped(tmp_path: Path, cli: Path) -> None:
    async with starting(tmp_path, cli, detached=True) as server:
        pass
    assert await serves(server.engine)
    await stop_engine(tmp_path)
    assert engine_file.process(server.engine) is None
    assert not (tmp_path / "engine.json").exists()


async def test_whoever_attached_learns_that_the_server_is_lost(tmp_path: Path, cli: Path) -> None:
    async with starting(tmp_path, cli, detached=True), starting(tmp_path, cli) as attached:
        lost = asyncio.create_task(attached.lost())
        assert await serves(attached.engine) and not lost.done()
        os.kill(attached.engine.pid, signal.SIGKILL)
        with pytest.raises(EngineUnavailable, match=f"{attached.engine.address} has ended"):
            await asyncio.wait_for(lost, 30)


async def test_stopping_where_nothing_runs_is_nothing(tmp_path: Path) -> None:
    await stop_engine(tmp_path)


async def test_a_server_that_cannot_start_is_reported_with_the_end_of_its_log(
    tmp_path: Path, cli: Path
) -> None:
    (tmp_path / "temporal.db").write_text("this is no database, and is longer than the header of one" * 50)
    with pytest.raises(
        EngineUnavailable, match=r"ended while it started; the end of .*engine\.log:\n.*database"
    ):
        async with starting(tmp_path, cli):
            pass
    assert not (tmp_path / "engine.json").exists()


async def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path, cli: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(EngineUnavailable, match=r"data folder .*data cannot be used.*FABER_DATA_DIR"):
        async with starting(tmp_path / "data", cli):
            pass


def owning(data_dir: Path, cli: Path) -> subprocess.Popen[bytes]:
    code = f"""
import asyncio
from pathlib import Path
from adapters.engine.dev_server import start_dev_server

async def own():
    data_dir, cli = Path({str(data_dir)!r}), Path({str(cli)!r})
    async with start_dev_server(data_dir, cli, print, port={PORT}, ui_port={UI_PORT}) as server:
        await server.lost()

asyncio.run(own())
"""
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL)

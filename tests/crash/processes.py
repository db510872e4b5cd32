"""The three programs that a run depends on, each started, killed and started again by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from adapters.engine import Engine
from adapters.engine.dev_server import start_dev_server, stop_engine
from faber.connection import connect
from faber.settings import Settings
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


class Server:
    """Temporal with a file database, detached: nobody starts it again when it is killed."""

    def __init__(self, data_dir: Path, cli: Path, ports: tuple[int, int]) -> None:
        self._data_dir = data_dir
        self._cli = cli
        self._ports = ports
        self.engine: Engine | None = None

    @property
    def process(self) -> psutil.Process:
        assert self.engine is not None
        return psutil.Process(self.engine.pid)

    async def start(self) -> None:
        """Serving, at the address that it had before, when this returns."""
        port, ui_port = self._ports
        starting = start_dev_server(
            self._data_dir, self._cli, to_stderr, port=port, ui_port=ui_port, detached=True
        )
        async with starting as server:
            self.engine = server.engine

    async def new_namespace(self) -> Client:
        """A client of a namespace of its own, where nobody else's worker takes a run."""
        assert self.engine is not None
        request = RegisterNamespaceRequest(namespace=f"crash-{uuid.uuid4().hex[:10]}")
        request.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
        named = {"TEMPORAL_ADDRESS": self.engine.address, "TEMPORAL_NAMESPACE": request.namespace}
        client = await connect(Settings.read(named))
        await client.workflow_service.register_namespace(request)
        return client

    async def kill(self) -> None:
        process = self.process
        process.kill()
        await eventually(lambda: is_gone(process), "the server was gone")

    @contextlib.asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """It neither answers nor closes its connections."""
        process = self.process
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    async def end(self) -> None:
        await stop_engine(self._data_dir)


class Worker:
    """`python worker.py`, as a user starts it."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self._log = log
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Polling when this returns."""
        said_before = self.said.count("worker ready")
        with self._log.open("ab") as log:
            process = self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(ROOT / "worker.py")),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # As in a terminal of its own: a signal to the tests' group is not one to the worker.
                start_new_session=True,
            )

        def ready() -> bool:
            assert process.returncode is None, f"the worker ended with {process.returncode}: {self.said}"
            return self.said.count("worker ready") > said_before

        await eventually(ready, "the worker was ready")

    @contextlib.asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """It does nothing, and whatever it has begun goes on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    @contextlib.asynccontextmanager
    async def beside(self) -> AsyncIterator[Worker]:
        """Another worker of the same data folder, not yet started; killed in the end."""
        other = Worker(self.environment, self._log.with_name("other-worker.log"))
        try:
            yield other
        finally:
            await other.kill()

    @contextlib.asynccontextmanager
    async def of_another_host(self) -> AsyncIterator[Worker]:
        """A worker with a data folder of its own, not yet started; killed in the end."""
        data = f"{self.environment['FABER_DATA_DIR']}-of-another-host"
        other = Worker({**self.environment, "FABER_DATA_DIR": data}, self._log.with_name("elsewhere.log"))
        try:
            yield other
        finally:
            await other.kill()

    @property
    def children(self) -> list[psutil.Process]:
        """Also those that have ended and that it has not looked at since."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children()

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def kill(self) -> int:
        return await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """The exit code after SIGTERM."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        return await process.wait()


class Provider:
    """The model stand-in, whose log of calls no kill reaches."""

    def __init__(self, script: Path, log: Path) -> None:
        self._script = script
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.stand_in"),
            *("--script", str(self._script), "--log", str(self._log)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        self.url = (await process.stdout.readline()).decode().strip()
        assert self.url, "the stand-in for the provider did not start"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Every call that ever came, in order: {number, phase, round, turn, outcome, ...}."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]

    def asked(self, phase: str) -> int:
        return sum(call["phase"] == phase for call in self.calls)

    def answer_those_held(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    async def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


def is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True

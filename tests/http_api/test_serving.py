"""`python -m http_api` as a process: the port it takes, the token that it prints, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from faber.errors import ConfigurationError
from http_api.serving import listen
from tests.http_api.places import ANN, NOWHERE, keys, problem_of, signed
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """A process that serves, and what it said."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.said)

    @property
    def url(self) -> str:
        [url] = re.findall(r"HTTP API: (http://\S+)", self.text)
        return str(url)

    async def read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.said.append(line.decode())


@contextlib.asynccontextmanager
async def running(folder: Path, **environment: str) -> AsyncIterator[Served]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "http_api"),
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "FABER_DATA_DIR": str(folder / "data"),
            "FABER_ENV_FILE": "",
            "FABER_ACTOR": "whoever-started-it",
            "TEMPORAL_ADDRESS": NOWHERE,
            **environment,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    served = Served(process)
    reader = asyncio.create_task(served.read())
    try:
        yield served
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reader


async def test_whoever_starts_it_unconfigured_gets_a_token_and_ends_it_with_a_signal(tmp_path: Path) -> None:
    async with running(tmp_path, FABER_API_PORT="0") as served:
        await eventually(lambda: "Bearer" in served.text, "the token is printed", 60)
        [token] = re.findall(r"Bearer (\S+)", served.text)
        bearer = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=served.url) as asking:
            assert (await asking.get("/v1/workflows", headers=bearer)).status_code == 200
            problem_of(await asking.get("/v1/workflows"), 401)
            problem_of(await asking.get("/v1/workflows", headers=signed(ANN)), 401)
            async with asking.stream("GET", "/v1/events", headers=bearer) as answer:
                lines = answer.aiter_lines()
                assert (await anext(lines)) == "event: engine"
                served.process.send_signal(signal.SIGTERM)
                rest = [line async for line in lines]
                assert rest, "the stream ended as a stream ends"
        assert await asyncio.wait_for(served.process.wait(), 20) == 0


async def test_each_start_has_another_token(tmp_path: Path) -> None:
    tokens = set()
    for _ in range(2):
        async with running(tmp_path, FABER_API_PORT="0") as served:
            await eventually(lambda served=served: "Bearer" in served.text, "the token is printed", 60)  # type: ignore[misc]
            tokens |= set(re.findall(r"Bearer (\S+)", served.text))
    assert len(tokens) == 2


async def test_who_is_configured_is_not_told_a_token(tmp_path: Path) -> None:
    async with running(tmp_path, FABER_API_PORT="0", FABER_API_KEYS=keys()) as served:
        await eventually(lambda: "HTTP API" in served.text, "it serves", 60)
        async with httpx.AsyncClient(base_url=served.url, headers=signed(ANN)) as asking:
            assert (await asking.get("/v1/workflows")).status_code == 200
        served.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(served.process.wait(), 20) == 0
        assert "Bearer" not in served.text
        assert "the-very-key" not in served.text


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"FABER_API_HOST": "0.0.0.0"}, "nobody is known"),
        ({"JWT_SECRET": "dev-only-not-for-prod"}, "development value"),
        ({"FABER_PROFILE": "staging"}, "it is dev or prod"),
        ({"DATABASE_URL": "mysql://u:p@h/x", "FABER_API_PORT": "0"}, "DATABASE_URL"),
    ],
)
async def test_what_would_let_anybody_in_or_can_never_be_is_not_started(
    environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    async with running(tmp_path, **environment) as served:
        assert await asyncio.wait_for(served.process.wait(), 60) == 2
        await eventually(lambda: said in served.text, "it says why")


def test_the_next_free_port_is_taken_unless_one_was_named() -> None:
    with listen("127.0.0.1", None) as first, listen("127.0.0.1", None) as second:
        ports = [one.getsockname()[1] for one in (first, second)]
        assert ports[0] >= 8000
        assert ports[1] > ports[0]
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{ports[0]}"):
            listen("127.0.0.1", ports[0])


async def test_an_answer_is_not_held_back_until_the_one_before_is_acknowledged() -> None:
    delayed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        delayed.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = listen("127.0.0.1", 0)
    async with await asyncio.start_server(accepted, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await delayed == 1
        writer.close()

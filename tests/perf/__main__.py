"""`make perf`: a ramp of people over HTTP, against a server, a worker and an API of its own or against a host."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests.bench.house import housed
from tests.bench.processes import ROOT, serving
from tests.perf import KEY_VARIABLE

RAMP = 0.7
FINISHES_WITHIN_S = 60


@contextlib.asynccontextmanager
async def served(mode: str) -> AsyncIterator[tuple[str, str]]:
    """The URL, and a key that may do everything."""
    key, port = secrets.token_urlsafe(24), _free_port()
    async with housed() as house:
        environment = {
            **house.environment,
            "FABER_ENV_FILE": "",
            "DATABASE_URL": "",
            "AI_PROVIDER": "mock",
            "MOCK_AI_MODE": mode,
            "FABER_API_PORT": str(port),
            "FABER_API_KEYS": f"perf:viewer,operator,approver:{key}",
            "FABER_API_RATE": "1000000",
        }
        async with (
            serving(environment, "worker.py"),
            serving(environment, "-m", "http_api", ready="HTTP API:"),
        ):
            yield f"http://127.0.0.1:{port}", key


async def ramp(host: str, key: str, minutes: float, users: int) -> int:
    seconds = minutes * 60
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))),
        *("--headless", "--only-summary", "--host", host),
        *("--users", str(users), "--spawn-rate", f"{users / (seconds * RAMP):.4f}"),
        *("--run-time", f"{seconds:.0f}s", "--stop-timeout", str(FINISHES_WITHIN_S)),
        cwd=ROOT,
        env={**os.environ, KEY_VARIABLE: key},
    )
    return await process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def main(given: argparse.Namespace) -> int:
    if given.host:
        return await ramp(given.host, os.environ.get(KEY_VARIABLE, ""), given.minutes, given.users)
    async with served(given.mode) as (host, key):
        return await ramp(host, key, given.minutes, given.users)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=1.0, help="how long, 1 by itself; a whole ramp is 10"
    )
    parser.add_argument("--users", type=int, default=20, help="people at the end of the ramp")
    parser.add_argument("--host", help=f"an API that is there already; {KEY_VARIABLE} is an operator's key")
    parser.add_argument(
        "--mode", default="transient_error", help="MOCK_AI_MODE of the worker that is started"
    )
    code = asyncio.run(main(parser.parse_args()))
    sys.stdout.flush()
    os._exit(code)

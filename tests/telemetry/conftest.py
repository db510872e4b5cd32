"""One run, told to a receiver of ours and told to Jaeger; the tests look at what arrived."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.crash.processes import Server
from tests.delivery.places import happy_script
from tests.stand_in.jaeger import Jaeger, find_jaeger
from tests.stand_in.otlp import OtlpReceiver
from tests.telemetry.told import Told, told

PORTS = (17733, 18733)


@pytest.fixture(scope="session")
async def temporal(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    server = Server(tmp_path_factory.mktemp("telemetry"), cli, PORTS)
    await server.start()
    yield server
    await server.end()


def receiver(kind: str) -> AbstractContextManager[OtlpReceiver | Jaeger]:
    binary = find_jaeger(os.environ) if kind == "jaeger" else None
    if binary is None:
        if kind == "jaeger":
            print(
                "Jaeger is not here, so these tests look at a receiver of ours instead. "
                "Build it once by `python -m tests.stand_in.jaeger`, or name it as JAEGER_PATH.",
                file=sys.stderr,
            )
        return OtlpReceiver()
    return Jaeger(binary)


@pytest.fixture(scope="session", params=["ours", "jaeger"])
async def run(
    request: pytest.FixtureRequest, temporal: Server, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    with receiver(request.param) as traces:
        return await told(tmp_path_factory.mktemp("run"), temporal, happy_script(), traces)

"""One server and one worker for every request, with the mock model; the API is a real server on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import Client

from http_api.serving import serve
from http_api.settings import ApiSettings
from tests.conftest import to_stderr
from tests.delivery.conftest import serving_all
from tests.delivery.places import happy_script, make_repository, write_script
from tests.http_api.places import Api, settings

PORT, UI_PORT = 17633, 18633


@pytest.fixture(scope="session")
def http_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("http")


@pytest.fixture(scope="session")
async def served(cli: Path, http_dir: Path) -> AsyncIterator[Client]:
    more = {"AI_PROVIDER": "mock", "DATABASE_URL": "", "FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}
    async with serving_all(cli, http_dir, PORT, UI_PORT, more) as client:
        yield client


@pytest.fixture(scope="session")
def reaching(served: Client, http_dir: Path) -> ApiSettings:
    """Settings of an API that reaches the server and the records of its worker."""
    return settings(
        http_dir,
        FABER_DATA_DIR=str(http_dir),
        FABER_PROFILE="dev",
        FABER_API_PORT="0",
        FABER_API_RATE="1000000",
        TEMPORAL_ADDRESS=served.service_client.config.target_host,
        TEMPORAL_NAMESPACE=served.namespace,
    )


@contextlib.asynccontextmanager
async def serving_http(given: ApiSettings, where: Path) -> AsyncIterator[Api]:
    stop: asyncio.Event = asyncio.Event()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(given, stop, to_stderr, where=where, ready=ready.set_result))
    server.add_done_callback(lambda ended: None if ready.done() else ready.cancel())
    url = await ready
    try:
        yield Api(url, given)
    finally:
        stop.set()
        await server


@pytest.fixture(scope="session")
async def api(reaching: ApiSettings, http_dir: Path) -> AsyncIterator[Api]:
    async with serving_http(reaching, http_dir) as api:
        yield api


@pytest.fixture
def prod(reaching: ApiSettings) -> ApiSettings:
    return replace(reaching, profile="prod")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository for a run that prepared answers deliver."""
    return make_repository(tmp_path, write_script(tmp_path, happy_script()))

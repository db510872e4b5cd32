"""The API of tests/http_api with a server and a worker of its own, whose `openai:` models the stand-in answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client

from tests.delivery.conftest import serving_all
from tests.features.story import WHO, Story
from tests.http_api.conftest import api, checkout, http_dir, reaching
from tests.http_api.places import Api
from tests.stand_in import ModelServer

PORT, UI_PORT = 16933, 15933

__all__ = ["api", "checkout", "http_dir", "reaching"]


@pytest.fixture(scope="session")
def provider() -> Iterator[ModelServer]:
    with ModelServer({"phases": {"any": [[{"text": "Nothing is prepared."}]]}}) as server:
        yield server


@pytest.fixture(scope="session")
async def served(cli: Path, http_dir: Path, provider: ModelServer) -> AsyncIterator[Client]:
    openai = {name: value for name, value in provider.environment().items() if name.startswith("OPENAI_")}
    more = {"AI_PROVIDER": "mock", "DATABASE_URL": "", **openai}
    async with serving_all(cli, http_dir, PORT, UI_PORT, more) as client:
        yield client


@pytest.fixture(scope="session")
async def clients(api: Api) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """One for each who asks."""
    async with contextlib.AsyncExitStack() as stack:
        yield {who: await stack.enter_async_context(api.client(name)) for who, name in WHO.items()}


@pytest.fixture(scope="session")
async def loop(api: Api) -> asyncio.AbstractEventLoop:
    """Where the API and its worker live: steps are no coroutines, and run it while they wait."""
    return asyncio.get_running_loop()


@pytest.fixture
def story(
    loop: asyncio.AbstractEventLoop, clients: dict[str, httpx.AsyncClient], provider: ModelServer
) -> Iterator[Story]:
    story = Story(loop.run_until_complete, clients, provider)
    yield story
    loop.run_until_complete(story.opened.aclose())

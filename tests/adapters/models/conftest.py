"""A provider on loopback, and models that are sent there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.models.providers import Providers
from tests.adapters.models.asking import SCRIPT
from tests.stand_in import ModelServer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(SCRIPT) as running:
        yield running


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[Providers]:
    providers = Providers(server.environment())
    yield providers
    await providers.close()

"""One server and one worker for definitions' runs, with the mock model and an outbox in place of mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from assembly import Assembly, assemble
from faber.settings import Settings
from tests.definitions.places import Desk
from tests.definitions.service import Service
from tests.delivery.conftest import serving_all

PORT, UI_PORT = 17533, 18533
OF_THE_WORKER = {
    "AI_PROVIDER": "mock",
    "FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1",
    "FABER_SECRET_TOKEN": "opensesame-42",
    "DATABASE_URL": "",
}


@pytest.fixture(scope="session")
def definitions_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("definitions")


@pytest.fixture(scope="session")
async def defined(cli: Path, definitions_dir: Path) -> AsyncIterator[Client]:
    async with serving_all(cli, definitions_dir, PORT, UI_PORT, OF_THE_WORKER) as client:
        yield client


@pytest.fixture
async def assembled(definitions_dir: Path) -> AsyncIterator[Assembly]:
    """The worker's activities once more, over the same folder: for a worker of a test's own."""
    settings = Settings.read({**OF_THE_WORKER, "FABER_DATA_DIR": str(definitions_dir)})
    assembled = assemble(settings, definitions_dir, search_attributes=True)
    yield assembled
    await assembled.close()


@pytest.fixture
def desk(defined: Client, definitions_dir: Path) -> Desk:
    return Desk(defined, definitions_dir)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        yield service

"""Every answer to Records: SQLite in a file, a real Postgres, memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.records import Records
from adapters.records.in_memory import InMemoryRecords
from adapters.records.sql import open_records
from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(params=["sqlite", "postgres", "in memory"])
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Records]:
    store: Records
    if request.param == "in memory":
        store = InMemoryRecords()
    elif request.param == "sqlite":
        store = open_records(f"sqlite:///{tmp_path / 'records.db'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        store = open_records(server.new_database())
    yield store
    await store.close()

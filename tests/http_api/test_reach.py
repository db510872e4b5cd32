"""The API does without Temporal until it is there, and does not ask for it more often than it must."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from adapters.engine.dev_server import start_dev_server
from adapters.records.database import connected, writing
from adapters.records.sql import open_records
from faber.errors import Unreachable
from http_api.reach import Reach
from tests.conftest import to_stderr
from tests.http_api.places import ANN, application, problem_of, settings, signed
from tests.waiting import eventually

PORT, UI_PORT = 17033, 18033


async def missing(asking: httpx.AsyncClient) -> list[str]:
    answer = await asking.get("/readyz")
    return [entry["path"] for entry in problem_of(answer, 503)["errors"]]


async def test_temporal_that_comes_later_is_found(cli: Path, tmp_path: Path) -> None:
    given = settings(tmp_path, TEMPORAL_ADDRESS=f"127.0.0.1:{PORT}", TEMPORAL_NAMESPACE="faber")
    async with application(given) as asking:
        assert await missing(asking) == ["temporal", "worker"]
        async with start_dev_server(tmp_path, cli, to_stderr, port=PORT, ui_port=UI_PORT) as server:
            assert server.engine.address.endswith(f":{PORT}")

            async def is_found() -> bool:
                return await missing(asking) == ["worker"]

            await eventually(is_found, "Temporal is found")


async def test_records_that_a_newer_version_made_are_no_mistake_of_whoever_asks(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    await open_records(url).close()
    with connected(url) as engine, writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of-tomorrow'"))
    async with application(settings(tmp_path, DATABASE_URL=url), signed(ANN)) as asking:
        assert problem_of(await asking.get("/v1/workflows"), 503)["code"] == "RECORDS_UNAVAILABLE"


async def test_all_who_ask_meanwhile_wait_for_one_attempt(tmp_path: Path) -> None:
    reach = Reach(settings(tmp_path).faber, tmp_path)
    found = await asyncio.gather(*(reach.faber() for _ in range(10)), return_exceptions=True)
    assert len({id(error) for error in found}) == 1
    assert isinstance(found[0], Unreachable)
    with pytest.raises(Unreachable):
        await reach.faber()

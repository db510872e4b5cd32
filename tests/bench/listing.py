"""What a page costs of a thousand definitions, and of ten thousand runs that have ended, in each database there is."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.records import LARGEST_PAGE, Page, RunRecord
from adapters.records.database import connected, writing
from adapters.records.sql import SqlRecords, open_records
from adapters.records.tables import runs
from tests.bench.house import House, say
from tests.bench.measuring import Line, ms, p95
from tests.postgres import running_postgres

DEFINITIONS, RUNS, PAGE = 1_000, 10_000, 50
DOCUMENT = {"context": {"runtime": {f"name{n}": "a value of some length" * 3 for n in range(20)}}}
Turn = Callable[..., Awaitable[Page[Any]]]


async def list_lines(house: House) -> list[Line]:
    lines = await _of(f"sqlite:///{house.folder / 'lists.db'}", "SQLite")
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres())
        except AssertionError as error:
            say(f"lists in Postgres are not measured: {error}")
            return lines
        return [*lines, *await _of(server.new_database(), "Postgres")]


async def _of(url: str, database: str) -> list[Line]:
    records = open_records(url)
    try:
        await _fill(records, url)

        async def finished(**page: Any) -> Page[Any]:
            return await records.list_runs(status="completed", **page)

        return [
            await _line(f"list of {DEFINITIONS:,} definitions, {database}", records.list_definitions),
            await _line(f"list of {RUNS:,} finished runs, {database}", finished),
        ]
    finally:
        await records.close()


async def _fill(records: SqlRecords, url: str) -> None:
    for number in range(DEFINITIONS):
        id = f"definition-{number:04}"
        await records.put_definition(id, {"id": id, "name": id, "steps": [DOCUMENT] * 3}, "", "bench")
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        RunRecord(
            origin=f"origin-{number:05}",
            run_id=f"def-bench-{number}",
            definition_id=f"definition-{number % 10:04}",
            version=1,
            status="completed",
            started_at=began + timedelta(seconds=number),
            updated_at=began + timedelta(seconds=number + 60),
            ended_at=began + timedelta(seconds=number + 60),
            document=DOCUMENT,
        ).model_dump()
        for number in range(RUNS)
    ]
    with connected(url) as engine, writing(engine) as connection:
        connection.execute(runs.insert(), rows)


async def _line(what: str, turn: Turn) -> Line:
    """Every page of the list, from the first to the last; and the first one again as large as a page may be."""
    taken: list[float] = []
    cursor: str | None = None
    while True:
        began = time.perf_counter()
        page = await turn(cursor=cursor, limit=PAGE)
        taken.append(time.perf_counter() - began)
        if (cursor := page.next_cursor) is None:
            break
    began = time.perf_counter()
    await turn(limit=LARGEST_PAGE)
    largest = time.perf_counter() - began
    return Line(
        what,
        ms(taken),
        None,
        "p95 < 200 ms",
        p95(taken) < 0.2,
        f"{len(taken)} pages of {PAGE}, turned to the end; the first of {LARGEST_PAGE}: {largest * 1e3:.4g} ms",
    )

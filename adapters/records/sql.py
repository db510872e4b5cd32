"""Records in SQLite or Postgres, by SQLAlchemy; every call is one transaction in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine

from adapters.records import (
    DEFAULT_PAGE,
    Page,
    RunRecord,
    RunSummary,
    StoredDefinition,
    StoredTemplate,
    new_version,
    registry,
    run_rows,
)
from adapters.records.cursors import after, checked_limit, definition_place, run_place
from adapters.records.database import connect, reading, writing
from adapters.records.migrate import migrate
from adapters.records.registry import Kind
from faber.contract.definition_runs import ExecutionStatus

Answer = TypeVar("Answer")


def open_records(url: str) -> SqlRecords:
    """Connect, and bring the tables up to date. Errors: ConfigurationError, RecordsUnavailable."""
    engine = connect(url)
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlRecords(engine)


class SqlRecords:
    """`engine` is of adapters.records.database, its tables those of the newest migration."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)) -> None:
        self._engine = engine
        self._now = now

    async def put_definition(
        self,
        id: str,
        document: dict[str, Any],
        source_text: str,
        author: str,
        tenant: str | None = None,
        *,
        first: bool = False,
    ) -> int:
        return await self._put("definition", id, document, source_text, author, tenant, first)

    async def get_definition(
        self, id: str, version: int | None = None, *, tenant: str | None = None, deleted: bool = False
    ) -> StoredDefinition | None:
        return await self._read(registry.get, "definition", id, version, tenant, deleted)

    async def list_definitions(
        self, *, tenant: str | None = None, cursor: str | None = None, limit: int = DEFAULT_PAGE
    ) -> Page[StoredDefinition]:
        start = definition_place(cursor) if cursor else ""
        found = await self._read(registry.page, "definition", tenant, start, checked_limit(limit) + 1)
        more = after("definitions", found[limit - 1].id) if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=more)

    async def delete_definition(self, id: str, tenant: str | None = None) -> bool:
        return await self._write(registry.delete, "definition", id, tenant, self._now())

    async def put_template(self, id: str, text: str, author: str = "", tenant: str | None = None) -> int:
        return await self._put("template", id, {}, text, author, tenant, False)

    async def get_template(
        self, id: str, version: int | None = None, *, tenant: str | None = None
    ) -> StoredTemplate | None:
        found = await self._read(registry.get, "template", id, version, tenant, False)
        return None if found is None else StoredTemplate(text=found.source_text, **found.model_dump())

    async def save_run(self, record: RunRecord) -> bool:
        return await self._write(run_rows.save, record)

    async def get_run(
        self, run_id: str, *, tenant: str | None = None, origin: str | None = None
    ) -> RunRecord | None:
        return await self._read(run_rows.get, run_id, tenant, origin)

    async def list_runs(
        self,
        *,
        definition_id: str | None = None,
        status: ExecutionStatus | None = None,
        tenant: str | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE,
    ) -> Page[RunSummary]:
        place = run_place(cursor) if cursor else None
        asked = checked_limit(limit) + 1
        found = await self._read(run_rows.page, definition_id, status, tenant, place, asked)
        last = found[limit - 1] if len(found) > limit else None
        more = after("runs", last.started_at.isoformat(), last.origin) if last else None
        return Page(items=found[:limit], next_cursor=more)

    async def active_runs(self, definition_id: str) -> list[str]:
        return await self._read(run_rows.active, definition_id)

    async def open_among(self, run_ids: Sequence[str]) -> list[str]:
        return await self._read(run_rows.open_among, run_ids)

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)

    async def _put(
        self,
        kind: Kind,
        id: str,
        document: dict[str, Any],
        text: str,
        author: str,
        tenant: str | None,
        first: bool,
    ) -> int:
        new = new_version(id, document, text, author, tenant, self._now())
        return await self._write(registry.put, kind, new, first)

    async def _read(self, question: Callable[..., Answer], *words: Any) -> Answer:
        def ask() -> Answer:
            with reading(self._engine) as connection:
                return question(connection, *words)

        return await asyncio.to_thread(ask)

    async def _write(self, change: Callable[..., Answer], *words: Any) -> Answer:
        def make() -> Answer:
            with writing(self._engine) as connection:
                return change(connection, *words)

        return await asyncio.to_thread(make)

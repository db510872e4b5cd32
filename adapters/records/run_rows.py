"""Runs as rows, one for each origin; the newest word about a run counts, in whatever order words arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select, tuple_

from adapters.records import ACTIVE, RunRecord, RunSummary, checked
from adapters.records.database import insert_into
from adapters.records.tables import runs
from faber.contract.definition_runs import ExecutionStatus

KEPT_FROM_THE_FIRST = {"origin", "started_at"}
# SQLite takes no more than 999 words in one question, or it is an old one.
ASKED_AT_ONCE = 900


def save(connection: Connection, record: RunRecord) -> bool:
    new = insert_into(connection, runs).values(record.model_dump())
    changed: dict[str, ColumnElement[Any]] = {
        column.name: new.excluded[column.name] for column in runs.c if column.name not in KEPT_FROM_THE_FIRST
    }
    was_queued = runs.c.status == "queued"
    changed["started_at"] = case((was_queued, new.excluded.started_at), else_=runs.c.started_at)
    same_moment = and_(
        new.excluded.updated_at == runs.c.updated_at,
        or_(runs.c.ended_at.is_(None), new.excluded.ended_at.is_not(None)),
    )
    newer = or_(new.excluded.updated_at > runs.c.updated_at, same_moment)
    upsert = new.on_conflict_do_update(index_elements=["origin"], set_=changed, where=newer)
    return connection.execute(upsert.returning(runs.c.origin)).first() is not None


def get(connection: Connection, run_id: str, tenant: str | None, origin: str | None) -> RunRecord | None:
    query = select(runs).where(runs.c.run_id == checked(run_id), runs.c.tenant == tenant)
    if origin is not None:
        query = query.where(runs.c.origin == checked(origin))
    row = connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.origin.desc()).limit(1)).first()
    return None if row is None else RunRecord.model_validate(dict(row._mapping))


def page(
    connection: Connection,
    definition_id: str | None,
    status: ExecutionStatus | None,
    tenant: str | None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[RunSummary]:
    query = select(*(column for column in runs.c if column.name != "document")).where(runs.c.tenant == tenant)
    if definition_id is not None:
        query = query.where(runs.c.definition_id == checked(definition_id))
    if status is not None:
        query = query.where(runs.c.status == status)
    if before is not None:
        query = query.where(tuple_(runs.c.started_at, runs.c.origin) < before)
    rows = connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.origin.desc()).limit(limit))
    return [RunSummary.model_validate(dict(row._mapping)) for row in rows]


def active(connection: Connection, definition_id: str) -> list[str]:
    query = (
        select(runs.c.run_id)
        .distinct()
        .where(runs.c.definition_id == checked(definition_id), runs.c.status.in_(ACTIVE))
    )
    found: list[Any] = list(connection.execute(query).scalars())
    return sorted(found)


def open_among(connection: Connection, run_ids: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for at in range(0, len(run_ids), ASKED_AT_ONCE):
        asked = [checked(run_id) for run_id in run_ids[at : at + ASKED_AT_ONCE]]
        query = select(runs.c.run_id).where(runs.c.run_id.in_(asked), runs.c.status.in_(ACTIVE))
        found.update(connection.execute(query).scalars())
    return sorted(found)

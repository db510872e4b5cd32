"""Definitions and templates as rows: an entry for each id, a row for each version."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select, update

from adapters.records import StoredDefinition, checked, content_sha256, not_yours, taken
from adapters.records.database import insert_into
from adapters.records.tables import entries, versions

Kind = Literal["definition", "template"]
LAST_VERSION = 2**31 - 1


def put(connection: Connection, kind: Kind, new: StoredDefinition, first: bool) -> int:
    """Keep `new` under the next number, unless it says what the newest version says. Errors: NotYours, Conflict."""
    entry = _entry_to_change(connection, kind, new.id, new.tenant)
    digest, there = content_sha256(new), entry.newest and entry.deleted_at is None
    if there and first:
        raise taken(new.id)
    if there and digest == _digest(connection, kind, new.id, entry.newest):
        return int(entry.newest)
    version = entry.newest + 1
    row = new.model_dump(exclude={"tenant"}) | {"kind": kind, "version": version, "content_sha256": digest}
    connection.execute(insert(versions).values(row))
    connection.execute(update(entries).where(_is(kind, new.id)).values(newest=version, deleted_at=None))
    return int(version)


def get(
    connection: Connection, kind: Kind, id: str, version: int | None, tenant: str | None, deleted: bool
) -> StoredDefinition | None:
    if version is not None and not 1 <= version <= LAST_VERSION:
        return None
    number = entries.c.newest if version is None else version
    query = _visible(kind, tenant, deleted).where(entries.c.id == checked(id), versions.c.version == number)
    row = connection.execute(query).first()
    return None if row is None else _stored(row)


def page(
    connection: Connection, kind: Kind, tenant: str | None, after: str, limit: int
) -> list[StoredDefinition]:
    query = _visible(kind, tenant, deleted=False).where(
        entries.c.id > after, versions.c.version == entries.c.newest
    )
    return [_stored(row) for row in connection.execute(query.order_by(entries.c.id).limit(limit))]


def delete(connection: Connection, kind: Kind, id: str, tenant: str | None, now: datetime) -> bool:
    """Errors: NotYours."""
    query = select(entries.c.tenant).where(
        _is(kind, checked(id)), _of(tenant), entries.c.deleted_at.is_(None)
    )
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        return False
    if row.tenant != tenant:
        raise not_yours(id)
    connection.execute(update(entries).where(_is(kind, id)).values(deleted_at=now))
    return True


def _entry_to_change(connection: Connection, kind: Kind, id: str, tenant: str | None) -> Row[Any]:
    """Held until the transaction ends, so that two writers count one after the other. Errors: NotYours."""
    new = insert_into(connection, entries).values(kind=kind, id=id, tenant=tenant, newest=0)
    connection.execute(new.on_conflict_do_nothing())
    row = connection.execute(select(entries).where(_is(kind, id)).with_for_update()).one()
    if row.tenant != tenant:
        raise not_yours(id)
    return row


def _digest(connection: Connection, kind: Kind, id: str, version: int) -> str:
    query = select(versions.c.content_sha256).where(
        versions.c.kind == kind, versions.c.id == id, versions.c.version == version
    )
    return str(connection.execute(query).scalar_one())


def _visible(kind: Kind, tenant: str | None, deleted: bool) -> Select[Any]:
    same = (versions.c.kind == entries.c.kind) & (versions.c.id == entries.c.id)
    query = select(versions, entries.c.tenant).join(entries, same).where(entries.c.kind == kind, _of(tenant))
    return query if deleted else query.where(entries.c.deleted_at.is_(None))


def _is(kind: Kind, id: str) -> ColumnElement[bool]:
    return (entries.c.kind == kind) & (entries.c.id == id)


def _of(tenant: str | None) -> ColumnElement[bool]:
    return or_(entries.c.tenant.is_(None), entries.c.tenant == tenant)


def _stored(row: Row[Any]) -> StoredDefinition:
    return StoredDefinition.model_validate(dict(row._mapping))

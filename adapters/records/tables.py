"""The tables of the records; a change here needs a migration: `alembic revision --autogenerate -m "..."`."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite keeps no offset: what goes in is turned to UTC, what comes out says that it is."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# One order of texts everywhere: a cursor says where the order goes on.
BYTES_ORDER = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData()

entries = Table(
    "registry_entries",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", BYTES_ORDER, primary_key=True),
    Column("tenant", Text),
    Column("newest", Integer, nullable=False),
    Column("deleted_at", UtcDateTime),
)

versions = Table(
    "registry_versions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", BYTES_ORDER, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSON, nullable=False),
    Column("source_text", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(
        ["kind", "id"], ["registry_entries.kind", "registry_entries.id"], name="registry_versions_entry"
    ),
)

runs = Table(
    "runs",
    metadata,
    Column("origin", BYTES_ORDER, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("definition_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("current_step", Text),
    Column("started_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("tenant", Text),
    Column("idempotency_key", Text),
    Column("inputs_hash", Text),
    Column("document", JSON, nullable=False),
    # Each list reads its page from an index, read backwards: every filter begins one, the order ends it.
    Index("runs_by_start", "tenant", "started_at", "origin"),
    Index("runs_by_definition", "definition_id", "tenant", "started_at", "origin"),
    Index("runs_by_status", "status", "tenant", "started_at", "origin"),
    Index("runs_by_run_id", "run_id", "started_at"),
)

"""The database behind a URL: SQLite in a file, or Postgres. Nothing is opened before a connection is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from faber.contract.wire import masked
from faber.errors import ConfigurationError, RecordsUnavailable

POSTGRES = "postgresql+psycopg"
BUSY_S = 30
CONNECT_S = 10
WRITES = "faber_writes"


def connect(url: str) -> Engine:
    """`sqlite:///path`, `postgresql://...` or `postgresql+psycopg://...`. Errors: ConfigurationError."""
    parsed = _checked(url)
    if parsed.drivername == POSTGRES:
        # A server that vanished is given up: it would hold a thread for two hours.
        given = {"connect_timeout": str(CONNECT_S), "tcp_user_timeout": str(BUSY_S * 1000), **parsed.query}
        parsed = parsed.set(query=given)
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_S}} if _is_sqlite(parsed) else {}
    try:
        engine = create_engine(
            parsed,
            hide_parameters=True,
            pool_pre_ping=not _is_sqlite(parsed),
            json_serializer=partial(json.dumps, allow_nan=False),
            **options,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"DATABASE_URL names Postgres, and {error.name} is not installed: pip install 'fractary-faber[postgres]'"
        ) from error
    if _is_sqlite(parsed):
        event.listen(engine, "connect", _take_over_transactions)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def connected(url: str) -> Iterator[Engine]:
    """The same, and no connection is left open."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def sqlite_file(engine: Engine) -> Path | None:
    """None: not SQLite."""
    return Path(engine.url.database or "") if _is_sqlite(engine.url) else None


def shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that SQLite does not let begin beside another one: a read in it is still true at its write."""
    with answering(engine), engine.execution_options(**{WRITES: True}).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    with answering(engine), engine.begin() as connection:
        yield connection


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """One that knows what to do about a row that is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


@contextmanager
def answering(engine: Engine) -> Iterator[None]:
    """Errors: RecordsUnavailable."""
    try:
        yield
    except NoConnectionFree as error:
        raise RecordsUnavailable(f"No connection to {shown(engine)} came free: {error}") from error
    except DBAPIError as error:
        if not isinstance(error, OperationalError | InterfaceError) and not error.connection_invalidated:
            raise
        reason = " ".join(masked(str(error.orig)).split())[:300]
        raise RecordsUnavailable(
            f"The records at {shown(engine)} do not answer: {reason}. Check DATABASE_URL and that the database runs"
        ) from error


def _checked(url: str) -> URL:
    written = url.strip()
    for prefix in ("postgresql://", "postgres://"):
        if written.startswith(prefix):
            written = f"{POSTGRES}://{written.removeprefix(prefix)}"
    try:
        parsed = make_url(written)
    except (ArgumentError, NoSuchModuleError, ValueError):
        parsed = None
    if parsed is not None and parsed.drivername == POSTGRES:
        return parsed
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise ConfigurationError(
        f"DATABASE_URL is {masked(url)!r}: write sqlite:///path/of/a/file.db or postgresql://user:password@host/name"
    )


def _is_sqlite(url: URL) -> bool:
    return url.drivername == "sqlite"


def _take_over_transactions(connection: Any, record: object) -> None:
    """Python's sqlite3 begins a transaction by itself only before some statements, and ends it before others."""
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""Brings the tables up to date; processes that start at once do it one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text

from adapters.journal.durable import locked
from adapters.records.database import answering, reading, shown, sqlite_file, writing
from faber.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number that no other program uses for a lock in the same database.
ADVISORY_LOCK = 7_036_874_417


def migrate(engine: Engine) -> None:
    """Errors: ConfigurationError when a newer FABER made the tables, RecordsUnavailable."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with alone(engine):
        if _revision(engine) == ScriptDirectory.from_config(config).get_current_head():
            return
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            _upgrade(config, engine)


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Nobody else changes the tables meanwhile, in this process or another; a killed holder lets go."""
    file = sqlite_file(engine)
    if file is None:
        with reading(engine) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
            yield
        return
    _make_room(file)
    with locked(file.with_name(f"{file.name}.lock")):
        _write_ahead(engine)
        yield


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _upgrade(config: Config, engine: Engine) -> None:
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            f"The records at {shown(engine)} have tables that this FABER does not know ({error}): start the newer "
            "one that made them, or name another DATABASE_URL"
        ) from error


def _make_room(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError as error:
        raise ConfigurationError(
            f"The records cannot be kept in {file}: {error.strerror}. Name another file in DATABASE_URL"
        ) from error


def _write_ahead(engine: Engine) -> None:
    """Readers and a writer do not wait for each other; the file remembers it."""
    with answering(engine):
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()

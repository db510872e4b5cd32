"""How Alembic reaches the records: by the connection of `migrate`, or from its command line by DATABASE_URL."""

from __future__ import annotations

from logging.config import fileConfig
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from adapters.records.database import connected, writing
from adapters.records.migrate import alone
from adapters.records.tables import UtcDateTime, metadata
from faber.env_file import read_env_file
from faber.settings import Settings

# SQLite changes a column only by copying its table, and does it within a transaction as Postgres does.
OPTIONS: dict[str, Any] = {"target_metadata": metadata, "render_as_batch": True, "transactional_ddl": True}


def as_written(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:
    """A migration outlives our own types."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    context.configure(connection=connection, render_item=as_written, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def run_from_the_command_line() -> None:
    if context.config.config_file_name is not None:
        fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    read_env_file()
    with connected(Settings.read().database_url) as engine:
        if context.is_offline_mode():
            context.configure(url=engine.url, literal_binds=True, **OPTIONS)
            with context.begin_transaction():
                context.run_migrations()
        else:
            with alone(engine), writing(engine) as connection:
                run(connection)


given = context.config.attributes.get("connection")
if given is None:
    run_from_the_command_line()
else:
    run(given)

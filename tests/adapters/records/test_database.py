"""The URL of the records: what it may be, and what is said when it leads nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.records.database import connect, connected, reading, writing
from adapters.records.migrate import migrate
from adapters.records.sql import SqlRecords, open_records
from faber.errors import ConfigurationError, RecordsUnavailable
from faber.settings import Settings
from tests.postgres import Postgres

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({}, "sqlite:////data/records.db"),
        ({"DATABASE_URL": "sqlite:///./app.db"}, "sqlite:///./app.db"),
        ({"FABER_POSTGRES_URL": "postgresql://db/a"}, "postgresql://db/a"),
        (
            {"FABER_POSTGRES_URL": "postgresql://db/a", "DATABASE_URL": "postgresql://db/b"},
            "postgresql://db/b",
        ),
        ({"FABER_POSTGRES_URL": "postgresql://db/a", "DATABASE_URL": ""}, "postgresql://db/a"),
    ],
)
def test_the_environment_says_where_the_records_are(given: dict[str, str], meant: str) -> None:
    assert Settings.read({"FABER_DATA_DIR": "/data", **given}).database_url == meant


@pytest.mark.parametrize(
    "url",
    ["", "records.db", "mysql://db/a", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://db/a", "://"],
)
def test_a_url_of_another_kind_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL.*sqlite:///.*postgresql://"):
        connect(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_every_common_spelling_of_postgres_is_postgres(scheme: str, postgres: Postgres) -> None:
    url = postgres.url("postgres").replace("postgresql://", f"{scheme}://")
    with connected(url) as engine, reading(engine) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_connecting_opens_nothing(tmp_path: Path) -> None:
    with connected(f"sqlite:///{tmp_path / 'records.db'}"), connected("postgresql://nobody@127.0.0.1:1/none"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_never_in_what_is_said() -> None:
    with pytest.raises(ConfigurationError) as refused:
        connect("mysql://app:opens-sesame@db/a")
    with pytest.raises(RecordsUnavailable, match="Check DATABASE_URL") as unreachable:
        open_records("postgresql://app:opens-sesame@127.0.0.1:1/a")
    for caught in (refused, unreachable):
        assert "sesame" not in str(caught.value)


def test_a_database_that_does_not_answer_is_tried_again(tmp_path: Path) -> None:
    assert not RecordsUnavailable.permanent
    with pytest.raises(RecordsUnavailable, match="do not answer"):
        open_records(f"postgresql://nobody@/none?host={tmp_path}")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"cannot be kept in .*file/records.db.*another file"):
        open_records(f"sqlite:///{tmp_path / 'file' / 'records.db'}")


async def test_tables_that_nobody_made_are_said_to_be_missing(tmp_path: Path) -> None:
    records = SqlRecords(connect(f"sqlite:///{tmp_path / 'records.db'}"))
    with pytest.raises(RecordsUnavailable, match="no such table"):
        await records.get_run("def-a")
    await records.close()


async def test_a_connection_that_the_server_ended_is_made_anew(postgres: Postgres) -> None:
    records = open_records(url := postgres.new_database())
    await records.put_template("greeting", "Hello")
    with connected(url) as engine, writing(engine) as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{ended} AND pid <> pg_backend_pid()"))
    assert await records.get_template("greeting")
    await records.close()


async def test_readers_and_a_writer_of_a_file_do_not_wait_for_each_other(tmp_path: Path) -> None:
    records = open_records(url := f"sqlite:///{tmp_path / 'records.db'}")
    await records.put_template("greeting", "Hello")
    with connected(url) as engine, writing(engine) as connection:
        connection.execute(text("UPDATE registry_entries SET newest = 7"))
        found = await records.get_template("greeting")
        assert found is not None
        assert found.version == 1
        connection.rollback()
    with connected(url) as engine, reading(engine) as connection:
        count = text("SELECT count(*) FROM registry_versions")
        assert connection.execute(count).scalar_one() == 1
        assert await records.put_template("greeting", "Dear") == 2
        assert connection.execute(count).scalar_one() == 1
    await records.close()


def test_processes_that_write_at_once_all_get_their_numbers(url: str) -> None:
    with connected(url) as engine:
        migrate(engine)
    code = (
        "import asyncio, sys; from adapters.records.sql import open_records\n"
        "async def main():\n"
        "    records = open_records(sys.argv[1])\n"
        "    for n in range(25): print(await records.put_template('t', f'{sys.argv[2]} {n}'))\n"
        "asyncio.run(main())\n"
    )
    told = [sys.executable, "-c", code, url]
    writers = [
        subprocess.Popen([*told, name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    numbers = [int(line) for writer in writers for line in writer.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 76))

"""The tables of the records: made and changed by Alembic, from our own start and from its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from adapters.records.database import connected, reading, writing
from adapters.records.migrate import migrate
from adapters.records.sql import open_records
from faber.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
TABLES = {"alembic_version", "registry_entries", "registry_versions", "runs"}


def alembic(url: str, *words: str, **more: str) -> str:
    environment = {**os.environ, "DATABASE_URL": url, **more}
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tables(url: str) -> set[str]:
    with connected(url) as engine:
        return set(inspect(engine).get_table_names())


def revision(url: str) -> str | None:
    with connected(url) as engine, reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_the_command_line_upgrades_and_downgrades_from_the_root(url: str) -> None:
    assert "Running upgrade" in alembic(url, "upgrade", "head")
    assert tables(url) == TABLES
    assert "Running downgrade" in alembic(url, "downgrade", "-1")
    assert tables(url) == {"alembic_version"}
    alembic(url, "upgrade", "head")
    assert tables(url) == TABLES


def test_the_tables_are_those_that_the_migrations_make(url: str) -> None:
    alembic(url, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(url, "check")


def test_the_sql_of_an_upgrade_can_be_had_without_running_it(url: str) -> None:
    assert "CREATE TABLE registry_versions" in alembic(url, "upgrade", "head", "--sql")
    assert tables(url) == set()


def test_a_new_migration_can_be_written_from_the_root(url: str, tmp_path: Path) -> None:
    alembic(url, "upgrade", "head")
    with connected(url) as engine, writing(engine) as connection:
        connection.execute(text("ALTER TABLE runs DROP COLUMN inputs_hash"))
    versions = ROOT / "adapters/records/migrations/versions"
    before = set(versions.glob("*.py"))
    # The file goes elsewhere: the tests leave nothing in the source tree.
    config = tmp_path / "alembic.ini"
    places = f"version_locations = {versions}{os.pathsep}{tmp_path / 'new'}\n"
    written = (ROOT / "alembic.ini").read_text().replace("[alembic]\n", f"[alembic]\n{places}")
    config.write_text(written.replace("%(here)s", str(ROOT)))
    (tmp_path / "new").mkdir()
    told = ["revision", "--autogenerate", "-m", "add a hash", "--version-path", str(tmp_path / "new")]
    alembic(url, "--config", str(config), *told)
    (made,) = (tmp_path / "new").glob("*_add_a_hash.py")
    assert 'add_column(sa.Column("inputs_hash", sa.Text(), nullable=True))' in made.read_text()
    assert set(versions.glob("*.py")) == before


def test_without_a_url_the_file_of_the_data_folder_is_meant(tmp_path: Path) -> None:
    alembic("", "upgrade", "head", FABER_DATA_DIR=str(tmp_path / "data"), FABER_POSTGRES_URL="")
    assert tables(f"sqlite:///{tmp_path / 'data' / 'records.db'}") == TABLES


async def test_opening_makes_the_tables_and_opening_again_keeps_what_is_in_them(url: str) -> None:
    first = open_records(url)
    await first.put_template("greeting", "Hello")
    await first.close()
    again = open_records(url)
    assert await again.get_template("greeting")
    await again.close()
    assert tables(url) == TABLES


def test_processes_that_start_at_once_do_not_disturb_each_other(url: str) -> None:
    code = "import sys; from adapters.records.sql import open_records; open_records(sys.argv[1])"
    starts = [
        subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [start.communicate()[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0, 0], said
    assert tables(url) == TABLES


def test_an_upgrade_that_fails_leaves_nothing_behind(url: str) -> None:
    with connected(url) as engine, writing(engine) as connection:
        connection.execute(text("CREATE TABLE registry_versions (mine INTEGER)"))
    with pytest.raises(Exception, match="registry_versions"):
        open_records(url)
    assert tables(url) - {"registry_versions", "alembic_version"} == set()
    assert revision(url) is None


def test_tables_of_a_newer_faber_are_left_alone_and_said_to_be_newer(url: str) -> None:
    with connected(url) as engine:
        migrate(engine)
        with writing(engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
        with pytest.raises(ConfigurationError, match=r"from the future.*start the newer one"):
            migrate(engine)
    assert revision(url) == "from the future"

"""A real Postgres of a test session's own, in a folder of its own, reached by its socket only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.waiting import wait_until

USER = "faber"
# Nothing here outlives the session, so nothing need outlive a power cut.
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


@dataclass
class Postgres:
    folder: Path
    _numbers: count[int]

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Its URL."""
        name = f"records_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="faber-pg-") as place:
        folder = Path(place)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = str(folder / "data")
        told = [_program("initdb"), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(told, check=True, capture_output=True, cwd=place, **_as_postgres())
        at = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={place}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [_program("postgres"), "-D", data, *at, *FAST],
                stdout=log,
                stderr=log,
                cwd=place,
                **_as_postgres(),
            )
            try:
                postgres = Postgres(folder, count(1))
                wait_until(lambda: _answers(postgres, server), f"Postgres answers ({folder / 'log'})")
                yield postgres
            finally:
                server.send_signal(signal.SIGINT)
                server.wait()


def _program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(places[-1]) if places else shutil.which(name)
    assert found, f"{name} is not installed: apt install postgresql"
    return found


def _as_postgres() -> dict[str, Any]:
    """Postgres refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _answers(postgres: Postgres, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, (postgres.folder / "log").read_text()
    try:
        psycopg.connect(postgres.url("postgres")).close()
    except psycopg.OperationalError:
        return False
    return True

"""The document that says which server runs: whole or absent, and true only of the process it names."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import psutil

from adapters.engine import Engine, engine_file

MINE = Engine("127.0.0.1:1", "faber", "http://127.0.0.1:2", os.getpid(), psutil.Process().create_time())


def test_what_is_written_is_read_and_no_half_is_left_beside_it(tmp_path: Path) -> None:
    engine_file.write(tmp_path / "engine.json", MINE)
    assert engine_file.read(tmp_path / "engine.json") == MINE
    assert [file.name for file in tmp_path.iterdir()] == ["engine.json"]


def test_a_document_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    file = tmp_path / "engine.json"
    for text in ("", "{", "[]", '{"address": "127.0.0.1:1"}'):
        file.write_text(text)
        assert engine_file.read(file) is None
    file.unlink()
    assert engine_file.read(file) is None


def test_a_later_process_with_the_same_pid_is_not_the_server() -> None:
    assert engine_file.process(MINE) is not None
    assert engine_file.process(replace(MINE, started_at=MINE.started_at - 60)) is None


def test_only_the_servers_own_document_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "engine.json"
    engine_file.write(file, MINE)
    engine_file.remove(file, replace(MINE, pid=MINE.pid + 1))
    assert file.exists()
    engine_file.remove(file, MINE)
    assert not file.exists()

"""The journal on disk: what a crash leaves, what several processes do to each other, where files lie."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.journal import Lease
from adapters.journal.durable import locked
from adapters.journal.folder import FolderJournal
from adapters.journal.names import key_of, path_of
from faber.errors import LeaseLost, WorkerError
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[3]


def start(tmp_path: Path, code: str, *arguments: str) -> subprocess.Popen[str]:
    head = "import sys; from pathlib import Path; from adapters.journal import Lease\n"
    head += "from adapters.journal.folder import FolderJournal; journal = FolderJournal(Path(sys.argv[1]))\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + code, str(tmp_path), *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_lines_of_several_processes_are_all_there_and_whole(tmp_path: Path) -> None:
    code = "for number in range(60): journal.append('log', sys.argv[2] * 300 + str(number))"
    for process in [start(tmp_path, code, letter) for letter in "abcd"]:
        finish(process)
    lines = (FolderJournal(tmp_path).load("log") or "").splitlines()
    assert sorted(lines) == sorted(letter * 300 + str(number) for letter in "abcd" for number in range(60))


def test_a_reader_sees_only_whole_notes_while_another_process_replaces_them(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.save("note", "a" * 50_000)
    writer = start(
        tmp_path, "for number in range(150): journal.save('note', 'ab'[number % 2] * (50_000 + number % 2))"
    )
    seen = set()
    while writer.poll() is None:
        seen.add(journal.load("note"))
    finish(writer)
    assert seen <= {"a" * 50_000, "b" * 50_001}


def test_no_attempt_is_ever_taken_by_two_processes(tmp_path: Path) -> None:
    code = """
from faber.errors import LeaseLost, WorkerError
won = 0
for attempt in range(1, 41):
    try:
        journal.take_lease('k', attempt, sys.argv[2]); won += 1
    except LeaseLost:
        pass
print(won)
"""
    processes = [start(tmp_path, code, f"worker-{number}") for number in range(4)]
    won = [int(finish(process)) for process in processes]
    # Every attempt that is taken is taken once; one that a faster worker jumped over is taken by nobody.
    assert 1 <= sum(won) <= 40
    FolderJournal(tmp_path).check_lease("k", 40, _holder(tmp_path))


def _holder(tmp_path: Path) -> str:
    with pytest.raises(LeaseLost) as lost:
        FolderJournal(tmp_path).check_lease("k", 40, "nobody")
    return str(lost.value.details["holder"])


def test_a_fenced_write_never_lands_after_a_newer_attempt_has_taken_over(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.take_lease("k", 1, "old")
    writer = start(
        tmp_path,
        """
from faber.errors import LeaseLost, WorkerError
try:
    for number in range(100_000):
        journal.save('note', f'old {number}', lease=Lease('k', 1, 'old'))
except LeaseLost:
    print('stopped')
""",
    )
    wait_until(lambda: journal.load("note") is not None, "the old attempt wrote")
    assert journal.take_lease("k", 2, "new") == "old"
    after = journal.load("note")
    assert finish(writer) == "stopped\n"
    assert journal.load("note") == after


def test_a_killed_holder_of_a_lock_blocks_nobody(tmp_path: Path) -> None:
    code = """
import time
from adapters.journal.durable import locked
with locked(Path(sys.argv[1]) / 'lock'):
    print('held', flush=True)
    time.sleep(60)
"""
    holder = start(tmp_path, code)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (tmp_path / "lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    holder.kill()
    with locked(tmp_path / "lock"):
        holder.communicate()


def test_a_line_torn_by_a_crash_is_not_read_and_the_next_line_takes_its_place(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.append("log", "kept")
    (file,) = (tmp_path / "journal/notes").iterdir()
    file.write_bytes(file.read_bytes() + b'{"half": "of a')
    assert journal.load("log") == "kept\n"
    journal.append("log", "next")
    assert journal.load("log") == "kept\nnext\n"


def test_what_a_crash_left_beside_a_note_is_no_note_and_goes_with_its_prefix(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.save("run/note", "text")
    (tmp_path / "journal/notes/run/.writing-abc").write_bytes(b"half")
    assert journal.keys("") == ["run/note"]
    assert journal.delete("run") == 1
    assert list((tmp_path / "journal/notes").iterdir()) == []


def test_notes_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.save("run/note", "text")
    assert os.stat(tmp_path / "journal/notes/run/note.note").st_mode & 0o777 == 0o600


def test_two_keys_whose_locks_coincide_do_not_deadlock(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    for number in range(200):
        key = f"k{number}"
        journal.take_lease(key, 1, "me")
        journal.append(key, "line", lease=Lease(key, 1, "me"))
    assert len(journal.keys("")) == 200


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_every_key_is_read_back_from_its_path_and_stays_below_the_root(key: str) -> None:
    path = path_of(key)
    assert key_of(path.parts) == key
    assert not path.is_absolute()
    assert all(0 < len(name) <= 200 and name == name.lower() for name in path.parts)
    assert not any("." in name for name in path.parts)


def test_a_key_too_long_for_any_file_system_is_refused_by_name() -> None:
    with pytest.raises(WorkerError, match="5000 characters: name it by a sha256"):
        path_of("y" * 5_000)


@settings(deadline=None)
@given(st.lists(st.text("aA/.%~", max_size=8), unique=True, max_size=20))
def test_two_keys_never_share_a_path(keys: list[str]) -> None:
    assert len({str(path_of(key)) for key in keys}) == len(keys)

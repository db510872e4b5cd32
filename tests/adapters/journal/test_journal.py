"""The journal: notes, lines and leases, the same for the folder and the fake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.journal import Journal, Lease
from adapters.journal.folder import FolderJournal
from adapters.journal.in_memory import InMemoryJournal
from faber.errors import LeaseLost, WorkerError


@pytest.fixture(params=["folder", "in memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return FolderJournal(tmp_path) if request.param == "folder" else InMemoryJournal()


STRANGE_KEYS = [
    "a/b",
    "a",
    "A",
    "a//b",
    "/a/b",
    "a/b/",
    "",
    ".",
    "..",
    "../../escape",
    "a%2fb",
    "a.note",
    "a.lines/b",
    "nul\x00 and \n newline",
    "ä/日本",
    "a\u0308",
    "\ud800",
    "x" * 1_500,
    "x" * 180 + "/y",
    "~/z~",
    "con",
]


def test_every_text_is_a_key_and_no_two_share_a_note(journal: Journal) -> None:
    for number, key in enumerate(STRANGE_KEYS):
        journal.save(key, str(number))
    assert [journal.load(key) for key in STRANGE_KEYS] == [str(number) for number in range(len(STRANGE_KEYS))]
    assert journal.keys("") == sorted(STRANGE_KEYS)


def test_a_note_is_replaced_and_comes_back_exactly(journal: Journal) -> None:
    text = "first\r\n\x00 lone \ud800 surrogate, no newline at the end"
    journal.save("run/build/1", "old and much longer" * 100)
    journal.save("run/build/1", text)
    assert journal.load("run/build/1") == text
    assert journal.load("run/build/2") is None


def test_lines_are_added_in_order_each_with_its_newline(journal: Journal) -> None:
    journal.append("run/log", json.dumps({"text": "two\nlines"}))
    journal.append("run/log", "")
    journal.append("run/log", "last")
    assert journal.load("run/log") == '{"text": "two\\nlines"}\n\nlast\n'


def test_a_line_with_a_line_break_is_refused_before_anything_is_written(journal: Journal) -> None:
    with pytest.raises(WorkerError, match="encode it as JSON"):
        journal.append("run/log", "one\ntwo")
    assert journal.load("run/log") is None


def test_a_key_is_saved_or_appended_to_but_never_both(journal: Journal) -> None:
    journal.save("saved", "text")
    journal.append("lines", "one")
    with pytest.raises(WorkerError, match="use two keys"):
        journal.append("saved", "one")
    with pytest.raises(WorkerError, match="use two keys"):
        journal.save("lines", "text")


def test_a_prefix_covers_whole_segments_only(journal: Journal) -> None:
    for key in ("run-1", "run-1/a", "run-1/a/b", "run-10/a", "other"):
        journal.save(key, "x")
    journal.append("run-1/log", "x")
    assert journal.keys("run-1") == ["run-1", "run-1/a", "run-1/a/b", "run-1/log"]
    assert journal.delete("run-1") == 4
    assert journal.delete("run-1") == 0
    assert journal.keys("") == ["other", "run-10/a"]


def test_the_first_lease_has_no_previous_owner_and_repeating_it_changes_nothing(journal: Journal) -> None:
    assert journal.take_lease("k", 1, "worker-1") is None
    assert journal.take_lease("k", 1, "worker-1") is None
    journal.check_lease("k", 1, "worker-1")


def test_a_newer_attempt_takes_over_and_is_told_whose_processes_to_end(journal: Journal) -> None:
    journal.take_lease("k", 1, "worker-1")
    assert journal.take_lease("k", 2, "worker-2") == "worker-1"
    with pytest.raises(LeaseLost, match="attempt 2 of worker-2 holds it"):
        journal.check_lease("k", 1, "worker-1")
    journal.check_lease("k", 2, "worker-2")


def test_a_newer_attempt_of_the_same_owner_has_nobody_to_end(journal: Journal) -> None:
    journal.take_lease("k", 1, "worker-1")
    assert journal.take_lease("k", 3, "worker-1") is None
    with pytest.raises(LeaseLost):
        journal.check_lease("k", 1, "worker-1")


@pytest.mark.parametrize("owner", ["worker-1", "worker-2"])
def test_an_older_attempt_never_gets_a_lease_back(journal: Journal, owner: str) -> None:
    journal.take_lease("k", 2, "worker-2")
    with pytest.raises(LeaseLost, match=f"Attempt 1 of {owner} has lost k"):
        journal.take_lease("k", 1, owner)
    journal.check_lease("k", 2, "worker-2")


def test_of_two_owners_of_one_attempt_the_first_keeps_it(journal: Journal) -> None:
    journal.take_lease("k", 1, "worker-1")
    with pytest.raises(LeaseLost):
        journal.take_lease("k", 1, "worker-2")


def test_who_lost_the_lease_writes_nothing(journal: Journal) -> None:
    journal.take_lease("k", 1, "worker-1")
    journal.take_lease("k", 2, "worker-2")
    stale, held = Lease("k", 1, "worker-1"), Lease("k", 2, "worker-2")
    for write in (journal.save, journal.append):
        with pytest.raises(LeaseLost):
            write(f"note/{write.__name__}", "stale", lease=stale)
        write(f"note/{write.__name__}", "held", lease=held)
    assert journal.load("note/save") == "held"
    assert journal.load("note/append") == "held\n"


def test_a_lease_that_nobody_holds_lets_nobody_write(journal: Journal) -> None:
    journal.take_lease("run/k", 1, "worker-1")
    journal.delete("run")
    with pytest.raises(LeaseLost, match="nobody holds it"):
        journal.save("run/note", "late", lease=Lease("run/k", 1, "worker-1"))
    assert journal.keys("run") == []

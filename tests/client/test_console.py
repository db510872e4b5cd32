"""The two streams: what a terminal would obey never reaches it, and an unread pipe is never filled."""

from __future__ import annotations

import io

import pytest

from faber.api.console import Console, plain
from faber.api.exits import code_of
from faber.errors import (
    BudgetApprovalRequired,
    BudgetExceeded,
    ConfigurationError,
    EngineUnavailable,
    FaberError,
    PhaseApprovalRequired,
    RunCancelled,
    WorkflowError,
)


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07",
        "\x1b[2J",
        "a\rb",
        "\x9b31m",
        "\u202egnp.exe",
        "\u2066x",
        "\x00",
        "\u200b",
        "\u2028",
    ],
)
def test_nothing_that_a_terminal_or_a_reader_is_deceived_by_is_printed(text: str) -> None:
    shown = plain(text)
    assert "\N{REPLACEMENT CHARACTER}" in shown
    assert not set(shown) & set("\x1b\x07\r\x9b\u202e\u2066\x00\u200b\u2028")


def test_words_lines_and_tabs_stay_as_they_are() -> None:
    assert plain("Grüße\r\n\tan 世界 \N{ROCKET}") == "Grüße\n\tan 世界 \N{ROCKET}"


def test_progress_ends_before_the_pipe_is_full_and_the_last_words_still_come() -> None:
    console = Console(out=io.StringIO(), err=io.StringIO())
    for number in range(5000):
        console.say(f"line {number}")
    console.last_words("Budget exceeded: $12.00 / $10.00\n" + "x" * 100_000 + "\ngo on: approve 1")
    written = console.err.getvalue()  # type: ignore[attr-defined]
    assert "Budget exceeded: $12.00 / $10.00" in written
    assert written.endswith("\ngo on: approve 1\n")
    assert len(written.encode()) < 16 * 1024


def test_a_note_is_said_once() -> None:
    console = Console(out=io.StringIO(), err=io.StringIO())
    console.note_all(["a", "b", "a"])
    assert console.err.getvalue() == "note: a\nnote: b\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConfigurationError, 2),
        (EngineUnavailable, 6),
        (PhaseApprovalRequired, 3),
        (BudgetApprovalRequired, 5),
        (BudgetExceeded, 4),
        (RunCancelled, 130),
        (WorkflowError, 1),
        (FaberError, 1),
    ],
)
def test_each_error_has_its_exit_code(kind: type[FaberError], code: int) -> None:
    assert code_of(kind("x")) == code

"""What each end of a command means to the program that started it: the exit codes, first match wins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from faber.api import interrupts
from faber.api.console import Console
from faber.errors import (
    BudgetApprovalRequired,
    BudgetExceeded,
    FaberError,
    PhaseApprovalRequired,
    RunCancelled,
    Unreachable,
    UsageError,
)

CODES: tuple[tuple[type[FaberError], int], ...] = (
    (UsageError, 2),
    (Unreachable, 6),
    (PhaseApprovalRequired, 3),
    (BudgetApprovalRequired, 5),
    (BudgetExceeded, 4),
    (RunCancelled, interrupts.CODE),
)


def code_of(error: FaberError) -> int:
    return next((code for kind, code in CODES if isinstance(error, kind)), 1)


@contextmanager
def exits(console: Console, interrupted: str = "interrupted") -> Iterator[None]:
    """Turns what a command raises into its last words and its exit code."""
    interrupts.in_a_command()
    try:
        yield
    except FaberError as error:
        leave(console, "\n".join([error.message, *advice(error)]), code_of(error))
    except KeyboardInterrupt:
        leave(console, interrupted, interrupts.CODE)


def leave(console: Console, message: str, code: int) -> NoReturn:
    console.last_words(message)
    raise typer.Exit(code)


def advice(error: FaberError) -> list[str]:
    """The exact commands that a waiting or a failed run goes on with."""
    run_id, waiting = error.details.get("run_id"), error.details.get("waiting")
    if waiting is not None:
        return [
            f"run {run_id} waits: {waiting.what}",
            f"look at it: python -m faber.api show {run_id}",
            f"go on:      {waiting.command}",
        ]
    result = error.details.get("result")
    if result is not None:
        return [f"the document: python -m faber.api result {result.workflow_id}"]
    return []

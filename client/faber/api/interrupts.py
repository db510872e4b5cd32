"""Ctrl-C: while the command line is loaded, when no command is there yet to answer it, and amid a run."""

from __future__ import annotations

import os
import signal
from types import FrameType

CODE = 130


def before_a_command() -> None:
    """Until `in_a_command`. A process that was started to ignore interrupts, as a shell's background job is, does."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def in_a_command() -> None:
    """From now on an interrupt is a KeyboardInterrupt, which says what goes on without us."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupted(follow: str, run_id: str) -> str:
    """The last words of who followed a run that is under way."""
    return (
        "interrupted: the run goes on.\n"
        f"follow it again: python -m faber.api {follow}\n"
        f"end it:          python -m faber.api cancel {run_id}"
    )


def _leave(number: int, frame: FrameType | None) -> None:
    # What is being written may be what was interrupted.
    os.write(2, b"interrupted before anything was asked for\n")
    os._exit(CODE)

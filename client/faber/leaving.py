"""Lets a Python program that used Temporal's client end.

The client's core answers each call from a thread of its own, which is still inside the event loop's
`call_soon_threadsafe` when the program goes on with the answer. A program that ends in that moment takes the
interpreter away from under the thread, which aborts it: exit status 134, or 139.
"""

from __future__ import annotations

import atexit
import functools
import sys
import threading
import time

# Only a thread that hangs for another reason is waited for as long as this.
AT_MOST_S = 2.0
_LOOK_EVERY_S = 0.001


@functools.cache
def wait_at_exit() -> None:
    """From now on, and once, the program's end waits for the client's threads."""
    atexit.register(_wait_for_native_threads)


def _wait_for_native_threads() -> None:
    """Returns when no thread that Python did not start runs Python code."""
    until = time.monotonic() + AT_MOST_S
    while _native_threads_in_python() and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)


def _native_threads_in_python() -> set[int]:
    return set(sys._current_frames()) - {thread.ident for thread in threading.enumerate()}

"""The one place where tests poll: waiting for a condition with a deadline, and saying what never came."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

POLL_S = 0.02


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
    """Blocks until `condition()` is true; `what` is the clause that the failure ends with."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"in {timeout_s:.0f} s it never happened that {what}"
        time.sleep(POLL_S)


async def eventually(
    condition: Callable[[], object | Awaitable[object]], what: str, timeout_s: float = 30.0
) -> None:
    """The same without blocking the loop; `condition` may be async."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        assert time.monotonic() < deadline, f"in {timeout_s:.0f} s it never happened that {what}"
        await asyncio.sleep(POLL_S)

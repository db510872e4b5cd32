"""What every activity has in common: a heartbeat while it works, and errors that Temporal can act on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from faber.errors import FaberError, LLMError

HEARTBEAT_EVERY_S = 1.0
UNKNOWN_TRIES = 3


def failure_of(error: FaberError, redact: Callable[[str], str], attempt: int) -> ApplicationError:
    """The Temporal failure of an expected error: its code as type, and whether a person could mend it."""
    said = {name: redact(value) if isinstance(value, str) else value for name, value in error.details.items()}
    details: dict[str, Any] = {"repairable": error.repairable, **said}
    if not isinstance(error, LLMError):
        return ApplicationError(
            redact(error.message), details, type=error.code, non_retryable=error.permanent
        )
    details["repairable"] = error.fixable
    exhausted = error.kind == "UNKNOWN" and attempt >= UNKNOWN_TRIES
    delay = timedelta(seconds=error.retry_after_s) if error.retry_after_s is not None else None
    return ApplicationError(
        redact(error.message),
        details,
        type=error.kind,
        non_retryable=exhausted or not error.retryable,
        next_retry_delay=delay,
        category=ApplicationErrorCategory.BENIGN if error.retryable else ApplicationErrorCategory.UNSPECIFIED,
    )


@contextlib.asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Heartbeat from beside the work: cancellation only ever arrives as the answer to one."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_EVERY_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


class FaberInterceptor(Interceptor):
    """`redact` takes known secrets out of every message before it can enter history."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activities(next, self._redact)


class _Activities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, redact: Callable[[str], str]) -> None:
        super().__init__(next)
        self._redact = redact

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        try:
            if info.heartbeat_timeout is None:
                return await super().execute_activity(input)
            async with heartbeats():
                return await super().execute_activity(input)
        except FaberError as error:
            raise failure_of(error, self._redact, info.attempt) from None
        except OSError as error:
            text = self._redact(f"{type(error).__name__}: {error}")
            raise ApplicationError(text, {"repairable": False}, type="OS_ERROR") from None

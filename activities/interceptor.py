"""What every activity has in common: a heartbeat while it works, and errors that Temporal can act on."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from faber.errors import FaberError, LLMError

HEARTBEAT_EVERY_S = 1.0
UNKNOWN_TRIES = 3
LONGEST_MESSAGE = 8_000
LONGEST_DETAIL = 2_000
MOST_DETAILS = 50
DEFECTS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NameError),
    *(RuntimeError, TypeError, ValueError),
)


def failure_of(error: FaberError, redact: Callable[[str], str], attempt: int) -> ApplicationError:
    """The Temporal failure of an expected error: its code as type, and whether a person could mend it."""
    said = cut(error.message, LONGEST_MESSAGE, redact)
    details: dict[str, Any] = {"repairable": error.repairable, **fit_for_history(error.details, redact)}
    if not isinstance(error, LLMError):
        return ApplicationError(said, details, type=error.code, non_retryable=error.permanent)
    details["repairable"] = error.fixable
    exhausted = error.kind == "UNKNOWN" and attempt >= UNKNOWN_TRIES
    delay = timedelta(seconds=error.retry_after_s) if error.retry_after_s is not None else None
    return ApplicationError(
        said,
        details,
        type=error.kind,
        non_retryable=exhausted or not error.retryable,
        next_retry_delay=delay,
        category=ApplicationErrorCategory.BENIGN if error.retryable else ApplicationErrorCategory.UNSPECIFIED,
    )


def fit_for_history(value: Any, redact: Callable[[str], str]) -> Any:
    """Details of an error without secrets and without bulk: an agent's whole transcript may be among them."""
    if isinstance(value, str):
        return cut(value, LONGEST_DETAIL, redact)
    if isinstance(value, dict):
        return {str(name): fit_for_history(item, redact) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fit_for_history(item, redact) for item in value[:MOST_DETAILS]]
    return value


def cut(text: str, limit: int, redact: Callable[[str], str]) -> str:
    """Redacted before it is cut, or half of a secret would stand at the end; of a megabyte only the beginning."""
    return redact(text[: 4 * limit])[:limit]


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
            text = cut(f"{type(error).__name__}: {error}", LONGEST_MESSAGE, self._redact)
            raise ApplicationError(text, {"repairable": False}, type="OS_ERROR") from None
        except DEFECTS as error:
            # Its words and its trace may quote whatever was being worked on.
            activity.logger.error("%s", self._redact(traceback.format_exc()))
            text = cut(f"{type(error).__name__}: {error}", LONGEST_MESSAGE, self._redact)
            raise ApplicationError(text, {"repairable": False}, type=type(error).__name__) from None

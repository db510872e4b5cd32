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

from activities.observing import ProjectOf, observed
from adapters.telemetry import Telemetry
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
        asked = error.details.get("retry_after_s")
        return ApplicationError(
            said,
            details,
            type=error.code,
            non_retryable=error.permanent,
            next_retry_delay=timedelta(seconds=asked) if asked is not None else None,
        )
    details["repairable"] = error.fixable
    # Nobody knows what became of such a call, and each is booked at its worst.
    exhausted = error.kind in ("UNKNOWN", "TIMEOUT") and attempt >= UNKNOWN_TRIES
    delay = timedelta(seconds=error.retry_after_s) if error.retry_after_s is not None else None
    return ApplicationError(
        said,
        details,
        type=error.kind,
        non_retryable=exhausted or not error.retryable or bool(error.details.get("paid")),
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
        # Each is a write of the server's: what is done within a second needs none.
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY_S)
            activity.heartbeat()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


class FaberInterceptor(Interceptor):
    """`redact` takes known secrets out of every message before it can enter history; `project_of` says which runs
    LangSmith sees."""

    def __init__(
        self,
        redact: Callable[[str], str],
        telemetry: Telemetry | None = None,
        project_of: ProjectOf = lambda key: None,
    ) -> None:
        self._redact = redact
        self._telemetry = telemetry or Telemetry()
        self._project_of = project_of

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activities(next, self._redact, self._telemetry, self._project_of)


class _Activities(ActivityInboundInterceptor):
    def __init__(
        self,
        next: ActivityInboundInterceptor,
        redact: Callable[[str], str],
        telemetry: Telemetry,
        project_of: ProjectOf,
    ) -> None:
        super().__init__(next)
        self._redact = redact
        self._telemetry = telemetry
        self._project_of = project_of

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        with observed(self._telemetry, self._project_of, info, input.args):
            return await self._execute(info, input)

    async def _execute(self, info: activity.Info, input: ExecuteActivityInput) -> Any:
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

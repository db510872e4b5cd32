"""One activity, asked under a preset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import workflow

from workflows.commands import command
from workflows.presets import Preset

Q = TypeVar("Q")
A = TypeVar("A")


async def asked(
    method: Callable[[Any, Q], Awaitable[A]], request: Q, preset: Preset, queue: str, summary: str = ""
) -> A:
    """Errors: temporalio.exceptions.ActivityError."""
    command()
    return await workflow.execute_activity_method(
        method,
        request,
        task_queue=queue,
        start_to_close_timeout=preset.start_to_close,
        schedule_to_close_timeout=preset.schedule_to_close,
        schedule_to_start_timeout=preset.schedule_to_start,
        heartbeat_timeout=preset.heartbeat,
        retry_policy=preset.retry,
        cancellation_type=preset.cancellation,
        summary=summary or None,
    )

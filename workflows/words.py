"""What a caller's words come to when they are missing, or are no JSON."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError


def required(what: str) -> ApplicationError:
    return ApplicationError(
        f"input required: one JSON object{what}", type="InputRequired", non_retryable=True
    )


def decoded(raw: RawValue) -> Any:
    try:
        return workflow.payload_converter().from_payload(raw.payload)
    except (ValueError, RuntimeError, ApplicationError) as error:
        return f"not JSON: {error}"

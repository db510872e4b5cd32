"""How a run can end before its time, and what an activity's failure says."""

from __future__ import annotations

from typing import Any

from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType

from faber.contract.turns import Spend


class Ended(Exception):
    """The run fails here: `code` becomes the Temporal failure type, `message` the result's error."""

    def __init__(self, code: str, message: str, where: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where


def told(error: ActivityError) -> tuple[str, str, dict[str, Any]]:
    """(code, message, details) of what an activity failed with."""
    cause = error.cause
    if isinstance(cause, ApplicationError):
        details = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
        return cause.type or "UNKNOWN", cause.message, details
    if isinstance(cause, TimeoutError):
        return (
            "TIMEOUT",
            f"{error.activity_type} gave no answer in time ({cause.type and cause.type.name})",
            {},
        )
    return "UNKNOWN", f"{error.activity_type} failed: {cause or error}", {}


def not_taken_up(error: ActivityError) -> bool:
    """Whether no worker of its queue began it in time."""
    return isinstance(error.cause, TimeoutError) and error.cause.type == TimeoutType.SCHEDULE_TO_START


def spend_of(details: dict[str, Any]) -> Spend | None:
    """What a failed turn cost, when its failure says so."""
    found = details.get("spend")
    return Spend.model_validate(found) if found else None

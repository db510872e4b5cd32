"""The ways in which a provider fails, to be queued in front of the next answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.models.script import PreparedError

STATUS = {
    "RATE_LIMIT": 429,
    "AUTH_ERROR": 401,
    "NOT_FOUND": 404,
    "VALIDATION_ERROR": 400,
    "SERVER_ERROR": 500,
    "BILLING_EXHAUSTED": 402,
    "TIMEOUT": 408,
}


@dataclass(frozen=True)
class Fault:
    """`say` sends `body` with `status`; `cut` closes the connection in the middle of a proper answer;
    `garble` sends something that is no JSON; `hang` answers only when the server is told to go on, and
    `trickle` sends blanks until then."""

    does: Literal["say", "cut", "garble", "hang", "trickle"]
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        return str(self.status) if self.does == "say" else self.does


CUT = Fault("cut")
GARBLED = Fault("garble")
HANGING = Fault("hang")
TRICKLING = Fault("trickle")


def refusal(status: int, message: str = "prepared refusal", code: str = "", **headers: str) -> Fault:
    """A status with an error body; `retry_after="7"` becomes the header Retry-After."""
    body = {"type": "error", "error": {"message": message, "type": code or "error", "code": code or None}}
    return Fault("say", status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def as_written(error: PreparedError) -> Fault:
    """The fault that makes a client see this error of the script."""
    if error.kind == "NETWORK_ERROR":
        return CUT
    if error.kind == "INVALID_RESPONSE":
        return GARBLED
    return refusal(STATUS.get(error.kind, 500), error.message)

"""One question to a person: what was shown, what may be answered, and the id that binds the two."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from faber.contract.delivery import DecisionWord, GateKind, GateView, Vote
from faber.contract.wire import FromWorker
from faber.errors import FaberError

Moment = str | datetime
"""ISO 8601 or a datetime; one without an offset is UTC."""


class GateRefused(FaberError):
    """An answer that does not count. `code` is one of UNKNOWN_REQUEST, STALE, LATE, ALREADY_DECIDED,
    NOT_ALLOWED, AMBIGUOUS, UNBOUND, NOT_OFFERED."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        # Every other error has one code for its class; here the answer decides which.
        self.code = code  # type: ignore[misc]


class Gate(FromWorker):
    """One open question. `subject` holds the meaningful fields of what was shown; `again` counts the times
    that the same subject was asked about after it had been answered. Times are ISO 8601. Only `approvers` may
    answer, anybody when there are none; it takes `needed` of them to approve."""

    name: str
    kind: GateKind
    round: int
    request_id: str
    what: str
    opened_at: str
    deadline_at: str | None = None
    remind_at: str | None = None
    reminded: bool = False
    on_deadline: DecisionWord = "reject"
    allowed: list[DecisionWord] = Field(default_factory=list)
    subject: dict[str, Any] = Field(default_factory=dict)
    again: int = 0
    approvers: list[str] = Field(default_factory=list)
    needed: int = 1
    votes: list[Vote] = Field(default_factory=list)

    def may_answer(self, actor: str) -> bool:
        """Upper and lower case are one: an approver may be an e-mail address."""
        return not self.approvers or actor.casefold() in {name.casefold() for name in self.approvers}

    def vote_of(self, actor: str) -> Vote | None:
        return next((vote for vote in self.votes if vote.actor.casefold() == actor.casefold()), None)

    def view(self) -> GateView:
        return GateView(
            name=self.name,
            kind=self.kind,
            round=self.round,
            request_id=self.request_id,
            opened_at=self.opened_at,
            what=self.what,
            deadline_at=self.deadline_at,
            on_deadline=self.on_deadline if self.deadline_at else None,
            needed=self.needed,
            votes=list(self.votes),
        )


def request_id(gate: str, round: int, subject: dict[str, Any]) -> str:
    """`<gate>-<round>-<hash8>`: bound to every field of what was shown."""
    canonical = json.dumps(subject, sort_keys=True, separators=(",", ":"))
    return f"{gate}-{round}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"


def plain(subject: dict[str, Any]) -> dict[str, Any]:
    """The subject as it comes back from carried state, so that a tuple never reads as a change."""
    value: dict[str, Any] = json.loads(json.dumps(subject))
    return value


def identity(gate: Gate) -> dict[str, Any]:
    return {**gate.subject, "again": gate.again} if gate.again else gate.subject


def same_question(one: Gate, other: Gate) -> bool:
    return (one.name, one.round, one.subject) == (other.name, other.round, other.subject)


def changes(old: Gate, new: Gate) -> str:
    absent = object()
    both = sorted({**old.subject, **new.subject})
    names = [name for name in both if old.subject.get(name, absent) != new.subject.get(name, absent)]
    if old.round != new.round:
        names.append("round")
    return f"{', '.join(names)} changed"


def instant(moment: Moment) -> datetime:
    time = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def iso(moment: Moment) -> str:
    return moment if isinstance(moment, str) else instant(moment).isoformat()


def has_come(moment: str | None, now: Moment) -> bool:
    return moment is not None and instant(moment) <= instant(now)

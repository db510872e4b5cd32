"""Every gate of a run: which are open, what was decided, and which answer counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from domain.gate import (
    Gate,
    GateRefused,
    Moment,
    changes,
    has_come,
    identity,
    instant,
    iso,
    plain,
    request_id,
    same_question,
)
from domain.latest import latest
from domain.signals import parse_signal
from faber.contract.delivery import Decision, DecisionWord, GateKind, GateView, Vote
from faber.contract.wire import FromWorker

__all__ = ["Gate", "GateRefused", "Gates", "Moment", "parse_signal", "request_id"]

DEADLINE = "deadline"
IGNORED_KEPT = 20
IGNORED_LENGTH = 300
LARGEST_KEPT = 256_000
_APPROVAL_WORDS: list[DecisionWord] = ["approve", "reject", "revise"]
_OTHER_WORDS: list[DecisionWord] = ["approve", "reject"]


class Gates(FromWorker):
    """Every gate of a run, carried through continue-as-new. At most one gate of a name is open.

    `closed` keeps the subjects of the decided ones, so that a change of what they were about is noticed;
    `stale` tells what changed, by the id that no longer counts; `ignored` the signals that did not count.
    """

    open: list[Gate] = Field(default_factory=list)
    decided: list[GateView] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)
    closed: list[Gate] = Field(default_factory=list)
    stale: dict[str, str] = Field(default_factory=dict)

    def open_gate(
        self,
        name: str,
        *,
        kind: GateKind,
        what: str,
        opened_at: Moment,
        subject: dict[str, Any] | None = None,
        round: int = 1,
        deadline_at: Moment | None = None,
        remind_at: Moment | None = None,
        on_deadline: DecisionWord = "reject",
        allowed: Sequence[DecisionWord] | None = None,
        approvers: Sequence[str] = (),
        needed: int = 1,
    ) -> Gate:
        """Ask. The same question while it is open is the same gate; another subject makes the old id stale;
        a question that was answered before gets a new id (`answered` finds the old answer)."""
        asked = Gate(
            name=name,
            kind=kind,
            round=round,
            request_id="",
            what=what,
            opened_at=iso(opened_at),
            deadline_at=None if deadline_at is None else iso(deadline_at),
            remind_at=None if remind_at is None else iso(remind_at),
            on_deadline=on_deadline,
            allowed=list(_words(kind) if allowed is None else allowed),
            approvers=list(approvers),
            needed=needed,
            subject=plain(subject or {}),
        )
        return self._ask(asked)

    def outdate(self, view: GateView | None, changed: str) -> None:
        """The world changed after this answer, so it approves nothing any more: the question is asked again
        under a new id, and the old one answers `stale: <what> changed`."""
        if view is not None:
            self.stale[view.request_id] = f"stale: {changed} changed"

    def find(self, name: str) -> Gate | None:
        """The open gate of this name."""
        return next((gate for gate in self.open if gate.name == name), None)

    def is_open(self, request_id: str) -> bool:
        return any(gate.request_id == request_id for gate in self.open)

    def withdraw(self, gate: Gate) -> None:
        """Whoever asked does not wait for the answer any more."""
        self.open = [other for other in self.open if other.request_id != gate.request_id]

    def view(self, request_id: str) -> GateView | None:
        """The decision on a request, None while there is none."""
        return next((view for view in self.decided if view.request_id == request_id), None)

    def asked(self, view: GateView) -> Gate:
        """The question that a decision answered. Errors: GateRefused when it is not known any more."""
        gate = self._closed(view.request_id)
        if gate is None:
            raise GateRefused("UNKNOWN_REQUEST", f"no request {view.request_id} here; {self._open_ids()}")
        return gate

    def answered(self, name: str, round: int, subject: dict[str, Any]) -> GateView | None:
        """The latest decision on exactly this question that still counts; None when it must be asked."""
        for gate in reversed(self.closed):
            if (gate.name, gate.round, gate.subject) == (name, round, plain(subject)):
                return None if gate.request_id in self.stale else self.view(gate.request_id)
        return None

    def check(self, decision: Decision, require_bound: bool = False) -> None:
        """Whether the answer counts; an identical repeat does. Errors: GateRefused."""
        if require_bound and not decision.request_id:
            raise GateRefused("UNBOUND", f"name the request that you answer; {self._open_ids()}")
        target = self._target(decision)
        gate = target if isinstance(target, Gate) else self._closed(target.request_id)
        if gate is not None and not gate.may_answer(decision.actor):
            listed = ", ".join(gate.approvers)
            raise GateRefused(
                "NOT_ALLOWED", f"{decision.actor!r} may not answer {gate.request_id}; these may: {listed}"
            )

    def apply(self, decision: Decision, at: Moment) -> GateView:
        """Record the answer, and close its gate when no more are needed; an identical repeat gives the first
        one's view.

        Errors: GateRefused, as `check`, without asking who answers, and whether by id."""
        target = self._target(decision)
        if isinstance(target, GateView):
            return target
        if decision.decision == "approve" and target.needed > 1:
            if target.vote_of(decision.actor) is None:
                target.votes.append(_vote(decision, at))
            if len(target.votes) < target.needed:
                return target.view()
        return self._close(target, decision, at)

    def decide(self, decision: Decision, at: Moment, require_bound: bool = False) -> GateView:
        """`check`, then `apply`: the one way in for updates and signals alike."""
        self.check(decision, require_bound)
        return self.apply(decision, at)

    def due(self, now: Moment) -> list[Gate]:
        """The open gates whose deadline has come."""
        return [gate for gate in self.open if has_come(gate.deadline_at, now)]

    def expire(self, now: Moment) -> list[GateView]:
        """Give every gate that is due its default answer, as `deadline`."""
        return [
            self._close(
                gate,
                Decision(
                    decision=gate.on_deadline,
                    request_id=gate.request_id,
                    comment=f"no answer until {gate.deadline_at}",
                    actor=DEADLINE,
                    via=DEADLINE,
                ),
                now,
            )
            for gate in self.due(now)
        ]

    def reminders(self, now: Moment) -> list[Gate]:
        """The open gates to remind about; each is given once."""
        found = [gate for gate in self.open if not gate.reminded and has_come(gate.remind_at, now)]
        for gate in found:
            gate.reminded = True
        return found

    def next_at(self) -> str | None:
        """When the next reminder or deadline comes, None when every open gate waits for ever."""
        times = [gate.deadline_at for gate in self.open]
        times += [gate.remind_at for gate in self.open if not gate.reminded]
        return min((time for time in times if time is not None), key=instant, default=None)

    def ignore(self, why: str) -> None:
        """Keep a line about a signal that counted for nothing; the latest twenty stay."""
        self.ignored = [*self.ignored, why[:IGNORED_LENGTH]][-IGNORED_KEPT:]

    def forget(self, most: int, *, size: int = LARGEST_KEPT, unread: Sequence[str] = ()) -> None:
        """Keep the latest answers; those in `unread` too, which nobody has taken up yet."""
        self.closed = latest(self.closed, self.decided, most, size, unread)
        known = {gate.request_id for gate in self.closed}
        self.decided = [view for view in self.decided if view.request_id in known]
        others = [id for id in self.stale if id not in known]
        for id in others[: max(0, len(others) - most)]:
            del self.stale[id]

    def _ask(self, asked: Gate) -> Gate:
        current = self.find(asked.name)
        if current is not None and same_question(current, asked):
            return current
        # By the latest one, not by their number: earlier ones may be forgotten, and no id is given twice.
        asked.again = max((gate.again + 1 for gate in self.closed if same_question(gate, asked)), default=0)
        asked.request_id = request_id(asked.name, asked.round, identity(asked))
        if current is not None:
            self.open.remove(current)
            self._mark_stale(current, asked)
        self.stale.pop(asked.request_id, None)
        self.open.append(asked)
        return asked

    def _target(self, decision: Decision) -> Gate | GateView:
        """The open gate that the decision answers, or the view of the one that it repeats."""
        wanted = decision.request_id
        if not wanted:
            if len(self.open) != 1:
                raise GateRefused("AMBIGUOUS", f"name the request that you answer; {self._open_ids()}")
            return _offered(self.open[0], decision)
        if wanted in self.stale:
            raise GateRefused("STALE", f"{self.stale[wanted]}; {self._open_ids()}")
        for gate in self.open:
            if gate.request_id == wanted:
                return _offered(gate, decision)
        view = self.view(wanted)
        if view is None:
            raise GateRefused("UNKNOWN_REQUEST", f"no request {wanted[:80]!r} here; {self._open_ids()}")
        return _repeated(view, decision)

    def _closed(self, request_id: str) -> Gate | None:
        return next((gate for gate in self.closed if gate.request_id == request_id), None)

    def _close(self, gate: Gate, decision: Decision, at: Moment) -> GateView:
        view = gate.view().model_copy(
            update={
                "decision": decision.decision,
                "comment": decision.comment,
                "actor": decision.actor,
                "via": decision.via,
                "bound": bool(decision.request_id),
                "decided_at": iso(at),
            }
        )
        self.open.remove(gate)
        self.closed.append(gate)
        self.decided.append(view)
        return view

    def _mark_stale(self, old: Gate, new: Gate) -> None:
        self.stale[old.request_id] = f"stale: {changes(old, new)}"

    def _open_ids(self) -> str:
        ids = ", ".join(gate.request_id for gate in self.open)
        return f"open: {ids}" if ids else "nothing is open"


def _words(kind: GateKind) -> list[DecisionWord]:
    return _APPROVAL_WORDS if kind == "approval" else _OTHER_WORDS


def _vote(decision: Decision, at: Moment) -> Vote:
    return Vote(
        decision=decision.decision,
        actor=decision.actor,
        via=decision.via,
        comment=decision.comment,
        at=iso(at),
    )


def _offered(gate: Gate, decision: Decision) -> Gate:
    if decision.decision not in gate.allowed:
        if gate.kind == "form":
            raise GateRefused("NOT_OFFERED", f"{gate.request_id} is a form: fill it in by submit_form")
        offered = ", ".join(gate.allowed)
        raising = ", and raise-budget (raise_budget) to a limit that the next call fits below"
        raise GateRefused(
            "NOT_OFFERED",
            f"{gate.request_id} does not take {decision.decision!r}; it takes: {offered}"
            + (raising if gate.kind == "budget" else ""),
        )
    vote = gate.vote_of(decision.actor)
    if vote is not None and vote.decision != decision.decision:
        raise GateRefused(
            "ALREADY_DECIDED", f"{decision.actor!r} answered {gate.request_id} {vote.decision!r} at {vote.at}"
        )
    return gate


def _repeated(view: GateView, decision: Decision) -> GateView:
    same_comment = view.decision != "revise" or view.comment == decision.comment
    if view.decision == decision.decision and same_comment:
        return view
    answer = f"{view.request_id} was answered {view.decision!r}"
    if view.via == DEADLINE:
        raise GateRefused("LATE", f"{answer} by its deadline, {view.deadline_at}; this one came after it")
    raise GateRefused("ALREADY_DECIDED", f"{answer} by {view.actor} at {view.decided_at}")

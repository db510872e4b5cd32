"""Where a run meets people and its budget: the questions that it asks, its pauses, and what it carries on."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from pydantic import Field
from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from domain.gates import Gate, Gates
from domain.ledger import Ledger
from faber.contract import config
from faber.contract.activities import RunKey
from faber.contract.definition_runs import DefinitionInput
from faber.contract.delivery import DecisionWord, GateKind, GateView, RunInput
from faber.contract.wire import FromWorker
from workflows.commands import command
from workflows.failures import Ended, told

Outcome = Literal["completed", "failed", "cancelled"]
A = TypeVar("A")


class Carried(FromWorker):
    """What every kind of run carries through continue-as-new and retry. `repairs` counts what people mended,
    `raised_limit` is what they set in place of `given_limit`, the option's or the configuration's."""

    gates: Gates = Field(default_factory=Gates)
    ledger: Ledger = Field(default_factory=Ledger)
    notes: list[str] = Field(default_factory=list)
    raised_limit: int | None = None
    given_limit: int | None = None
    repairs: int = 0
    started_at: str = ""


class Desk(ABC):
    """One run's. `input` and `state` are what an execution is continued with."""

    input: RunInput | DefinitionInput
    state: Carried
    key: RunKey
    outcome: Outcome | None = None
    attributes_shown: Mapping[str, Any] = MappingProxyType({})
    memo_shown: Mapping[str, Any] = MappingProxyType({})
    """What Temporal was last shown."""

    @property
    @abstractmethod
    def policy(self) -> config.Gates:
        """Who may answer, and what happens by itself when nobody does."""

    @property
    @abstractmethod
    def budget_mode(self) -> str:
        """`ask` or `fail`: what happens at the budget's thresholds."""

    @property
    @abstractmethod
    def where(self) -> str:
        """The phase or step under way."""

    @property
    @abstractmethod
    def can_ask(self) -> bool:
        """Whether there is a configuration yet by which people are asked."""

    @property
    @abstractmethod
    def listed(self) -> bool:
        """Whether the namespace has the search attributes."""

    @abstractmethod
    async def report(self) -> None:
        """Show where the run stands."""

    def note(self, text: str) -> None:
        if text not in self.state.notes:
            self.state.notes.append(text)

    async def gate(
        self,
        name: str,
        *,
        kind: GateKind,
        what: str,
        subject: dict[str, Any],
        round: int,
        allowed: Sequence[DecisionWord] | None = None,
    ) -> GateView:
        """Ask people and wait for the answer, or for the default one at the deadline."""
        gate = self.open_gate(name, kind=kind, what=what, subject=subject, round=round, allowed=allowed)
        return await self.ask(gate)

    async def ask(self, gate: Gate) -> GateView:
        """Show the question, and wait for its answer; it is withdrawn when nobody waits any more."""
        try:
            await self.report()
            view = await self.answer_to(gate)
        except (Exception, asyncio.CancelledError):
            # A run that is cancelled takes all its questions back at its end, when it has said where it stood.
            if workflow.cancellation_reason() is None:
                self.state.gates.withdraw(gate)
            raise
        await self.report()
        return view

    def open_gate(
        self,
        name: str,
        *,
        kind: GateKind,
        what: str,
        subject: dict[str, Any],
        round: int,
        allowed: Sequence[DecisionWord] | None = None,
        policy: config.Gates | None = None,
        needed: int = 1,
    ) -> Gate:
        """Ask, by the run's policy or by one of the question's own."""
        defaults = policy is not None or kind == "approval"
        now, policy = workflow.now(), policy or self.policy
        return self.state.gates.open_gate(
            name,
            kind=kind,
            what=what,
            opened_at=now,
            subject=subject,
            round=round,
            deadline_at=after(now, policy.deadline_h),
            remind_at=after(now, policy.remind_after_h),
            on_deadline=policy.on_deadline if defaults else "reject",
            allowed=allowed,
            approvers=policy.approvers,
            needed=needed,
        )

    async def answer_to(self, gate: Gate) -> GateView:
        """Errors: Ended when the question was withdrawn."""
        await self.closed(gate)
        view = self.state.gates.view(gate.request_id)
        if view is None:
            raise Ended("STALE", f"{gate.name} ({gate.request_id}) is not asked any more", self.where)
        return view

    async def closed(self, gate: Gate) -> None:
        """Wait until the question is answered, or is not asked any more."""
        while self.state.gates.is_open(gate.request_id):
            now = workflow.now()
            self.state.gates.expire(now)
            if self.state.gates.reminders(now):
                await self.report()
            heed_cancel()
            await self._until_closed(gate)

    async def _until_closed(self, gate: Gate) -> None:
        at = self.state.gates.next_at()
        wait = None if at is None else max(timedelta(0), datetime.fromisoformat(at) - workflow.now())
        if wait:
            command()
        try:
            await workflow.wait_condition(
                lambda: not self.state.gates.is_open(gate.request_id),
                timeout=wait,
                timeout_summary=f"{gate.name}: reminder or deadline",
            )
        except TimeoutError:
            return

    async def checkpoint(self) -> None:
        """Between two steps: wait while paused, and start a fresh history when this one has grown long."""
        await self.unpaused()
        if workflow.info().is_continue_as_new_suggested():
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(self.input.going_on(self.carried("continue")))

    async def unpaused(self) -> None:
        """Wait while paused. Errors: Ended when a person ended the run instead."""
        heed_cancel()
        while (pause := self.state.gates.find("pause")) is not None:
            await self.report()
            await self.closed(pause)
            await self.report()
        # Also one that was answered before the run came to stop at it.
        gates = self.state.gates
        ended = [view for view in gates.decided if view.kind == "pause" and view.decision == "reject"]
        if ended and ended[-1].request_id not in gates.stale:
            why = f": {ended[-1].comment}" if ended[-1].comment else ""
            raise Ended("REJECTED", f"ended while paused by {ended[-1].actor}{why}", self.where)

    def carried(self, why: str) -> dict[str, Any]:
        return {"why": why, "state": self.state.model_dump(mode="json")}

    async def mended(self, where: str, work: Callable[[], Awaitable[A]]) -> A:
        """Do the work; when it fails in a way that a person can mend, ask for that and do it again."""
        while True:
            heed_cancel()
            try:
                return await work()
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                code, message, details = told(error)
                # Before there is a configuration nobody can be asked: the run fails, and says what to mend.
                if not details.get("repairable") or not self.can_ask:
                    raise Ended(code, message, where) from None
                await self.repair(where, code, message)

    async def repair(self, where: str, code: str, message: str) -> None:
        """Open `manual_fix`: approve means that it is mended, reject ends the run. One at a time."""
        while (other := self.state.gates.find("manual_fix")) is not None:
            await self.closed(other)
        self.state.repairs += 1
        view = await self.gate(
            "manual_fix",
            kind="manual_fix",
            what=f"{where}: {message}",
            subject={"code": code, "message": message, "repair": self.state.repairs},
            round=self.round_of(where),
        )
        if view.decision != "approve":
            raise Ended(code, message, where)

    @abstractmethod
    def round_of(self, where: str) -> int:
        """How often the phase or step was begun."""


def after(now: datetime, hours: float) -> datetime | None:
    return now + timedelta(hours=hours) if hours > 0 else None


def heed_cancel() -> None:
    """An activity that ended well before its cancellation reached it gives its result, and the cancel is gone: it is
    delivered once. It is heeded at the next step instead, when that result has been taken up. A branch is also
    cancelled alone, when another one has failed."""
    task = asyncio.current_task()
    if workflow.cancellation_reason() is not None or (task is not None and task.cancelling()):
        raise asyncio.CancelledError

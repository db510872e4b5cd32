"""A delivery run's hands: asking activities, asking people, and telling the world, around one state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.reporting import Reporting
from domain.approval import budget_mode, needs_approval
from domain.gates import Gate
from domain.ledger import limit_of
from faber.contract.activities import Place, ReportRequest, RepositoryRef, RunKey, Setup
from faber.contract.config import Configuration
from faber.contract.delivery import DecisionWord, GateKind, GateView, PhaseResult, RunInput
from faber.contract.money import usd
from faber.contract.names import EXEC_QUEUE, Phase
from workflows import published
from workflows.asking import asked
from workflows.failures import Ended, told
from workflows.presets import QUICK
from workflows.state import RunState

Outcome = Literal["completed", "failed", "cancelled"]
A = TypeVar("A")


class Run:
    def __init__(self, input: RunInput, state: RunState) -> None:
        info = workflow.info()
        self.input = input
        self.state = state
        self.key = RunKey(run_id=info.workflow_id, origin=info.first_execution_run_id, work_id=input.work_id)
        self._configuration: Configuration | None = None
        self.outcome: Outcome | None = None
        self.error: str | None = None
        self.error_code: str | None = None
        self.error_phase: Phase | None = None
        self.receipt: dict[str, Any] | None = None
        self.shown: Any = None
        self.begin_phase()

    def end(
        self, outcome: Outcome, code: str | None = None, error: str | None = None, phase: Phase | None = None
    ) -> None:
        self.outcome, self.error_code, self.error = outcome, code, error
        self.error_phase = None if outcome == "completed" else phase or published.phase_shown(self)
        self.state.gates.open = []

    @property
    def setup(self) -> Setup:
        if self.state.setup is None:
            raise Ended("CONFIGURATION", "the run has no configuration yet")
        return self.state.setup

    @property
    def configuration(self) -> Configuration:
        if self._configuration is None:
            # A newer worker's configuration may have keys that this one does not know.
            self._configuration = Configuration.model_validate(self.setup.configuration, extra="ignore")
        return self._configuration

    @property
    def place(self) -> Place:
        state = self.state
        return Place(
            key=self.key.model_copy(update={"project": state.setup.project if state.setup else ""}),
            repository=state.setup.repository if state.setup else RepositoryRef(),
            branch=state.branch,
            base_sha=state.base_sha,
            head_sha=state.head_sha,
            tree_sha=state.tree_sha,
            when=int(workflow.now().timestamp()),
        )

    @property
    def budget_mode(self) -> str:
        workflow_ = self.configuration.workflow
        autonomy = self.input.autonomy or workflow_.autonomy
        return budget_mode(self.input.on_budget, workflow_.cost.on_budget, autonomy)

    def must_approve(self, phase: Phase) -> bool:
        if phase not in ("architect", "release"):
            return False
        explicit = getattr(self.configuration.workflow.human_approval, phase)
        autonomy = self.input.autonomy or self.configuration.workflow.autonomy
        option = self.input.approve.get("architect" if phase == "architect" else "release")
        return needs_approval(phase, option, explicit, autonomy)

    @property
    def max_retries(self) -> int:
        asked = self.input.max_retries
        return self.configuration.workflow.max_retries if asked is None else asked

    def configured(self) -> None:
        """Take the limits over from the configuration; what is spent already stays spent."""
        self._configuration = None
        cost, state = self.configuration.workflow.cost, self.state
        limit = limit_of(self.input.budget_usd, cost.budget_limit_usd)
        if limit is not None and state.raised_limit is not None:
            limit = max(limit, state.raised_limit)
        state.ledger = state.ledger.model_copy(
            update={
                "limit_microusd": limit,
                "warn_at": cost.warning_threshold,
                "ask_at": cost.require_approval_at,
            }
        )
        if limit is None:
            self.note("no budget limit: workflow.cost.budget_limit_usd is absent or 0")
        for note in self.setup.notes:
            self.note(note)
        unpriced = sorted({price.model for price in self.setup.prices.values() if not price.priced})
        if unpriced:
            self.note(
                f"no list price for {', '.join(unpriced)}: booked at the dearest known price of the provider; "
                "set workflow.cost.prices to be exact"
            )
        if not self.setup.search_attributes:
            self.note("search attributes are not registered: lists cannot filter by them")

    def begin_phase(self) -> None:
        """A round that an earlier execution began counts from there."""
        talk = self.state.conversation
        self.phase_began = datetime.fromisoformat(talk.began) if talk and talk.began else workflow.now()
        self.phase_cost = talk.cost_before if talk else self.state.ledger.settled

    def finish_phase(self, phase: Phase) -> None:
        self.state.completed = [*(done for done in self.state.completed if done != phase), phase]
        self._phase_result(phase, "completed", None)

    def failed_round(self, phase: Phase, error: str) -> None:
        self._phase_result(phase, "failed", error)

    def _phase_result(self, phase: Phase, status: str, error: str | None) -> None:
        took = workflow.now() - self.phase_began
        self.state.phase_results.append(
            PhaseResult(
                phase=phase,
                round=self.state.round(phase),
                status=status,
                duration_ms=int(took.total_seconds() * 1000),
                cost_usd=usd(self.state.ledger.settled - self.phase_cost),
                error=error[:1_000] if error else None,
            )
        )

    @property
    def host(self) -> str:
        return self.setup.host_queue if self.state.setup else EXEC_QUEUE

    async def mended(self, phase: Phase, work: Callable[[], Awaitable[A]]) -> A:
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
                if not details.get("repairable") or self.state.setup is None:
                    raise Ended(code, message, phase) from None
                await self.repair(phase, code, message)

    async def repair(self, phase: Phase, code: str, message: str) -> None:
        """Open `manual_fix`: approve means that it is mended, reject ends the run."""
        self.state.repairs += 1
        view = await self.gate(
            "manual_fix",
            kind="manual_fix",
            what=f"{phase}: {message}",
            subject={"code": code, "message": message, "repair": self.state.repairs},
            round=self.state.round(phase),
        )
        if view.decision != "approve":
            raise Ended(code, message, phase)

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
        now, gates = workflow.now(), self.configuration.workflow.gates
        gate = self.state.gates.open_gate(
            name,
            kind=kind,
            what=what,
            opened_at=now,
            subject=subject,
            round=round,
            deadline_at=after(now, gates.deadline_h),
            remind_at=after(now, gates.remind_after_h),
            on_deadline=gates.on_deadline if kind == "approval" else "reject",
            allowed=allowed,
        )
        await self.report()
        view = await self.answer_to(gate)
        await self.report()
        return view

    async def answer_to(self, gate: Gate) -> GateView:
        while (view := self.state.gates.view(gate.request_id)) is None:
            now = workflow.now()
            self.state.gates.expire(now)
            if self.state.gates.reminders(now):
                await self.report()
            heed_cancel()
            await self._until_answered(gate)
        return view

    async def _until_answered(self, gate: Gate) -> None:
        at = self.state.gates.next_at()
        wait = None if at is None else max(timedelta(0), datetime.fromisoformat(at) - workflow.now())
        try:
            await workflow.wait_condition(
                lambda: self.state.gates.view(gate.request_id) is not None,
                timeout=wait,
                timeout_summary=f"{gate.name}: reminder or deadline",
            )
        except TimeoutError:
            return

    async def checkpoint(self) -> None:
        """Between two steps: wait while paused, and start a fresh history when this one has grown long."""
        heed_cancel()
        while (pause := self.state.gates.find("pause")) is not None:
            await self.report()
            await self.answer_to(pause)
            await self.report()
        # Also one that was answered before the run came to stop at it.
        gates = self.state.gates
        ended = [view for view in gates.decided if view.kind == "pause" and view.decision == "reject"]
        if ended and ended[-1].request_id not in gates.stale:
            why = f": {ended[-1].comment}" if ended[-1].comment else ""
            raise Ended("REJECTED", f"ended while paused by {ended[-1].actor}{why}", self.state.phase)
        if workflow.info().is_continue_as_new_suggested():
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(self.input.model_copy(update={"resume": self.carried("continue")}))

    def carried(self, why: str) -> dict[str, Any]:
        return {"why": why, "state": self.state.model_dump(mode="json")}

    def note(self, text: str) -> None:
        if text not in self.state.notes:
            self.state.notes.append(text)

    def report_request(self) -> ReportRequest:
        status = published.status(self)
        return ReportRequest(
            place=self.place,
            status=status,
            state=published.document(self, status),
            work_path=self.configuration.work.path if self.state.setup else ".fractary/issues",
            shows=self.state.shows(),
            comment=self.state.claimed,
        )

    async def report(self) -> None:
        """Show where the run stands in Temporal, on the work item and in the derived copy."""
        published.publish(self)
        if self.state.setup is None:
            return
        try:
            await asked(Reporting.report_progress, self.report_request(), QUICK, self.host, "report progress")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.note(f"the progress report failed: {told(error)[1]}")


def after(now: datetime, hours: float) -> datetime | None:
    return now + timedelta(hours=hours) if hours > 0 else None


def heed_cancel() -> None:
    """An activity that ended well before its cancellation reached it gives its result, and the cancel is gone:
    Temporal delivers it once. It is heeded at the next step instead, when that result has been taken up."""
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError

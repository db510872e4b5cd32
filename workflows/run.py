"""A delivery run's hands: asking activities, asking people, and telling the world, around one state."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.reporting import Reporting
from domain.approval import budget_mode, needs_approval
from domain.ledger import limit_of
from faber.contract import config
from faber.contract.activities import Place, ReportRequest, RepositoryRef, RunKey, Setup
from faber.contract.config import Configuration
from faber.contract.delivery import PhaseResult, RunInput
from faber.contract.money import usd
from faber.contract.names import EXEC_QUEUE, Phase
from workflows import published
from workflows.desk import Desk, Outcome
from workflows.failures import Ended, told
from workflows.hosts import HOST_AWAY, at_host
from workflows.presets import QUICK
from workflows.state import RunState


class Run(Desk):
    input: RunInput
    state: RunState

    def __init__(self, input: RunInput, state: RunState) -> None:
        info = workflow.info()
        self.input = input
        self.state = state
        self.key = RunKey(run_id=info.workflow_id, origin=info.first_execution_run_id, work_id=input.work_id)
        self.error: str | None = None
        self.error_code: str | None = None
        self.error_phase: Phase | None = None
        self.receipt: dict[str, Any] | None = None
        self.begin_phase()

    def end(
        self, outcome: Outcome, code: str | None = None, error: str | None = None, where: str | None = None
    ) -> None:
        self.outcome, self.error_code, self.error = outcome, code, error
        self.error_phase = None if outcome == "completed" else as_phase(where or published.phase_shown(self))
        self.state.gates.open = []

    @property
    def setup(self) -> Setup:
        if self.state.setup is None:
            raise Ended("CONFIGURATION", "the run has no configuration yet")
        return self.state.setup

    @property
    def configuration(self) -> Configuration:
        return self.setup.read()

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
        given, state.given_limit = state.given_limit, limit
        if state.raised_limit is not None and limit == given:
            limit = state.raised_limit
        elif state.raised_limit is not None and limit is not None:
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
    def policy(self) -> config.Gates:
        return self.configuration.workflow.gates if self.state.setup else config.Gates()

    @property
    def can_ask(self) -> bool:
        return self.state.setup is not None

    @property
    def listed(self) -> bool:
        return self.state.setup is not None and self.state.setup.search_attributes

    @property
    def where(self) -> Phase:
        return self.state.phase

    def round_of(self, where: str) -> int:
        return self.state.rounds.get(as_phase(where), 1)

    @property
    def host(self) -> str:
        return self.setup.host_queue if self.state.setup else EXEC_QUEUE

    def report_request(self) -> ReportRequest:
        return ReportRequest(
            place=self.place,
            status=published.status(self),
            state=published.beside_status(self),
            work_path=self.configuration.work.path if self.state.setup else ".fractary/issues",
            comment=self.state.claimed,
        )

    async def report(self) -> None:
        """Show where the run stands in Temporal, on the work item and in the derived copy."""
        published.publish(self)
        # While its host is away, the host that would tell it is asked for already.
        if self.state.setup is None or self.state.gates.find(HOST_AWAY):
            return
        try:
            await at_host(self, Reporting.report_progress, self.report_request(), QUICK, "report progress")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.note(f"the progress report failed: {told(error)[1]}")


def as_phase(where: str) -> Phase:
    return cast("Phase", where)

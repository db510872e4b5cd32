"""One way in for every answer: updates are refused before they enter history, signals are noted as ignored."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.gates import GateRefused, parse_signal
from domain.ledger import LedgerError
from faber.contract import config
from faber.contract.definition_runs import FormAnswer
from faber.contract.delivery import BudgetRaise, Decision, GateView, Pause
from faber.contract.money import micro
from faber.errors import FaberError
from workflows.desk import Desk


class Answers:
    def __init__(self, run: Desk) -> None:
        self._run = run

    def check_decision(self, decision: Decision) -> None:
        try:
            self._run.state.gates.check(decision, self._run.policy.require_bound)
        except GateRefused as error:
            raise refusal(error) from None

    def decide(self, decision: Decision) -> GateView:
        try:
            return self._run.state.gates.decide(decision, workflow.now(), self._run.policy.require_bound)
        except GateRefused as error:
            raise refusal(error) from None

    def check_raise(self, raised: BudgetRaise) -> None:
        try:
            self._raise_on(raised, dry=True)
        except (GateRefused, LedgerError) as error:
            raise refusal(error) from None

    def raise_budget(self, raised: BudgetRaise) -> GateView:
        try:
            return self._raise_on(raised, dry=False)
        except (GateRefused, LedgerError) as error:
            raise refusal(error) from None

    def pause(self, pause: Pause) -> GateView:
        policy = config.Gates(approvers=self._run.policy.approvers, deadline_h=0, remind_after_h=0)
        gate = self._run.open_gate(
            "pause",
            kind="pause",
            what=f"paused by {pause.actor}" + (f": {pause.reason}" if pause.reason else ""),
            subject={"phase": self._run.where},
            round=1,
            policy=policy,
        )
        return gate.view()

    def check_resume(self, pause: Pause) -> None:
        if self._run.state.gates.find("pause") is None:
            raise refusal(GateRefused("UNKNOWN_REQUEST", "the run is not paused"))

    def resume(self, pause: Pause) -> GateView:
        self.check_resume(pause)
        gate = self._run.state.gates.find("pause")
        decision = Decision(
            decision="approve",
            request_id=gate.request_id if gate else None,
            comment=pause.reason,
            actor=pause.actor,
            via=pause.via,
        )
        return self.decide(decision)

    def submit(self, answer: FormAnswer) -> GateView:
        """Errors: GateRefused."""
        raise GateRefused("UNKNOWN_REQUEST", "this run has no forms")

    def signalled(self, name: str, args: list[Any]) -> None:
        """A signal has no caller to answer to, so what does not count is kept where `status` shows it."""
        asked = parse_signal(name, args)
        try:
            if isinstance(asked, str):
                self._run.state.gates.ignore(asked)
            elif isinstance(asked, Decision):
                self._run.state.gates.decide(asked, workflow.now(), self._run.policy.require_bound)
            elif isinstance(asked, FormAnswer):
                self.submit(asked)
            elif isinstance(asked, BudgetRaise):
                self._raise_on(asked, dry=False)
            elif name == "resume":
                self.resume(asked)
            else:
                self.pause(asked)
        except FaberError as error:
            self._run.state.gates.ignore(f"{name}: {error.message}")
        except ApplicationError as error:
            self._run.state.gates.ignore(f"{name}: {error.message}")

    def _raise_on(self, raised: BudgetRaise, *, dry: bool) -> GateView:
        """Raise the limit, and answer the budget gate when one is open."""
        state, policy = self._run.state, self._run.policy
        gate = state.gates.find("budget")
        if raised.request_id is not None and (gate is None or gate.request_id != raised.request_id):
            why = state.gates.stale.get(raised.request_id, f"no open request {raised.request_id[:80]!r} here")
            raise GateRefused("STALE" if raised.request_id in state.gates.stale else "UNKNOWN_REQUEST", why)
        if gate is not None and policy.require_bound and raised.request_id is None:
            raise GateRefused("UNBOUND", f"name the request that you answer; open: {gate.request_id}")
        if policy.approvers and raised.actor not in policy.approvers:
            raise GateRefused(
                "NOT_ALLOWED", f"{raised.actor!r} may not raise; these may: {', '.join(policy.approvers)}"
            )
        ledger, before = state.ledger.model_copy(deep=True), state.ledger.limit_microusd
        ledger.raise_limit(micro(raised.limit_usd))
        if dry:
            return raised_view(raised, ledger.told_limit(before, "set"))
        state.ledger, state.raised_limit = ledger, ledger.limit_microusd
        if gate is None:
            return raised_view(raised, ledger.told_limit(before, "set"))
        gate.allowed = ["approve", "reject"]
        decision = Decision(
            decision="approve",
            request_id=gate.request_id if raised.request_id else None,
            comment=ledger.told_limit(before, "raised"),
            actor=raised.actor,
            via=raised.via,
        )
        view = state.gates.apply(decision.model_copy(update={"request_id": gate.request_id}), workflow.now())
        view.bound = raised.request_id is not None
        return view


def raised_view(raised: BudgetRaise, what: str) -> GateView:
    at = workflow.now().isoformat()
    return GateView(
        name="budget",
        kind="budget",
        round=1,
        request_id="",
        opened_at=at,
        what=what,
        decision="approve",
        actor=raised.actor,
        via=raised.via,
        decided_at=at,
    )


def refusal(error: FaberError) -> ApplicationError:
    details = {"code": error.code, **error.details}
    return ApplicationError(error.message, details, type=error.code, non_retryable=True)

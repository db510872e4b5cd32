"""The handlers by which people answer a run of any kind."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

from faber.contract.delivery import BudgetRaise, Decision, GateView, Pause
from workflows.answers import Answers
from workflows.commands import refuse_after_commands
from workflows.words import decoded


class Answered:
    """`commanded_at` is the length of the history when the run last commanded anything."""

    answers: Answers
    commanded_at = -1

    @workflow.update(description="Answer a gate: approve, reject, or revise where it is offered")
    async def decide(self, decision: Decision) -> GateView:
        return self.answers.decide(decision)

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        refuse_after_commands(self.commanded_at)
        self.answers.check_decision(decision)

    @workflow.update(description="Set a new budget limit, in dollars")
    async def raise_budget(self, raised: BudgetRaise) -> GateView:
        return self.answers.raise_budget(raised)

    @raise_budget.validator
    def _check_raise(self, raised: BudgetRaise) -> None:
        refuse_after_commands(self.commanded_at)
        self.answers.check_raise(raised)

    @workflow.update(description="Stop before the next step until resumed")
    async def pause(self, pause: Pause) -> GateView:
        return self.answers.pause(pause)

    @pause.validator
    def _check_pause(self, pause: Pause) -> None:
        refuse_after_commands(self.commanded_at)

    @workflow.update(description="Go on after a pause")
    async def resume(self, pause: Pause) -> GateView:
        return self.answers.resume(pause)

    @resume.validator
    def _check_resume(self, pause: Pause) -> None:
        refuse_after_commands(self.commanded_at)
        self.answers.check_resume(pause)

    @workflow.signal(
        dynamic=True,
        description="decide, submit_form, raise_budget, pause and resume without waiting for the answer",
    )
    def signalled(self, name: str, args: Sequence[RawValue]) -> None:
        self.answers.signalled(name, [decoded(arg) for arg in args])

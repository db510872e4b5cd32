"""The workflow types as callers see them: names and signatures without the code behind them."""

from __future__ import annotations

from temporalio import workflow

from faber.contract.delivery import BudgetRaise, Decision, GateView, Pause, RunInput, RunResult, Status
from faber.contract.upkeep import MergeInput, MergeResult, PruneInput, PruneResult

# mypy refuses an empty body under a result type, which is all that a signature without its code has.
# mypy: disable-error-code="empty-body"


@workflow.defn(name="FaberRun")
class FaberRun:
    """One delivery run: frame, architect, build, evaluate, release."""

    @workflow.run
    async def run(self, input: RunInput | None = None) -> RunResult: ...

    @workflow.update
    async def decide(self, decision: Decision) -> GateView:
        """Answers an open gate; refused when it is stale, late, contradicting or ambiguous."""
        ...

    @workflow.update
    async def raise_budget(self, budget: BudgetRaise) -> GateView:
        """Sets a new limit for the whole run and answers an open budget gate."""
        ...

    @workflow.update
    async def pause(self, pause: Pause) -> GateView:
        """Opens a gate of kind `pause`: the run stops before its next step."""
        ...

    @workflow.update
    async def resume(self, pause: Pause) -> GateView:
        """Answers the gate that `pause` opened."""
        ...

    @workflow.query
    def status(self) -> Status:
        """One compact snapshot: where the run is, what it waits for, what it has spent."""
        ...

    @workflow.query
    def result(self) -> RunResult:
        """The result document as it stands now."""
        ...


@workflow.defn(name="FaberMerge")
class FaberMerge:
    """Merges the pull request of a completed run."""

    @workflow.run
    async def run(self, input: MergeInput | None = None) -> MergeResult: ...


@workflow.defn(name="FaberPrune")
class FaberPrune:
    """Puts away runs that ended long ago."""

    @workflow.run
    async def run(self, input: PruneInput | None = None) -> PruneResult: ...

"""The workflow types as callers see them: names and signatures without the code behind them."""

from __future__ import annotations

from temporalio import workflow

from faber.contract.by_hand import (
    CommentInput,
    CommentWritten,
    OpenedPullRequest,
    PullRequestInput,
    SpecificationInput,
    WorkItemInput,
)
from faber.contract.definition_runs import (
    Context,
    DefinitionInput,
    DefinitionResult,
    DefinitionStatus,
    FormAnswer,
)
from faber.contract.delivery import (
    BudgetRaise,
    Decision,
    GateView,
    Issue,
    Pause,
    RunInput,
    RunResult,
    Specification,
    Status,
)
from faber.contract.dual_run import DualRunInput, DualRunResult
from faber.contract.registry import RegistryInput, RegistryResult
from faber.contract.upkeep import MergeInput, MergeResult, PruneInput, PruneResult

# mypy refuses an empty body under a result type, which is all that a signature without its code has.
# mypy: disable-error-code="empty-body"


class Answered:
    """What people answer a run of any kind with."""

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


@workflow.defn(name="FaberRun")
class FaberRun(Answered):
    """One delivery run: frame, architect, build, evaluate, release."""

    @workflow.run
    async def run(self, input: RunInput | None = None) -> RunResult: ...

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


@workflow.defn(name="FaberWorkItem")
class FaberWorkItem:
    """Reads a work item from its tracker."""

    @workflow.run
    async def run(self, input: WorkItemInput | None = None) -> Issue: ...


@workflow.defn(name="FaberComment")
class FaberComment:
    """Writes a comment on a work item."""

    @workflow.run
    async def run(self, input: CommentInput | None = None) -> CommentWritten: ...


@workflow.defn(name="FaberSpecification")
class FaberSpecification:
    """Writes a specification into a checkout."""

    @workflow.run
    async def run(self, input: SpecificationInput | None = None) -> Specification: ...


@workflow.defn(name="FaberPullRequest")
class FaberPullRequest:
    """Opens a pull request for a branch that is there."""

    @workflow.run
    async def run(self, input: PullRequestInput | None = None) -> OpenedPullRequest: ...


@workflow.defn(name="DefinitionRun")
class DefinitionRun(Answered):
    """One run of a step definition."""

    @workflow.run
    async def run(self, input: DefinitionInput | None = None) -> DefinitionResult: ...

    @workflow.update
    async def submit_form(self, answer: FormAnswer) -> GateView:
        """Fills in an open form; refused, naming each field, when the values do not fit."""
        ...

    @workflow.query
    def status(self) -> DefinitionStatus:
        """One compact snapshot: where the run is, what it waits for, what it has spent."""
        ...

    @workflow.query
    def context(self) -> Context:
        """What the steps see."""
        ...

    @workflow.query
    def result(self) -> DefinitionResult:
        """The result document as it stands now."""
        ...


@workflow.defn(name="DefinitionRegistry")
class DefinitionRegistry:
    """Puts, reads, lists, validates and deletes registered definitions, one thing at a time."""

    @workflow.run
    async def run(self, input: RegistryInput | None = None) -> RegistryResult: ...


@workflow.defn(name="DefinitionDualRun")
class DefinitionDualRun:
    """Runs two versions of a definition side by side, nobody being asked, and compares how they ended."""

    @workflow.run
    async def run(self, input: DualRunInput | None = None) -> DualRunResult: ...

"""Upkeep as workflows, so that it survives what it is done on: a merge by hand, and putting old runs away."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.upkeep import Upkeep
    from faber.contract.names import EXEC_QUEUE
    from faber.contract.upkeep import MergeInput, MergeResult, PruneInput, PruneResult
    from workflows.asking import asked
    from workflows.presets import EXEC, HTTP
    from workflows.words import required


@workflow.defn(name="FaberMerge")
class FaberMerge:
    @workflow.run
    async def run(self, input: MergeInput | None = None) -> MergeResult:
        if input is None:
            raise required(', {"run_id": "..."}')
        return await asked(Upkeep.merge_delivered, input, HTTP, EXEC_QUEUE)


@workflow.defn(name="FaberPrune")
class FaberPrune:
    @workflow.run
    async def run(self, input: PruneInput | None = None) -> PruneResult:
        if input is None:
            raise required(", {} for the worker's own repository")
        return await asked(Upkeep.prune_runs, input, EXEC, EXEC_QUEUE)

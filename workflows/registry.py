"""The registry as a workflow, so that the Temporal CLI alone can put, read and delete definitions."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.registering import Registering
    from faber.contract.names import IO_QUEUE
    from faber.contract.registry import RegistryInput, RegistryResult
    from workflows.asking import asked
    from workflows.presets import QUICK
    from workflows.words import required


@workflow.defn(name="DefinitionRegistry")
class DefinitionRegistry:
    @workflow.run
    async def run(self, input: RegistryInput | None = None) -> RegistryResult:
        if input is None:
            raise required(', {"action": "list"}')
        return await asked(Registering.consult_registry, input, QUICK, IO_QUEUE, input.action)

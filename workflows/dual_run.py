"""DefinitionDualRun: two versions of a definition side by side, and where they ended differently."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from activities.registering import Registering
    from domain.definitions.parity import compare
    from faber.contract.definition_runs import DefinitionInput, DefinitionResult
    from faber.contract.dual_run import DualRunInput, DualRunResult, RunPair
    from faber.contract.names import IO_QUEUE
    from faber.contract.registry import RegistryInput
    from workflows.asking import asked
    from workflows.definition_run import DefinitionRun
    from workflows.presets import QUICK
    from workflows.words import required


@workflow.defn(name="DefinitionDualRun")
class DefinitionDualRun:
    @workflow.run
    async def run(self, input: DualRunInput | None = None) -> DualRunResult:
        if input is None:
            raise required(', {"workflow_id": "..."}, or {"old": {...}, "new": {...}}')
        old, new = await _versions(input)
        id = workflow.info().workflow_id
        pair = RunPair(old=f"{id}-old", new=f"{id}-new")
        ended = await asyncio.gather(_ended(input, old, pair.old), _ended(input, new, pair.new))
        diffs = compare(*(comparable(result) for result in ended))
        return DualRunResult(match=not diffs, diffs=diffs, run_ids=pair)


async def _versions(input: DualRunInput) -> tuple[Any, Any]:
    if input.old is not None and input.new is not None:
        return input.old, input.new
    if not input.workflow_id:
        raise required(', {"workflow_id": "..."}, or both {"old": ..., "new": ...}')
    wanted = RegistryInput(action="get", definition_id=input.workflow_id, tenant=input.tenant)
    [newest] = (await asked(Registering.consult_registry, wanted, QUICK, IO_QUEUE)).entries
    before = max(1, newest.version - 1)
    return (
        input.old if input.old is not None else before,
        input.new if input.new is not None else newest.version,
    )


async def _ended(input: DualRunInput, which: Any, run_id: str) -> DefinitionResult:
    named = isinstance(which, int)
    given = DefinitionInput(
        definition=None if named else which,
        definition_id=input.workflow_id if named else None,
        version=which if named else None,
        inputs=input.inputs,
        mock_ai=input.mock_ai,
        budget_usd=input.budget_usd,
        rehearse=True,
        initiator="dual-run",
        tenant=input.tenant,
    )
    try:
        return await workflow.execute_child_workflow(DefinitionRun.run, given, id=run_id)
    except ChildWorkflowError as error:
        cause = error.cause
        if not isinstance(cause, ApplicationError) or not cause.details:
            raise
        return DefinitionResult.model_validate(cause.details[0])


def comparable(result: DefinitionResult) -> dict[str, Any]:
    """What a version is answerable for: how it ended and what its steps made, not when, nor an answer's headers."""
    made = {name: _without_headers(value) for name, value in result.context.runtime.items()}
    return {"status": result.status, "error_code": result.error_code, "runtime": made}


def _without_headers(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"status", "headers", "body"}:
        return {"status": value["status"], "body": value["body"]}
    return [_without_headers(item) for item in value] if isinstance(value, list) else value

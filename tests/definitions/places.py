"""Definitions as the tests write them, and the ways to talk to their runs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from faber.contract.definition_runs import (
    Context,
    DefinitionInput,
    DefinitionResult,
    DefinitionStatus,
    FormAnswer,
)
from faber.contract.delivery import Decision, GateView, WaitingOn
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import DefinitionRun
from tests.waiting import eventually

PHASE = SearchAttributeKey.for_keyword("FaberPhase")
Handle = WorkflowHandle[Any, DefinitionResult]
SCHEMA = {
    "type": "object",
    "required": ["summary", "score"],
    "properties": {"summary": {"type": "string", "minLength": 3}, "score": {"type": "integer"}},
}


def step(id: str, type: str, next: str | None = None, **more: Any) -> dict[str, Any]:
    keys = {"else", "on_error", "for_each", "parallel", "name"}
    top = {name.rstrip("_"): value for name, value in more.items() if name.rstrip("_") in keys}
    config = {name: value for name, value in more.items() if name.rstrip("_") not in keys}
    return {"id": id, "type": type, "next": next, **top, **({"config": config} if config else {})}


def form(id: str, next: str | None = None, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return step(id, "form", next, fields=list(fields) or [{"key": "name", "required": True}], **more)


def generate(id: str, next: str | None = None, **more: Any) -> dict[str, Any]:
    return step(id, "ai_generate", next, **{"prompt": "Go.", "json_schema": SCHEMA, **more})


def approve(id: str, next: str | None = None, **more: Any) -> dict[str, Any]:
    return step(id, "approval", next, **{"approvers": ["ann@example.org"], **more})


def when(id: str, condition: str, next: str | None = None, else_: str | None = None) -> dict[str, Any]:
    return step(id, "conditional", next, when=condition, else_=else_)


def definition(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "tried",
        "version": 1,
        "name": "Tried",
        "start_step": steps[0]["id"],
        "steps": [*steps],
        **more,
    }


@dataclass(frozen=True)
class Desk:
    """Starts runs, and answers them."""

    client: Client
    folder: Path = field(default_factory=Path)
    queue: str = TASK_QUEUE

    async def start(self, *steps: dict[str, Any], **options: Any) -> Handle:
        named = {"definition": definition(*steps)} if steps else {}
        given = DefinitionInput(**{**named, **options})
        return await self.client.start_workflow(
            DefinitionRun.run, given, id=f"def-tried-{uuid.uuid4().hex[:10]}", task_queue=self.queue
        )

    async def waits(self, handle: Handle, gate: str, timeout_s: float = 30) -> WaitingOn:
        found: list[WaitingOn] = []

        async def is_open() -> bool:
            status = await self.status(handle)
            assert status.error is None, status.error
            found[:] = [item for item in status.waiting_on if item.gate == gate]
            return bool(found)

        await eventually(is_open, f"{gate} of {handle.id} waits", timeout_s)
        return found[0]

    async def status(self, handle: Handle) -> DefinitionStatus:
        return await handle.query(DefinitionRun.status)

    async def context(self, handle: Handle) -> Context:
        return await handle.query(DefinitionRun.context)

    async def fill(self, handle: Handle, gate: str, **values: Any) -> GateView:
        await self.waits(handle, gate)
        return await handle.execute_update(
            DefinitionRun.submit_form, FormAnswer(values=values, step_id=gate, actor="bob", via="test")
        )

    async def decide(
        self, handle: Handle, gate: str, word: str = "approve", actor: str = "ann@example.org", **more: Any
    ) -> GateView:
        waiting = await self.waits(handle, gate)
        decision = Decision.model_validate(
            {"decision": word, "request_id": waiting.request_id, "actor": actor, "via": "test", **more}
        )
        return await handle.execute_update(DefinitionRun.decide, decision)

    async def failure(self, handle: Handle) -> tuple[ApplicationError, DefinitionResult]:
        """How a run failed: Temporal's failure, and the result document in its details."""
        try:
            result = await handle.result()
        except WorkflowFailureError as error:
            cause = error.cause
            assert isinstance(cause, ApplicationError), cause
            return cause, DefinitionResult.model_validate(cause.details[0])
        raise AssertionError(f"{handle.id} completed: {result.context.runtime}")


async def is_at(handle: Handle, step_id: str) -> bool:
    """Whether a list of runs names the step."""
    return (await handle.describe()).typed_search_attributes.get(PHASE) == step_id

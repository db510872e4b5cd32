"""One model call as a run of one step, and two versions of a definition side by side."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from faber.contract.definition_runs import DefinitionInput, DefinitionResult, DefinitionStatus
from faber.contract.dual_run import DualRunInput, DualRunResult
from faber.errors import FINAL_CODES, RETRYABLE_CODES
from http_api.documents import checked
from http_api.parts import Body, Operator, StrictRoute, Version
from http_api.problems import Refused
from http_api.routes.executions import RunOptions
from http_api.routes.workflows import stored
from http_api.settings import ApiSettings

router = APIRouter(prefix="/v1", tags=["tools"], route_class=StrictRoute)

DEFINITION, STEP = "ai-infer", "infer"
ANSWERED_WITHIN_S = 300.0
# A provider that there is none of is a mistake of whoever named it.
OF_A_MODEL = (RETRYABLE_CODES | FINAL_CODES) - {"UNSUPPORTED_PROVIDER"}
Which = Version | dict[str, Any] | str | None


class InferBody(Body):
    """Exactly one of `template_id` and `prompt`; `variables` are the values that it names."""

    template_id: str | None = Field(default=None, min_length=1, max_length=200)
    prompt: str | None = Field(default=None, min_length=1, max_length=200_000)
    variables: dict[str, Any] = Field(default_factory=dict)
    json_schema: dict[str, Any]
    model: str | None = Field(default=None, min_length=1, max_length=200, description="provider:model")
    mock_ai: bool = False


class Inferred(BaseModel):
    """`retry_count` counts the calls after the first; tokens are those of all of them."""

    output: Any
    provider: str
    tokens_prompt: int
    tokens_output: int
    latency_ms: int
    retry_count: int
    run_id: str


class DualRunBody(Body):
    """`old` and `new` are each a version or a definition; left out, the newest version and the one before it. A
    comparison has no idempotency key: it is made anew each time."""

    workflow_id: str | None = Field(default=None, min_length=1, max_length=200)
    inputs: dict[str, Any] = Field(default_factory=dict)
    run_opts: RunOptions = RunOptions()
    old: Which = None
    new: Which = None


@router.post("/ai/infer", responses={502: {}, 504: {}})
async def infer(visit: Operator, body: InferBody) -> Inferred:
    """A model's answer that fits the schema, by a run of one step. 502 when the model gave none, 504 when it took too
    long; the run is there to look at."""
    definition = _of_one_step(body)
    await checked(definition)
    wanted = DefinitionInput(
        definition=definition,
        inputs=body.variables,
        initiator=visit.caller.name,
        mock_ai=body.mock_ai,
        tenant=visit.caller.tenant,
    )
    faber = await visit.faber()
    run_id = (await faber.definitions.start(wanted)).run_id
    try:
        result = await asyncio.wait_for(faber.definitions.result(run_id), ANSWERED_WITHIN_S)
    except TimeoutError:
        await faber.cancel(run_id, "nobody waits for the answer any more")
        raise Refused(504, "SLOW_MODEL", f"no answer in {ANSWERED_WITHIN_S:.0f} s; see {run_id}") from None
    if result.status != "completed":
        code, said = result.error_code or "NO_ANSWER", f"{result.error or result.status}; see {run_id}"
        raise Refused(502 if code in OF_A_MODEL else 422, code, said)
    return _inferred(result, await faber.definitions.status(run_id))


def _of_one_step(body: InferBody) -> dict[str, Any]:
    given = {"template_id": body.template_id, "prompt": body.prompt, "model": body.model}
    config = {name: value for name, value in given.items() if value is not None}
    asked = {**config, "variables": list(body.variables), "json_schema": body.json_schema}
    step = {"id": STEP, "type": "ai_generate", "name": "Infer", "next": None, "config": asked}
    return {"id": DEFINITION, "name": "A single model call", "start_step": STEP, "steps": [step]}


def _inferred(result: DefinitionResult, status: DefinitionStatus) -> Inferred:
    lines = status.cost.by_model
    [done] = [step for step in result.steps if step.step_id == STEP and step.status == "completed"]
    took = datetime.fromisoformat(done.ended_at or done.started_at) - datetime.fromisoformat(done.started_at)
    return Inferred(
        output=result.context.runtime[f"{STEP}_output"],
        provider=result.provider or "",
        tokens_prompt=sum(line.input_tokens for line in lines),
        tokens_output=sum(line.output_tokens for line in lines),
        latency_ms=round(took.total_seconds() * 1_000),
        retry_count=max(0, sum(line.calls for line in lines) - 1),
        run_id=result.run_id,
    )


@router.post("/dev/dual-run", responses={404: {}, 409: {}, 504: {}})
async def dual_run(visit: Operator, request: Request, body: DualRunBody) -> DualRunResult:
    """Runs two versions of a definition to their ends, nobody being asked, and says where they ended differently. In
    the dev profile only."""
    settings: ApiSettings = request.app.state.settings
    if settings.profile != "dev":
        raise Refused(404, "NOT_FOUND", "dual runs are there in the dev profile only")
    if body.workflow_id is not None:
        await stored(visit, body.workflow_id)
    elif not all(isinstance(version, dict | str) for version in (body.old, body.new)):
        raise Refused(422, "NOTHING_TO_COMPARE", "give workflow_id, or two definitions as old and new")
    for version in (body.old, body.new):
        if isinstance(version, dict | str):
            await checked(version)
        elif version is not None and body.workflow_id is not None:
            await stored(visit, body.workflow_id, version)
    wanted = DualRunInput(
        workflow_id=body.workflow_id,
        inputs=body.inputs,
        old=body.old,
        new=body.new,
        mock_ai=body.run_opts.mock_ai,
        budget_usd=body.run_opts.budget_usd,
        tenant=visit.caller.tenant,
    )
    compared = (await visit.faber()).definitions.dual_run(wanted)
    try:
        return await asyncio.wait_for(compared, ANSWERED_WITHIN_S)
    except TimeoutError:
        # The runs go on, and each ends by itself: nobody is asked in them.
        raise Refused(504, "SLOW_RUNS", f"the runs did not end in {ANSWERED_WITHIN_S:.0f} s") from None

"""ai_generate: a model's answer that fits its schema, repaired at most twice, and paid for within the budget."""

from __future__ import annotations

from functools import partial
from typing import Any

from temporalio.exceptions import ActivityError

from activities.generating import Generating, call_key
from domain.ledger import input_bound
from faber.contract.definitions import AiConfig
from faber.contract.names import LLM_QUEUE
from faber.contract.steps import Generated, GenerateRequest, StepRequest
from faber.contract.turns import SpentRequest
from workflows.asking import asked
from workflows.course import Course
from workflows.desk import heed_cancel
from workflows.failures import Ended
from workflows.money import each_booked, reserve_call, settle, settle_failed
from workflows.presets import MODEL

REPAIRS = 2
FIRST_BOUND = 12_000


async def generate(course: Course, request: StepRequest) -> Any:
    """The output. Errors: Ended."""
    ai = AiConfig.model_validate(request.step.config, extra="ignore")
    problems: list[str] = []
    last: str | None = None
    bound = FIRST_BOUND
    for retry in range(REPAIRS + 1):
        answer = await _answer(course, request, ai, retry, problems, last, bound)
        if not answer.problems:
            return answer.output
        problems, last = answer.problems, answer.text
        usage = answer.spend.usage
        bound = input_bound(usage.input_tokens, usage.output_tokens, len("".join(problems)) + 500)
    why = f"{request.step.id}: after {REPAIRS} repairs the answer does not fit its schema: {'; '.join(problems[:5])}"
    if ai.on_exhausted == "fail" or not course.can_ask:
        raise Ended("INVALID_RESPONSE", why, request.step.id)
    return await _from_a_person(course, request, ai, why)


async def _answer(
    course: Course,
    request: StepRequest,
    ai: AiConfig,
    retry: int,
    problems: list[str],
    last: str | None,
    bound: int,
) -> Generated:
    """One model call that is answered."""
    while True:
        call = partial(_call, course, request, ai, retry, problems, last, bound)
        answer = await course.tried(request.step, partial(each_booked, course, request.step.id, call))
        if answer.needs_input_tokens is None:
            course.state.provider = answer.provider
            return answer
        bound = answer.needs_input_tokens


async def _call(
    course: Course,
    request: StepRequest,
    ai: AiConfig,
    retry: int,
    problems: list[str],
    last: str | None,
    bound: int,
) -> Generated:
    """Reserved before and settled after, failed or not."""
    setup, step = course.state.setup, request.step
    if setup is None:
        raise Ended("STATE", "the run has no definition yet")
    heed_cancel()
    price, repair = setup.prices[step.id], course.state.repairs
    item = "" if request.item is None else f"/{request.item}"
    key = f"{step.id}/{request.visit}{item}/{retry}/{repair}"
    reserved = await reserve_call(course, step.id, key, price, bound, ai.max_output_tokens)
    asking = GenerateRequest(
        **dict(request),
        model=setup.models[step.id],
        price=price,
        max_output_tokens=reserved.max_output_tokens,
        reserved_microusd=reserved.amount,
        input_bound=bound,
        retry=retry,
        repair=repair,
        problems=problems,
        last_answer=last,
    )
    try:
        answer: Generated = await asked(Generating.ai_generate, asking, MODEL, LLM_QUEUE, asking.model)
    except ActivityError as error:
        call = SpentRequest(
            call=call_key(asking), repair=asking.repair, reserved_microusd=asking.reserved_microusd
        )
        await settle_failed(course, key, call, error)
        raise
    if answer.needs_input_tokens is None:
        settle(course, key, answer.spend)
    else:
        course.state.ledger.release(key)
    return answer


async def _from_a_person(course: Course, request: StepRequest, ai: AiConfig, why: str) -> Any:
    """A person gives the output in the model's place; it is held against the same schema."""
    name = request.step.id if request.item is None else f"{request.step.id}.{request.item}"
    view = await course.gate(
        name,
        kind="manual_fix",
        what=why,
        subject={"schema": ai.json_schema, "why": why},
        round=request.visit,
        allowed=["reject"],
    )
    if view.decision != "approve":
        raise Ended("INVALID_RESPONSE", why, request.step.id)
    return course.state.forms.pop(view.request_id)["output"]

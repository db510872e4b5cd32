"""The mock provider: invented answers by seed, and failures as they are asked for."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.models import Message, ModelAnswer
from adapters.models.providers import Providers
from domain.schema import SCHEMAS, problems_with
from faber.errors import LLMError
from tests.adapters.models.asking import VERDICT, WRITE, ask

ROOT = Path(__file__).parents[3]
LETTER = {
    "type": "object",
    "required": ["to", "lines"],
    "properties": {
        "to": {"type": "string", "format": "email"},
        "lines": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "urgent": {"type": "boolean"},
    },
    "additionalProperties": False,
}


async def answer(environment: dict[str, str] | None = None, **more: Any) -> ModelAnswer:
    return await Providers(environment or {}).answer(ask("mock:mock", **more))


async def failing(providers: Providers, **more: Any) -> LLMError:
    with pytest.raises(LLMError) as caught:
        await providers.answer(ask("mock:mock", **more))
    return caught.value


@pytest.mark.parametrize("schema", [LETTER, VERDICT, *SCHEMAS.values()])
async def test_the_answer_fits_the_schema(schema: dict[str, Any]) -> None:
    told = await answer(output_schema=schema)
    assert told.structured is not None
    assert problems_with(told.structured, schema) == []
    assert (told.tool_calls, told.finish_reason) == ([], "stop")


@pytest.mark.parametrize("schema", [{}, {"properties": {"a": {"const": 1}}}, {"type": ["object", "null"]}])
async def test_an_answer_is_an_object_also_where_the_schema_does_not_say_so(schema: dict[str, Any]) -> None:
    assert isinstance((await answer(output_schema=schema)).structured, dict)


async def test_the_seed_and_the_request_decide_the_answer_and_nothing_else() -> None:
    random.seed(1)
    before = random.getstate()
    first = await answer(output_schema=LETTER)
    again = await answer({"MOCK_AI_SEED": "42"}, output_schema=LETTER, turn=3, timeout_s=7)
    assert first == again
    assert random.getstate() == before
    otherwise = await answer({"MOCK_AI_SEED": "7"}, output_schema=LETTER)
    asked_otherwise = await answer(output_schema=LETTER, messages=[Message(role="user", text="Again.")])
    answers = [json.dumps(one.structured) for one in (first, otherwise, asked_otherwise)]
    assert len(set(answers)) == 3


async def test_another_process_answers_the_same() -> None:
    code = (
        "import asyncio\n"
        "from tests.adapters.models.test_mock import LETTER, answer\n"
        "print(asyncio.run(answer(output_schema=LETTER)).model_dump_json())\n"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == (await answer(output_schema=LETTER)).model_dump_json()


async def test_answers_side_by_side_do_not_change_each_other() -> None:
    asked = [[Message(role="user", text=str(number))] for number in range(20)]
    alone = [await answer(output_schema=LETTER, messages=messages) for messages in asked]
    together = await asyncio.gather(*(answer(output_schema=LETTER, messages=messages) for messages in asked))
    assert together == alone


async def test_without_a_schema_it_is_a_text_that_says_what_it_is() -> None:
    told = await answer(tools=[WRITE])
    assert told.text.startswith("An invented answer: ")
    assert (told.structured, told.tool_calls) == (None, [])


async def test_it_costs_nothing_and_is_counted() -> None:
    told = await answer(output_schema=LETTER)
    assert (told.cost_microusd, told.priced, told.usage.estimated) == (0, True, False)
    assert told.usage.input_tokens > 0
    assert told.usage.output_tokens == -(-len(json.dumps(told.structured)) // 4)


@pytest.mark.parametrize("schema", [LETTER, VERDICT, *SCHEMAS.values()])
async def test_a_schema_violation_lacks_a_required_key(schema: dict[str, Any]) -> None:
    told = await answer({"MOCK_AI_MODE": "schema_violation"}, output_schema=schema)
    assert told.structured is not None
    assert any("is a required property" in problem for problem in problems_with(told.structured, schema))


async def test_a_schema_violation_of_inner_keys_lacks_one_of_them() -> None:
    schema = {
        "type": "object",
        "properties": {"letters": {"type": "array", "minItems": 2, "items": LETTER}},
        "minProperties": 1,
    }
    told = await answer({"MOCK_AI_MODE": "schema_violation"}, output_schema=schema)
    assert problems_with(told.structured, schema) != []


async def test_where_nothing_is_required_a_schema_violation_has_another_type() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "m": {"type": "integer"}}}
    told = await answer({"MOCK_AI_MODE": "schema_violation"}, output_schema=schema)
    assert problems_with(told.structured, schema) != []


async def test_what_cannot_be_violated_or_answered_is_said_with_the_schema() -> None:
    providers = Providers({"MOCK_AI_MODE": "schema_violation"})
    free = await failing(providers, output_schema={"type": "object", "title": "anything goes"})
    assert "no answer would violate it" in free.message
    assert "anything goes" in free.message
    never = {"type": "object", "required": ["a"], "properties": {"a": False}}
    impossible = await failing(Providers({}), output_schema=never)
    assert "nothing is allowed at one of its places" in impossible.message
    no_object = await failing(Providers({}), output_schema={"type": "array"})
    assert "no JSON object" in no_object.message
    assert {one.kind for one in (free, impossible, no_object)} == {"VALIDATION_ERROR"}


async def test_a_timeout_comes_when_the_time_of_the_request_is_up_and_not_before() -> None:
    providers = Providers({"MOCK_AI_MODE": "timeout"}, timeout_s=0.1)
    for limits, said in (({}, "0.1 s"), ({"timeout_s": 0.2}, "0.2 s")):
        error = await failing(providers, **limits)
        assert (error.kind, error.retryable) == ("TIMEOUT", True)
        assert said in error.message
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await failing(providers, timeout_s=600)


async def test_a_timeout_ends_when_whoever_asked_has_gone() -> None:
    call = asyncio.create_task(answer({"MOCK_AI_MODE": "timeout"}))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_transient_error_happens_once_for_each_request() -> None:
    providers = Providers({"MOCK_AI_MODE": "transient_error"})
    for text in ("one", "two"):
        messages = [Message(role="user", text=text)]
        error = await failing(providers, messages=messages, turn=1)
        assert (error.kind, error.retryable, error.details["status"]) == ("SERVER_ERROR", True, 503)
        # The workflow counts its tries; a provider never hears of it.
        await providers.answer(ask("mock:mock", messages=messages, turn=2))


async def test_a_transient_error_comes_back_when_the_same_is_asked_anew() -> None:
    providers = Providers({"MOCK_AI_MODE": "transient_error"})
    for _ in range(2):
        await failing(providers)
        await providers.answer(ask("mock:mock"))


async def test_a_mode_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    error = await failing(Providers({"MOCK_AI_MODE": "chaos"}))
    assert error.kind == "VALIDATION_ERROR"
    assert "success, schema_violation, timeout, transient_error" in error.message


async def test_the_mode_can_change_under_a_worker() -> None:
    environment = {"MOCK_AI_MODE": "transient_error"}
    providers = Providers(environment)
    await failing(providers)
    environment["MOCK_AI_MODE"] = "success"
    await providers.answer(ask("mock:mock"))

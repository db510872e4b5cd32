"""An answer of any form is an answer that can be written down, or an error with its kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.models.providers import Providers
from adapters.models.structured import as_object, too_deep, whole
from adapters.web.retry_after import retry_after_s
from faber.errors import LLMError
from tests.adapters.models.asking import WRITE, ask
from tests.stand_in import ModelServer
from tests.stand_in.faults import Fault

BOTH = ("openai:gpt-4o", "anthropic:claude-sonnet-4-5")


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def body(**said: Any) -> Fault:
    """One body that either provider's reader takes what it knows from."""
    message = {"role": "assistant", "content": said.get("text", ""), "tool_calls": said.get("calls")}
    usage = said.get("usage", {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10})
    blocks = said.get("blocks", [{"type": "text", "text": said.get("text", "")}])
    said_whole = {
        "id": "x",
        "model": "m",
        "choices": [{"message": message, "finish_reason": "stop"}],
        "content": blocks,
        "usage": {"input_tokens": -7, "output_tokens": -7, **usage},
    }
    return Fault("say", 200, json.dumps(said_whole).encode())


@pytest.mark.parametrize("name", BOTH)
async def test_halves_of_surrogates_never_get_into_an_answer(
    name: str, server: ModelServer, model: Providers
) -> None:
    arguments = {"path": "\ud800"}
    calls = [{"id": "\ud800", "function": {"name": "\udfff", "arguments": json.dumps(arguments)}}]
    blocks = [
        {"type": "text", "text": "a\ud800"},
        {"type": "tool_use", "id": "\ud800", "name": "\udfff", "input": arguments},
    ]
    server.meet_next(body(text="a\ud800", calls=calls, blocks=blocks))
    answer = await model.answer(ask(name, tools=[WRITE]))
    assert answer.model_dump_json()
    assert answer.text == "a\N{REPLACEMENT CHARACTER}"
    (called,) = answer.tool_calls
    assert called.malformed == "half of a surrogate pair in it"


@pytest.mark.parametrize("depth", [61, 900])
async def test_arguments_nested_too_deep_are_malformed_and_can_be_written_down(
    depth: int, server: ModelServer, model: Providers
) -> None:
    server.meet_next(
        body(blocks=[{"type": "tool_use", "id": "x", "name": "write_file", "input": nested(depth)}])
    )
    try:
        answer = await model.answer(ask("anthropic:claude-sonnet-4-5", tools=[WRITE]))
    except LLMError as error:
        assert error.kind == "INVALID_RESPONSE"
        return
    assert answer.model_dump_json()
    assert answer.tool_calls[0].malformed == "nested too deep"


@pytest.mark.parametrize("name", BOTH)
async def test_counting_below_zero_earns_nothing(name: str, server: ModelServer, model: Providers) -> None:
    server.meet_next(
        body(text="hi", usage={"prompt_tokens": 5, "completion_tokens": -(10**9), "total_tokens": -1})
    )
    answer = await model.answer(ask(name))
    assert min(answer.usage.input_tokens, answer.usage.output_tokens, answer.cost_microusd) >= 0


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("nothing", [0, 0.0, None, "12", float("nan"), []])
async def test_an_answer_that_was_counted_as_nothing_is_not_free(
    name: str, nothing: object, server: ModelServer, model: Providers
) -> None:
    names = ("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens")
    server.meet_next(body(text="hi", usage=dict.fromkeys(names, nothing)))
    answer = await model.answer(ask(name))
    assert answer.usage.estimated
    assert answer.cost_microusd > 0


@pytest.mark.parametrize("name", BOTH)
async def test_counting_in_floats_is_counting(name: str, server: ModelServer, model: Providers) -> None:
    asked = dict.fromkeys(("prompt_tokens", "input_tokens"), 1_000.0)
    written = dict.fromkeys(("completion_tokens", "output_tokens"), 99.5)
    server.meet_next(body(text="hi", usage={**asked, **written}))
    usage = (await model.answer(ask(name))).usage
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (1_000, 100, False)


@pytest.mark.parametrize("name", BOTH)
async def test_calls_of_one_id_get_each_an_id_of_its_own(
    name: str, server: ModelServer, model: Providers
) -> None:
    ids = ("a", "a", "a_1", "a", None, "")
    calls = [{"id": id_, "function": {"name": "write_file", "arguments": "{}"}} for id_ in ids]
    blocks: list[dict[str, Any]] = [
        {"type": "tool_use", "id": id_, "name": "write_file", "input": {}} for id_ in ids
    ]
    server.meet_next(body(calls=calls, blocks=blocks))
    answer = await model.answer(ask(name, tools=[WRITE]))
    assert answer.tool_calls[0].id == "a"
    assert len({call.id for call in answer.tool_calls}) == len(ids)


@pytest.mark.parametrize("name", BOTH)
async def test_what_an_answer_of_an_unheard_of_form_used_is_told(
    name: str, server: ModelServer, model: Providers
) -> None:
    counted = {"prompt_tokens": 7, "input_tokens": 7, "completion_tokens": 3, "output_tokens": 3}
    server.meet_next(body(calls=[None], blocks=[None], usage=counted))
    with pytest.raises(LLMError) as caught:
        await model.answer(ask(name))
    assert caught.value.kind == "INVALID_RESPONSE"
    assert (caught.value.details["usage"].input_tokens, caught.value.details["usage"].output_tokens) == (7, 3)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    "said",
    [
        {"content": ["text"], "choices": [{"message": {"tool_calls": "x"}}]},
        {
            "content": [{"type": "text", "text": 7}],
            "choices": [{"message": {"tool_calls": [{"function": "x"}]}}],
        },
        {"content": [{"type": "text", "text": {}}], "choices": [{"message": {"tool_calls": {"a": 1}}}]},
        {
            "content": [],
            "choices": [{"message": {}}],
            "usage": {"input_tokens": 1, "prompt_tokens": 1, "x": []},
        },
    ],
)
async def test_an_answer_of_an_unheard_of_form_is_an_invalid_response(
    name: str, said: dict[str, Any], server: ModelServer, model: Providers
) -> None:
    server.meet_next(Fault("say", 200, said))
    with pytest.raises(LLMError) as caught:
        await model.answer(ask(name))
    assert caught.value.kind == "INVALID_RESPONSE"


def test_a_provider_cannot_put_a_run_to_sleep_for_years() -> None:
    assert retry_after_s({"retry-after": "9" * 400}) == 86_400
    assert retry_after_s({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}) == 86_400


def test_json_that_would_overflow_the_stack_is_no_object() -> None:
    assert as_object("[" * 100_000) is None
    assert as_object('{"a":' * 100_000) is None
    assert as_object(json.dumps(nested(60))) is None
    assert as_object(json.dumps(nested(59))) == nested(59)
    assert not too_deep(nested(59))
    assert whole({"\ud800": ["\udfff", 1, None]}) == {"\ufffd": ["\ufffd", 1, None]}

"""Refusals that name what was sent are answered by saying it otherwise, once, and are remembered."""

from __future__ import annotations

import pytest

from adapters.models.providers import Providers
from faber.errors import LLMError
from tests.adapters.models.asking import MODELS, OPENAI_FAMILY, VERDICT, WRITE, ask
from tests.stand_in import ModelServer, refusal


@pytest.mark.parametrize("name", MODELS)
async def test_a_model_that_refuses_temperature_is_asked_again_without_it_and_not_again_with_it(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(refusal(400, "Unsupported value: 'temperature' does not support 0.2 with this model."))
    assert (await model.answer(ask(name, temperature=0.2))).text == "It is a bug."
    await model.answer(ask(name, temperature=0.2))
    assert ["temperature" in call.body for call in server.calls] == [True, False, False]


@pytest.mark.parametrize("name", OPENAI_FAMILY)
async def test_a_server_that_refuses_response_format_gets_the_schema_in_the_system_text(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(refusal(400, "response_format is not supported by this model"))
    answer = await model.answer(ask(name, "evaluate", output_schema=VERDICT))
    assert answer.structured == {"verdict": "GO"}
    assert "response_format" in server.calls[0].body
    assert "response_format" not in server.calls[1].body
    assert '"verdict"' in server.calls[1].system


async def test_openai_is_told_the_schema_and_deepseek_reads_it(model: Providers, server: ModelServer) -> None:
    await model.answer(ask("openai:gpt-4o", "evaluate", output_schema=VERDICT))
    await model.answer(ask("deepseek:deepseek-chat", "evaluate", output_schema=VERDICT))
    native, plain = (call.body["response_format"] for call in server.calls)
    assert native["json_schema"]["schema"] == VERDICT
    assert plain == {"type": "json_object"}
    assert ["JSON Schema" in call.system for call in server.calls] == [False, True]


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [
        ("openai:gpt-4o", "max_completion_tokens", "max_tokens"),
        ("xai:grok-3", "max_tokens", "max_completion_tokens"),
    ],
)
async def test_the_name_of_the_output_limit_follows_the_server(
    model: Providers, server: ModelServer, name: str, first: str, then: str
) -> None:
    server.meet_next(refusal(400, f"'{first}' is not supported with this model. Use '{then}' instead."))
    await model.answer(ask(name))
    await model.answer(ask(name))
    assert [[key for key in call.body if key.startswith("max_")] for call in server.calls] == [
        [first],
        [then],
        [then],
    ]


async def test_a_limit_that_is_too_high_is_no_question_of_its_name(
    model: Providers, server: ModelServer
) -> None:
    server.meet_next(refusal(400, "max_tokens: 9999 > 8192, which is the maximum"))
    with pytest.raises(LLMError):
        await model.answer(ask("xai:grok-3"))
    assert server.count() == 1


async def test_what_fails_in_the_new_words_too_teaches_nothing(model: Providers, server: ModelServer) -> None:
    server.meet_next(refusal(400, "temperature is unsupported"), refusal(400, "the prompt is too long"))
    with pytest.raises(LLMError, match="too long"):
        await model.answer(ask("openai:gpt-4o", temperature=0.2))
    await model.answer(ask("openai:gpt-4o", temperature=0.2))
    assert "temperature" in server.calls[2].body


async def test_a_server_that_refuses_for_ever_is_not_asked_for_ever(
    model: Providers, server: ModelServer
) -> None:
    everything = "temperature, response_format, tool_choice, max_tokens, max_completion_tokens: unsupported"
    server.meet_next(*[refusal(400, everything)] * 20)
    with pytest.raises(LLMError):
        await model.answer(ask("openai:gpt-4o", temperature=0.2, output_schema=VERDICT))
    assert server.count() <= 5


async def test_claude_that_may_not_be_forced_is_left_to_choose_the_answer_tool(
    model: Providers, server: ModelServer
) -> None:
    server.meet_next(refusal(400, "tool_choice forces tool use is not compatible with this model"))
    asked = ask("anthropic:claude-sonnet-4-5", "evaluate", tools=[WRITE], output_schema=VERDICT)
    assert (await model.answer(asked)).structured == {"verdict": "GO"}
    assert [call.body.get("tool_choice") for call in server.calls] == [{"type": "any"}, None]

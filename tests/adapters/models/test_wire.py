"""The words sent and read, where the providers differ from one another."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.models import Message, ToolCall
from adapters.models.providers import Providers
from adapters.web.retry_after import retry_after_s
from tests.adapters.models.asking import VERDICT, WRITE, ask
from tests.stand_in import Fault, ModelServer

CLAUDE = "anthropic:claude-sonnet-4-5"


def chat(message: dict[str, Any], **usage: Any) -> Fault:
    counted = usage or {"prompt_tokens": 1, "completion_tokens": 1}
    return Fault("say", body={"id": "x", "choices": [{"message": message}], "usage": counted})


def called(arguments: Any, **more: Any) -> dict[str, Any]:
    function = {"name": "write_file", "arguments": arguments}
    return {"content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function, **more}]}


@pytest.mark.parametrize("arguments", ['{"path": "a', "[1]", "nonsense"])
async def test_arguments_that_are_no_object_are_kept_as_they_came_and_go_back_as_json(
    model: Providers, server: ModelServer, arguments: str
) -> None:
    server.meet_next(chat(called(arguments)))
    answer = await model.answer(ask("openai:gpt-4o", "build", tools=[WRITE]))
    assert (answer.tool_calls[0].malformed, answer.tool_calls[0].arguments) == (arguments, {})
    said = [
        Message(role="assistant", tool_calls=answer.tool_calls),
        Message(role="tool", tool_call_id="c1", text="not JSON"),
    ]
    for name in ("openai:gpt-4o", CLAUDE):
        await model.answer(ask(name, "build", messages=said, tools=[WRITE]))
    sent = server.calls[1].body["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"malformed": arguments}
    assert server.calls[2].body["messages"][0]["content"][0]["input"] == {"malformed": arguments}


@pytest.mark.parametrize("arguments", ["", None, {}])
async def test_a_call_without_arguments_is_no_malformed_one(
    model: Providers, server: ModelServer, arguments: Any
) -> None:
    server.meet_next(chat(called(arguments)))
    (call,) = (await model.answer(ask("mistral:mistral-large-latest"))).tool_calls
    assert (call.arguments, call.malformed) == ({}, None)


async def test_what_gemini_and_deepseek_want_back_is_sent_back(model: Providers, server: ModelServer) -> None:
    signature = {"google": {"thought_signature": "abc"}}
    message = {**called("{}", extra_content=signature), "reasoning_content": "I think"}
    server.meet_next(chat(message))
    first = await model.answer(ask("google:gemini-2.5-flash", "build", tools=[WRITE]))
    kept = [ToolCall.model_validate_json(call.model_dump_json()) for call in first.tool_calls]
    said = [Message(role="assistant", tool_calls=kept), Message(role="tool", tool_call_id="c1", text="ok")]
    await model.answer(ask("google:gemini-2.5-flash", "build", messages=said, tools=[WRITE]))
    sent = server.calls[1].body["messages"][1]
    assert sent["tool_calls"][0]["extra_content"] == signature
    assert sent["reasoning_content"] == "I think"


async def test_reasoning_that_only_the_total_shows_is_counted_as_output(
    model: Providers, server: ModelServer
) -> None:
    server.meet_next(
        chat({"content": "hi"}, prompt_tokens=10, completion_tokens=5, total_tokens=115),
        chat(
            {"content": "hi"},
            prompt_tokens=10,
            completion_tokens=105,
            total_tokens=115,
            completion_tokens_details={"reasoning_tokens": 100},
        ),
    )
    for name in ("google:gemini-2.5-flash", "openai:gpt-5"):
        usage = (await model.answer(ask(name))).usage
        assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (10, 105, 100)


async def test_deepseeks_own_word_for_cached_input_is_understood(
    model: Providers, server: ModelServer
) -> None:
    server.meet_next(
        chat({"content": "hi"}, prompt_tokens=100, completion_tokens=1, prompt_cache_hit_tokens=60)
    )
    usage = (await model.answer(ask("deepseek:deepseek-chat"))).usage
    assert (usage.input_tokens, usage.cache_read_tokens) == (40, 60)


@pytest.mark.parametrize(
    ("text", "structured"),
    [
        ('{"verdict": "GO"}', {"verdict": "GO"}),
        ('Here it is:\n```json\n{"verdict": "GO"}\n```\nDone.', {"verdict": "GO"}),
        ('```\n{"verdict": "GO"}\n```', {"verdict": "GO"}),
        ('<think>Is {"a": 1} it?\nNo.</think>\n\n{"verdict": "GO"}', {"verdict": "GO"}),
        ('```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```', None),
        ('Maybe {"verdict": "GO"}', None),
        ("[1, 2]", None),
    ],
)
@pytest.mark.parametrize("name", ["openai:gpt-4o", CLAUDE])
async def test_an_object_is_found_in_the_text_only_where_there_is_one_for_sure(
    model: Providers, server: ModelServer, name: str, text: str, structured: dict[str, str] | None
) -> None:
    server.script.phases["frame"][0][0] = server.script.phases["frame"][0][0].model_copy(
        update={"text": text}
    )
    answer = await model.answer(ask(name, output_schema=VERDICT))
    assert (answer.structured, answer.text) == (structured, text)
    assert (await model.answer(ask(name))).structured is None


async def test_a_content_in_parts_and_a_refusal_are_text(model: Providers, server: ModelServer) -> None:
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "hi"}]
    server.meet_next(chat({"content": parts}), chat({"content": None, "refusal": "I will not."}))
    texts = [(await model.answer(ask("mistral:mistral-large-latest"))).text for _ in range(2)]
    assert texts == ["hi", "I will not."]


async def test_claude_gets_all_results_and_the_next_words_of_the_user_in_one_message(
    model: Providers, server: ModelServer
) -> None:
    calls = [ToolCall(id=f"c{number}", name="write_file") for number in (1, 2)]
    said = [
        Message(role="user", text="Go on."),
        Message(role="assistant", text=" ", tool_calls=calls),
        Message(role="tool", tool_call_id="c1", text="ok"),
        Message(role="tool", tool_call_id="c2", text="", is_error=True),
        Message(role="user", text="Hurry."),
    ]
    await model.answer(ask(CLAUDE, messages=said, tools=[WRITE]))
    _, assistant, results = server.calls[0].body["messages"]
    assert [block["type"] for block in assistant["content"]] == ["tool_use", "tool_use"]
    assert [block["type"] for block in results["content"]] == ["tool_result", "tool_result", "text"]
    assert results["content"][1] == {"type": "tool_result", "tool_use_id": "c2", "is_error": True}


async def test_claude_reads_a_loops_beginning_from_its_cache(model: Providers, server: ModelServer) -> None:
    await model.answer(ask(CLAUDE, tools=[WRITE]))
    await model.answer(ask(CLAUDE))
    loop, single = (call.body for call in server.calls)
    assert "cache_control" in loop["system"][-1]
    assert "cache_control" in loop["messages"][-1]["content"][-1]
    assert "cache_control" not in str(single)


@pytest.mark.parametrize(
    ("tools", "choice"), [([], {"type": "tool", "name": "answer"}), ([WRITE], {"type": "any"})]
)
async def test_claude_gives_a_final_answer_through_a_tool(
    model: Providers, server: ModelServer, tools: list[Any], choice: dict[str, str]
) -> None:
    await model.answer(ask(CLAUDE, "evaluate", tools=tools, output_schema=VERDICT))
    sent = server.calls[0].body
    assert sent["tool_choice"] == choice
    assert sent["tools"][-1]["input_schema"] == VERDICT


async def test_a_model_that_answers_and_asks_for_tools_at_once_has_not_answered_yet(
    model: Providers, server: ModelServer
) -> None:
    answer = {"type": "tool_use", "id": "a", "name": "answer", "input": {"verdict": "GO"}}
    call = {"type": "tool_use", "id": "b", "name": "write_file", "input": {}}
    server.meet_next(Fault("say", body={"content": [answer, call]}))
    got = await model.answer(ask(CLAUDE, tools=[WRITE], output_schema=VERDICT))
    assert ([one.id for one in got.tool_calls], got.structured) == (["b"], None)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
        ("Wed, 21 Oct 2026 07:28:00 -0000", 60),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0),
        ("1.5", 1.5),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_every_form(header: str, seconds: float | None) -> None:
    now = datetime(2026, 10, 21, 7, 27, tzinfo=UTC)
    assert retry_after_s({"retry-after": header}, now) == seconds


async def test_openais_organization_is_nobody_elses_business(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    model = Providers(server.environment())
    await model.answer(ask("openai:gpt-4o"))
    await model.answer(ask("xai:grok-3"))
    await model.close()
    assert ["openai-organization" in call.headers for call in server.calls] == [True, False]

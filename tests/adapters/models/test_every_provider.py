"""What all six providers have in common, seen over HTTP."""

from __future__ import annotations

import pytest

from adapters.models import Message
from adapters.models.catalogue import required_key
from adapters.models.providers import Providers
from adapters.prices import cost_of, price_of
from faber.contract.config import PriceOverride
from faber.contract.money import Usage
from tests.adapters.models.asking import MODELS, VERDICT, WRITE, ask
from tests.stand_in import ModelServer

pytestmark = pytest.mark.parametrize("name", MODELS)


async def test_a_text_answer_comes_with_what_it_cost(model: Providers, name: str) -> None:
    answer = await model.answer(ask(name))
    assert (answer.text, answer.finish_reason) == ("It is a bug.", "stop")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (1000, 10)
    assert not answer.usage.estimated
    assert answer.cost_microusd == cost_of(price_of(name, {}), answer.usage) > 0
    assert answer.priced
    assert answer.request_id and answer.model_version == name.partition(":")[2]


async def test_a_tool_call_and_its_result_go_round_with_their_id(
    model: Providers, server: ModelServer, name: str
) -> None:
    first = await model.answer(ask(name, "build", tools=[WRITE]))
    (call,) = first.tool_calls
    assert (call.name, call.arguments, call.malformed) == ("write_file", {"path": "ä.txt"}, None)
    assert first.finish_reason == "tool_calls"
    said = [
        Message(role="user", text="Go on."),
        Message(role="assistant", text=first.text, tool_calls=first.tool_calls),
        Message(role="tool", tool_call_id=call.id, text="no such folder", is_error=True),
    ]
    second = await model.answer(ask(name, "build", messages=said, tools=[WRITE]))
    assert second.text == "Done."
    assert server.calls[1].turn == 2
    assert str(server.calls[1].body["messages"]).count(call.id) == 2
    assert "no such folder" in str(server.calls[1].body["messages"][-1])


async def test_a_final_answer_of_a_schema_is_an_object(
    model: Providers, server: ModelServer, name: str
) -> None:
    answer = await model.answer(ask(name, "evaluate", output_schema=VERDICT))
    assert answer.structured == {"verdict": "GO"}
    assert answer.tool_calls == []
    assert "verdict" in str({**server.calls[0].body, "messages": server.calls[0].body["messages"][:1]})


async def test_tools_may_be_called_before_the_final_answer(model: Providers, name: str) -> None:
    answer = await model.answer(ask(name, "build", tools=[WRITE], output_schema=VERDICT))
    assert [call.name for call in answer.tool_calls] == ["write_file"]
    assert answer.structured is None


async def test_a_text_answer_where_an_object_was_asked_for_keeps_the_text(
    model: Providers, name: str
) -> None:
    answer = await model.answer(ask(name, output_schema=VERDICT))
    assert (answer.structured, answer.text) == (None, "It is a bug.")


async def test_a_provider_that_counts_nothing_gets_an_estimate_that_says_so(
    server: ModelServer, model: Providers, name: str
) -> None:
    server.report_usage = False
    answer = await model.answer(ask(name, messages=[Message(role="user", text="x" * 4000)]))
    assert answer.usage.estimated
    assert 1000 <= answer.usage.input_tokens <= 1020
    assert answer.usage.output_tokens == 3
    assert answer.cost_microusd > 0


async def test_cached_input_is_counted_apart_and_costs_its_own_price(
    model: Providers, server: ModelServer, name: str
) -> None:
    counted = {"input_tokens": 100, "cache_read_tokens": 900, "output_tokens": 50, "reasoning_tokens": 0}
    server.script.phases["frame"][0][0] = server.script.phases["frame"][0][0].model_copy(
        update={"usage": Usage.model_validate(counted)}
    )
    answer = await model.answer(ask(name))
    assert (answer.usage.input_tokens, answer.usage.cache_read_tokens) == (100, 900)
    assert answer.cost_microusd == cost_of(price_of(name, {}), answer.usage)


async def test_the_runs_own_price_beats_the_list(model: Providers, name: str) -> None:
    own = {name: PriceOverride(input_usd=1, output_usd=100)}
    answer = await model.answer(ask(name, prices=own))
    assert answer.cost_microusd == 1000 + 1000


async def test_a_rotated_key_is_used_by_the_next_call(server: ModelServer, name: str) -> None:
    environment = server.environment()
    model = Providers(environment)
    await model.answer(ask(name))
    environment[str(required_key(name))] = "rotated\n"
    await model.answer(ask(name))
    await model.close()
    assert [call.key for call in server.calls] == [f"key-of-{name.partition(':')[0]}", "rotated"]


async def test_a_call_is_made_once_and_only_by_the_base_url_of_its_provider(
    model: Providers, server: ModelServer, name: str
) -> None:
    await model.answer(ask(name))
    assert server.count() == 1
    assert server.calls[0].path in {"/v1/chat/completions", "/v1/messages"}


async def test_temperature_is_sent_only_when_given(model: Providers, server: ModelServer, name: str) -> None:
    await model.answer(ask(name))
    await model.answer(ask(name, temperature=0.0))
    assert ["temperature" in call.body for call in server.calls] == [False, True]

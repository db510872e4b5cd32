"""The shipped prepared model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.models import Message
from adapters.models.providers import Providers
from faber.errors import LLMError
from tests.adapters.models.asking import SCRIPT, VERDICT, ask


@pytest.fixture
def model(tmp_path: Path) -> Providers:
    (tmp_path / "demo.yaml").write_text(yaml.safe_dump(SCRIPT))
    return Providers({"FABER_SCRIPTS": str(tmp_path)})


def prepared(tmp_path: Path, turn: dict[str, Any]) -> Providers:
    (tmp_path / "demo.yaml").write_text(yaml.safe_dump({"phases": {"frame": [[turn]]}}))
    return Providers({"FABER_SCRIPTS": str(tmp_path)})


async def test_the_answer_is_found_by_phase_round_and_turn(model: Providers) -> None:
    places = [("build", 1, 1), ("build", 1, 2), ("build", 2, 1), ("frame", 1, 1)]
    texts = [(await model.answer(ask("scripted:demo", *place[:2], turn=place[2]))).text for place in places]
    assert texts == ["I write it.", "Done.", "The second round.", "It is a bug."]


async def test_rounds_and_turns_past_the_end_repeat_the_last_one(model: Providers) -> None:
    assert (await model.answer(ask("scripted:demo", "build", 9, turn=9))).text == "The second round."
    assert (await model.answer(ask("scripted:demo", "build", 1, turn=9))).text == "Done."


async def test_the_same_question_has_the_same_answer_whoever_asks(model: Providers, tmp_path: Path) -> None:
    asked = ask("scripted:demo", "build")
    other = Providers({"FABER_SCRIPTS": str(tmp_path)})
    assert await model.answer(asked) == await model.answer(asked) == await other.answer(asked)


async def test_tool_calls_have_ids_that_no_other_turn_has(model: Providers) -> None:
    answers = [await model.answer(ask("scripted:demo", "build", 1, turn=turn)) for turn in (1, 2)]
    (call,) = answers[0].tool_calls
    assert (call.id, call.arguments) == ("call_build_1_1_0", {"path": "ä.txt"})
    assert [answer.finish_reason for answer in answers] == ["tool_calls", "stop"]


async def test_a_structured_turn_is_the_final_answer(model: Providers) -> None:
    answer = await model.answer(ask("scripted:demo", "evaluate", output_schema=VERDICT))
    assert answer.structured == {"verdict": "GO"}


async def test_usage_is_the_scripts_or_counted_from_characters_and_has_a_nominal_price(
    model: Providers,
) -> None:
    said = await model.answer(ask("scripted:demo"))
    assert (said.usage.input_tokens, said.usage.output_tokens) == (1000, 10)
    assert (said.cost_microusd, said.priced) == (1000 * 3 + 10 * 15, True)
    messages = [Message(role="user", text="x" * 400)]
    counted = await model.answer(ask("scripted:demo", "build", 2, messages=messages))
    assert 100 <= counted.usage.input_tokens < 120
    assert counted.usage.output_tokens == 5
    assert not counted.usage.estimated


async def test_a_script_is_found_by_its_absolute_path_too(model: Providers, tmp_path: Path) -> None:
    model = Providers({})
    assert (await model.answer(ask(f"scripted:{tmp_path / 'demo.yaml'}"))).text == "It is a bug."


async def test_a_changed_script_is_read_again(tmp_path: Path) -> None:
    model = prepared(tmp_path, {"text": "before"})
    assert (await model.answer(ask("scripted:demo"))).text == "before"
    prepared(tmp_path, {"text": "after"})
    os.utime(tmp_path / "demo.yaml", ns=(1, 1))
    assert (await model.answer(ask("scripted:demo"))).text == "after"


async def test_a_prepared_error_comes_as_often_as_it_says(tmp_path: Path) -> None:
    model = prepared(tmp_path, {"text": "at last", "error": {"kind": "RATE_LIMIT", "times": 2}})
    for _ in range(2):
        with pytest.raises(LLMError, match="prepared") as caught:
            await model.answer(ask("scripted:demo"))
        assert caught.value.kind == "RATE_LIMIT"
    assert (await model.answer(ask("scripted:demo"))).text == "at last"


async def test_a_prepared_delay_is_kept(tmp_path: Path) -> None:
    model = prepared(tmp_path, {"text": "slow", "delay_s": 0.01})
    assert (await model.answer(ask("scripted:demo"))).text == "slow"


@pytest.mark.parametrize(
    ("environment", "name", "said"),
    [
        ({}, "demo", "FABER_SCRIPTS is not set"),
        ({"FABER_SCRIPTS": "nowhere"}, "demo", "cannot be read"),
    ],
)
async def test_a_script_that_is_not_found_says_where_it_was_looked_for(
    environment: dict[str, str], name: str, said: str
) -> None:
    with pytest.raises(LLMError, match=said) as caught:
        await Providers(environment).answer(ask(f"scripted:{name}"))
    assert caught.value.kind == "NOT_FOUND"


async def test_a_missing_phase_names_those_that_are_there(model: Providers) -> None:
    with pytest.raises(LLMError, match="'release'; it has build, evaluate, frame"):
        await model.answer(ask("scripted:demo", "release"))


@pytest.mark.parametrize("turn", [{"txt": "a typing mistake"}, {"tool_calls": "none"}])
async def test_a_script_that_does_not_fit_its_format_is_refused_by_the_field(
    tmp_path: Path, turn: dict[str, Any]
) -> None:
    with pytest.raises(LLMError, match=next(iter(turn))) as caught:
        await prepared(tmp_path, turn).answer(ask("scripted:demo"))
    assert caught.value.kind == "VALIDATION_ERROR"

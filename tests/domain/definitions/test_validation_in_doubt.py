"""What is only doubted is a warning, and what would take long is not checked to its end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.definitions.definitions import ask, call, condition, definition, form
from tests.domain.definitions.problems import errors, warnings

MANY = {"fields": [{"key": f"field_{n}"} for n in range(200)]}


def test_no_else_is_a_warning_the_run_completes_there() -> None:
    step = condition("a", next="b")
    del step["else"]
    (warning,) = warnings(definition(step, form("b")))
    assert warning == "steps[0]: there is no `else`: the run completes here when the condition is false"


@pytest.mark.parametrize(
    "said", [{"else": None}, {"otherwise": None}, {"config": {"when": "1 > 0", "else": None}}]
)
def test_who_says_that_nothing_follows_is_not_warned(said: dict[str, Any]) -> None:
    step = {"id": "a", "type": "conditional", "config": {"when": "1 > 0"}, "next": "b"}
    assert warnings(definition({**step, **said}, form("b"))) == []


def test_a_field_that_hides_one_of_the_contexts_maps_is_doubted() -> None:
    (warning,) = warnings(definition(form("a", config={"fields": [{"key": "static"}]})))
    assert (
        warning
        == "steps[0].config.fields[0].key: the answer hides the map 'static': other steps read it by this name"
    )


def test_a_name_may_come_with_the_inputs_so_that_only_a_near_one_is_doubted() -> None:
    steps = form("a", next="b"), call("b", "https://x/{{ customer }}/{{ limit }}")
    assert warnings(definition(*steps, static={"limit": 1})) == []
    steps = form("a", next="b"), call("b", "https://x/{{ limt }}")
    (warning,) = warnings(definition(*steps, static={"limit": 1}))
    assert "'limt' must come with the inputs or the profile, or did you mean limit?" in warning


def test_an_output_is_there_only_behind_the_step_that_makes_it() -> None:
    steps = (
        call("a", next="b"),
        call("b", "https://x/{{ a_output }}", next="c"),
        call("c", "https://x/{{ b_output }}"),
    )
    assert errors(definition(*steps)) == []
    (problem,) = errors(definition(call("a", "https://x/{{ b_output }}", next="b"), call("b")))
    assert problem == "steps[0].config.url: b_output is not there yet: 'b' comes later, if at all"
    around = (
        form("a", next="b"),
        call("b", "https://x/{{ c_output|default('') }}", next="c"),
        condition("c", next="a"),
    )
    assert errors(definition(*around)) == []


def test_a_step_id_with_dots_and_dashes_has_its_output_found_too() -> None:
    steps = call("my.first-step", next="b"), ask("b", variables=["my.first-step_output.text"])
    assert errors(definition(*steps)) == []


def test_a_definition_that_would_take_long_to_check_is_not_checked_to_its_end() -> None:
    patterns = [
        form(f"f{n}", config={"fields": [{"key": "k", "pattern": rf"{n}\p{{L}}{{1,60}}"}]}) for n in range(60)
    ]
    prompts = [ask(f"p{n}", prompt=f"{n}" + "{{ a }}" * 14_000) for n in range(4)]
    schemas = [
        ask(f"s{n}", json_schema={"properties": {f"{n}-{p}": {"minimum": 1} for p in range(2_500)}})
        for n in range(5)
    ]
    for steps in (patterns, [*prompts, *schemas]):
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            step["next"] = following and following["id"]
        (problem,) = errors(definition(*steps))
        assert "the definition takes too long to check" in problem


@pytest.mark.parametrize(
    "large",
    [
        definition(*(form(f"s{n}", next=f"s{n + 1}", config=MANY) for n in range(30)), form("s30")),
        definition(
            *({**ask(f"s{n}", prompt="\u6f22" * 90_000), "next": f"s{n + 1}"} for n in range(4)), form("s4")
        ),
    ],
    ids=["by its defaults", "by its bytes"],
)
def test_a_definition_that_no_run_could_carry_is_refused(large: dict[str, Any]) -> None:
    [problem] = errors(large)
    assert problem.startswith("$: with every default it has 1,")


def test_constants_that_are_large_are_refused_in_their_place() -> None:
    large = definition(form("a"), static={"text": "x" * 131_072})
    assert errors(large) == [
        "static: the constants have 131,084 bytes, more than 131,072: let inputs bring what is large"
    ]

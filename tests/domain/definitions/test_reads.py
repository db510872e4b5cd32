"""A step that gets only what it reads does what it would do with everything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.definitions.conditions import ConditionError, evaluate
from domain.definitions.paths import narrowed
from domain.definitions.reads import names_read
from domain.definitions.templates import TemplateProblem, render, render_value
from faber.contract.definition_runs import Context
from faber.contract.definitions import Step

NAMES = ("age", "name", "static", "profile", "runtime", "ask_output")
values = st.one_of(st.integers(0, 9), st.text("ab", max_size=2), st.lists(st.integers(0, 3), max_size=2))
scopes = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)
contexts = st.builds(Context, static=scopes, profile=scopes, runtime=scopes)
whens = st.sampled_from(
    [
        "age > 3",
        "age == name",
        "runtime['age'] == 1 or profile == {}",
        "len(static) > 1",
        "name in ask_output",
        "true",
    ]
)
texts = st.sampled_from(
    [
        "plain",
        "{{ age }}",
        "{{ runtime.age }} of {{ name }}",
        "{% for one in ask_output %}{{ one }}{{ loop.index }}{% endfor %}",
        "{{ name|default('nobody') }}",
        "{{ static }}{{ profile.name is defined }}",
    ]
)


def step(type: str, **config: Any) -> Step:
    more = {"else": None} if type == "conditional" else {}
    return Step.model_validate({"id": "it", "type": type, "config": config, "next": None, **more})


def said(ask: Any) -> Any:
    try:
        return ask()
    except (ConditionError, TemplateProblem) as error:
        return error.message


@given(contexts, whens)
def test_a_condition_says_the_same_with_what_it_reads(context: Context, when: str) -> None:
    less = narrowed(context, names_read(step("conditional", when=when)))
    assert said(lambda: evaluate(when, less)) == said(lambda: evaluate(when, context))


@given(contexts, texts, texts, texts)
def test_a_call_is_the_same_with_what_it_reads(context: Context, url: str, header: str, body: str) -> None:
    call = step("api_call", url=url, headers={"x": header}, body={"deep": [body]})
    less = narrowed(context, names_read(call))
    for text in (url, header):
        assert said(lambda text=text: render(text, less)) == said(lambda text=text: render(text, context))
    assert said(lambda: render_value({"deep": [body]}, less)) == said(
        lambda: render_value({"deep": [body]}, context)
    )


def test_what_is_not_read_is_not_sent() -> None:
    context = Context(static={"a": 1}, profile={"b": 2}, runtime={"c": 3, "a": 4})
    names = names_read(step("api_call", url="http://x/{{ a }}", body={"n": ["{{ c }}"]}))
    assert names == ["a", "c"]
    assert narrowed(context, names) == Context(static={"a": 1}, runtime={"c": 3, "a": 4})


def test_a_name_that_is_missing_brings_all_others_along_to_be_suggested() -> None:
    context = Context(runtime={"customer": 1, "other": 2})
    names = names_read(step("conditional", when="custommer > 1"))
    assert narrowed(context, names) == context


@pytest.mark.parametrize(
    "unsure",
    [
        step("ai_generate", template_id="letter", json_schema={}),
        step("api_call", url="http://x").model_copy(update={"for_each": {"items": "names"}}),
    ],
)
def test_a_step_whose_own_text_does_not_tell_gets_everything(unsure: Step) -> None:
    assert names_read(unsure) is None

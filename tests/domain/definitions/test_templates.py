"""Templates put JSON values into texts; they reach nothing of Python, and neither hang nor grow."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from domain.definitions.templates import (
    TemplateProblem,
    names_in,
    problems_with,
    render,
    render_value,
)
from faber.contract.definition_runs import Context

CONTEXT = Context(
    static={"limit": 100},
    profile={"name": "Ann"},
    runtime={
        "total": 7,
        "price": 1.5,
        "ready": True,
        "nothing": None,
        "customer": {"name": "Bo", "tags": ["a", "b"], "items": {"x": 1}},
        "list": [1, 2, 3],
        "my-step_output": {"ok": 1},
        "long": "x" * 100_000,
        "large": [{"a": "x" * 100}] * 5_000,
    },
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ customer.name|upper }}, {{ total + 1 }}!", "Hi BO, 8!"),
        ("{{ customer['name'] }}{{ customer.tags.0 }}{{ list[-1] }}{{ list[:2] }}", "Boa3[1, 2]"),
        ("{{ ready }} {{ nothing }} {{ price }} {{ customer.items }}", 'true null 1.5 {"x": 1}'),
        (
            "{% for i in list %}{{ loop.index }}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}",
            "11,22,33",
        ),
        ("{% for i in list if i > 1 %}{{ i }}{{ loop.length }}{% else %}none{% endfor %}", "2232"),
        ("{% for key, value in customer.items|items %}{{ key }}={{ value }}{% endfor %}", "x=1"),
        ("{% for key in customer %}{{ key }} {% endfor %}", "name tags items "),
        ("{% if total > 5 and 'a' in customer.tags %}yes{% elif true %}no{% endif %}", "yes"),
        ("{{ missing|default('d') }}{{ customer.x|default('e') }}{{ ''|default('f', true) }}", "def"),
        ("{% if missing is defined %}a{% elif nothing is none %}b{% endif %}", "b"),
        ("{{ runtime['my-step_output'].ok }}{{ static.limit }}", "1100"),
        ("{{ 'a/b ü&'|urlencode }}", "a%2Fb%20%C3%BC%26"),
        ("{{ list|join(', ') }} {{ list|length }} {{ list|first }} {{ list|last }}", "1, 2, 3 3 1 3"),
        ("{{ 2.567|round(2) }} {{ 2.5|round }} {{ '12'|int + 1 }} {{ '1.5'|float }}", "2.57 2 13 1.5"),
        ("{{ customer.tags|tojson }}{{ 'ü'|tojson }}", '["a", "b"]"ü"'),
        ("{{ ' x '|trim }}{{ 'aXa'|replace('a', 'b')|lower|capitalize }}", "xBxb"),
        ("{% for i in list %}\n  {{ i }}\n{% endfor %}\n", "  1\n  2\n  3\n"),
        ("{% raw %}{{ x }}{% endraw %}{# nothing #}", "{{ x }}"),
        ("<{{ '<b>' }}>", "<<b>>"),
    ],
)
def test_a_template_puts_values_into_a_text(template: str, text: str) -> None:
    assert problems_with(template) == []
    assert render(template, CONTEXT) == text


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        ("{{ total }}", 7),
        ("{{total+1}}", 8),
        ("{{ list }}", [1, 2, 3]),
        ("{{ (1, total) }}", [1, 7]),
        ("{{ {'a': [total]} }}", {"a": [7]}),
        ("{{ nothing }}", None),
        ("{{ total > 5 }}", True),
        (" {{ total }}", " 7"),
        ("{{ total }}{{ total }}", "77"),
        ("", ""),
        ({"a": ["{{ total }}", {"b": "n {{ total }}"}], "{{ c }}": 1, "d": None}, None),
    ],
)
def test_a_text_that_is_one_expression_keeps_the_values_own_type(value: Any, rendered: Any) -> None:
    if isinstance(value, dict):
        rendered = {"a": [7, {"b": "n 7"}], "{{ c }}": 1, "d": None}
    made = render_value(value, CONTEXT)
    assert made == rendered
    assert type(made) is type(rendered)


def test_what_is_given_besides_hides_the_context() -> None:
    assert render("{{ item }}{{ total }}", CONTEXT, extra={"item": "a", "total": 1}) == "a1"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ totl }}", "there is no name 'totl'; did you mean total?"),
        ("{% if totl %}{% endif %}", "there is no name 'totl'"),
        ("{{ customer.nmae }}", "a map has no 'nmae'; did you mean name?"),
        ("{{ customer.address.street }}", "a map has no 'address'"),
        ("{{ customer.x.y|default('d') }}", "a map has no 'x'"),
        ("{{ list[3] }}", "there are 3 items, none at 3"),
        ("{{ total.x }}", "a number has no x"),
        ("{% for x in missing %}{% endfor %}", "there is no name 'missing'"),
        ("{{ missing + 1 }}", "there is no name 'missing'"),
        ("{{ missing == 1 }}", "there is no name 'missing'"),
        ("{{ missing|upper }}", "there is no name 'missing'"),
        ("{{ list[missing] }}", "there is no name 'missing'"),
        ("{{ 'a' if total > 9 }}", "no else section was defined"),
    ],
)
def test_what_is_missing_is_an_error_that_names_it(template: str, said: str) -> None:
    for rendering in (render, render_value):
        with pytest.raises(TemplateProblem) as missing:
            rendering(template, CONTEXT)
        assert said in missing.value.message


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ customer.__class__ }}",
        "{{ customer['__class__'] }}",
        "{{ list.append }}",
        "{{ name.upper }}",
        "{{ nothing.__init__ }}",
        "{{ total.real }}",
        "{{ lipsum }}",
        "{{ cycler }}",
        "{{ joiner }}",
        "{{ namespace }}",
        "{{ range }}",
        "{{ dict }}",
        "{{ config }}",
        "{{ _weighed }}",
        "{{ environment }}",
        "{{ context }}",
        "{{ loop }}",
        "{% for i in list %}{{ loop }}{% endfor %}",
        "{% for i in list %}{{ loop.__class__ }}{% endfor %}",
        "{% for i in list %}{{ loop._iterator }}{% endfor %}",
        "{% for i in list %}{{ loop['__class__'] }}{% endfor %}",
        "{% for i in list %}{{ loop.previtem }}{% endfor %}",
    ],
)
def test_nothing_of_python_is_reached(template: str) -> None:
    for rendering in (render, render_value):
        with pytest.raises(TemplateProblem):
            rendering(template, CONTEXT)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ name.upper() }}", "nothing can be called"),
        ("{{ range(3) }}", "nothing can be called"),
        ("{{ list|map('upper') }}", "there is no filter 'map'"),
        ("{{ customer|attr('name') }}", "there is no filter 'attr'"),
        ("{{ name|uper }}", "did you mean upper?"),
        ("{{ name|format }}", "there is no filter 'format'"),
        ("{{ name|_counted }}", "there is no filter '_counted'"),
        ("{{ name|default(value=1) }}", "takes its values in their order"),
        ("{{ name|join(*list) }}", "takes its values in their order"),
        ("{{ 1 is odd }}", "there is no test 'odd'"),
        ("{{ 2 ** 3 }}", "powers are not computed"),
        ("{{ 'a' ~ 'b' }}", "write texts beside each other"),
        ("{% set x = 1 %}", "names cannot be given"),
        ("{% with x = 1 %}{% endwith %}", "`with` is not part"),
        ("{% include 'a' %}", "`include` is not part"),
        ("{% extends 'a' %}", "`extends` is not part"),
        ("{% import 'a' as b %}", "`import` is not part"),
        ("{% from 'a' import b %}", "`fromimport` is not part"),
        ("{% macro a() %}{% endmacro %}", "`macro` is not part"),
        ("{% call a() %}{% endcall %}", "`callblock` is not part"),
        ("{% block a %}{% endblock %}", "`block` is not part"),
        ("{% filter upper %}{% endfilter %}", "`filterblock` is not part"),
        ("{% autoescape true %}{% endautoescape %}", "is not part"),
        ("{% for i in list recursive %}{% endfor %}", "loops do not call themselves"),
        ("{{ self }}", "`self` is a word of Jinja's own"),
        ("{{ {1: 2} }}", "the keys of a map are texts"),
        ("{{ 1e999 }}", "no number to go on with"),
        ("{{ 9999999999999999999 }}", "beyond 64 bits"),
        ("a\nb {{ x", "line 2: unexpected end of template"),
        ("{% if %}", "line 1: Expected an expression"),
        ("{% for i in list %}", "line 1: Unexpected end of template"),
        ("{% do x %}", "Encountered unknown tag 'do'"),
        ("{{ " + "(" * 5_000, "nested too deeply"),
        ("{{ " + "-" * 100 + "1 }}", "nested more than 50 deep"),
        ("{{ " + "9" * 5_000 + " }}", "a number that is too long"),
        ("{% for a in list %}" * 11 + "{% endfor %}" * 11, "loops are nested more than 10 deep"),
        ("x" * 100_001, "at most 100,000 characters"),
    ],
)
def test_what_is_no_part_of_templates_is_found_before_a_run(template: str, said: str) -> None:
    (problem,) = problems_with(template)
    assert said in problem
    with pytest.raises(TemplateProblem):
        render(template, CONTEXT)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ 'a' * 1000000000 }}", "longer than 100,000"),
        ("{{ '%01000000d' % 1 }}", "arithmetic needs numbers"),
        ("{{ long|replace('x', long) }}", "longer than 1,000,000"),
        ("{% for a in large %}{% for b in large %}{{ a }}{% endfor %}{% endfor %}", "longer than 1,000,000"),
        ("{% for a in large %}{% for b in large %}{% endfor %}{% endfor %}", "too much work"),
        ("{% for a in large %}" + "{% if a %}{% endif %}" * 1_000 + "{% endfor %}", "too much work"),
        ("{% if large == large %}{% endif %}" * 1_000, "too much work"),
        ("{{ large|tojson|length }}" * 1_000, "too much work"),
        ("{% for a in name %}{% endfor %}", "a loop needs a list or a map, and this is a text"),
        ("{{ 'a' < 1 }}", "not supported"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ total[0:2] }}", "not subscriptable"),
        ("{{ []|first }}", "an empty one"),
        ("{{ 1|round(99) }}", "round takes 0 to 15 digits"),
        ("{{ list|tojson(99) }}", "tojson indents by 0 to 8"),
        ("{{ name|join }}", "join needs a list"),
        ("{{ name|upper(1, 2) }}", "positional argument"),
    ],
)
def test_what_cannot_be_rendered_here_is_an_error_and_never_a_hang(template: str, said: str) -> None:
    assert problems_with(template) == []
    with pytest.raises(TemplateProblem) as refused:
        render(template, CONTEXT)
    assert said in refused.value.message


@pytest.mark.parametrize(("many", "deep"), [(3_000, 1), (501, 1), (60, 10)])
def test_more_alternatives_than_can_be_rendered_are_found_before_a_run(many: int, deep: int) -> None:
    template = "y"
    for _ in range(deep):
        others = "".join(f"{{% elif total == {number} %}}x" for number in range(100, 99 + many))
        template = f"{{% if total == 0 %}}x{others}{{% elif total == 7 %}}{template}{{% endif %}}"
    said = "there are more than 500 `elif` behind one another"
    assert problems_with(template) == [said]
    with pytest.raises(TemplateProblem, match=said):
        render(template, CONTEXT)


def test_many_alternatives_can_be_rendered() -> None:
    others = "".join(f"{{% elif total == {number} %}}x" for number in range(100, 599))
    template = f"{{% if total == 0 %}}x{others}{{% elif total == 7 %}}y{{% endif %}}"
    assert problems_with(template * 3) == []
    assert render(template * 3, CONTEXT) == "yyy"


def test_the_texts_of_one_value_have_one_budget() -> None:
    one = "{{ large|tojson|length }}"
    assert render_value([one] * 10, CONTEXT) == [555_000] * 10
    with pytest.raises(TemplateProblem, match="too much work"):
        render_value([one] * 1_000, CONTEXT)


def test_the_names_of_a_template_are_those_that_it_reads_of_the_context() -> None:
    template = "{{ a.b }}{% for x in y %}{{ x }}{{ loop.index }}{% endfor %}{{ z|default(1) }}{{ secret.K }}"
    assert names_in(template) == ["a", "y", "z"]
    template = "{% for k, v in m|items if v > w %}{{ k }}{% else %}{{ v }}{% endfor %}{% if loop %}{{ k }}{% endif %}"
    assert names_in(template) == ["k", "loop", "m", "v", "w"]
    assert names_in("{% for x in y if x in loop %}{{ loop.index }}{% endfor %}") == ["loop", "y"]
    assert names_in("{{ a() }}") == []


def test_looking_for_names_computes_nothing() -> None:
    tracemalloc.start()
    try:
        assert names_in("{{ 'x' * 99999999 }}{{ a }}") == ["a"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000

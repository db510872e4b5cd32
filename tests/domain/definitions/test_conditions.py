"""Expressions say what Python would, of a run's context; what could act, hang or grow is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from domain.definitions.conditions import ConditionError, evaluate, names_in, problems_with
from faber.contract.definition_runs import Context

CONTEXT = Context(
    static={"limit": 100, "total": 1},
    profile={"name": "Ann", "total": 2},
    runtime={
        "total": 7,
        "items": [1, 2, 3],
        "customer": {"name": "Bo", "tags": ["new"]},
        "collect-info_output": {"ok": True},
        "nothing": None,
        "huge": 10**5_000,
        "long": "9" * 10_000,
    },
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("total > 5 and customer['name'] == 'Bo'", True),
        ("total < 5 or not items", False),
        ("1 < total <= 7", True),
        ("total % 4 + 2 * 3 - 10 / 4 // 1", 7.0),
        ("-total + abs(-3)", -4),
        ("'new' in customer['tags'] and 'x' not in items", True),
        ("'name' in customer", True),
        ("items[-1]", 3),
        ("items[1:]", [2, 3]),
        ("name[0] + 'x' * 3", "Axxx"),
        ("items + [4] == [1, 2, 3, 4]", True),
        ("total in (1, 7)", True),
        ("{'a': 1}['a']", 1),
        ("'high' if total > 5 else 'low'", "high"),
        ("len(items) == 3 and len(customer) == 2 and len('ab') == 2", True),
        ("any([0, 1]) and all([1, True])", True),
        ("min(items) + max(4, 5)", 6),
        ("str(total) + '!'", "7!"),
        ("int('12') + int(3.9) + float('0.5')", 15.5),
        ("bool(items)", True),
        ("nothing is None and nothing is not True", True),
        ("true and not false and nothing == null", True),
        ("  total\n  > 5\n".replace("\n  ", " "), True),
    ],
)
def test_an_expression_has_the_value_that_python_gives_it(expression: str, value: Any) -> None:
    assert problems_with(expression) == []
    assert evaluate(expression, CONTEXT) == value


def test_no_value_of_a_run_is_read_for_a_constant() -> None:
    told = {"true": False, "false": True, "null": 1}
    context = Context(static=told, profile=told, runtime=told)
    assert evaluate("true and not false and null is None", context, extra=told) is True


def test_a_name_is_the_runs_then_the_initiators_then_the_definitions() -> None:
    assert evaluate("[total, name, limit]", CONTEXT) == [7, "Ann", 100]
    assert evaluate("[static['total'], profile['total'], runtime['total']]", CONTEXT) == [1, 2, 7]
    assert evaluate("runtime", Context(runtime={"runtime": "mine"})) == "mine"
    assert evaluate("[item, index, total]", CONTEXT, {"item": "a", "index": 0, "total": 9}) == ["a", 0, 9]


def test_a_function_is_called_and_a_name_is_read_though_they_are_spelled_alike() -> None:
    assert evaluate("min(min)", Context(runtime={"min": [4, 3]})) == 3
    with pytest.raises(ConditionError, match="there is no name 'len'"):
        evaluate("len", CONTEXT)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("totl > 1", r"`totl > 1`: there is no name 'totl'; did you mean total\?"),
        ("zzz", "there is no name 'zzz'; known: customer, huge"),
        ("not missing", "there is no name 'missing'"),
        ("collect_info_output", r"did you mean runtime\['collect-info_output'\]\?"),
        ("customer['nmae']", r"`customer` has no 'nmae'; did you mean name\?"),
        ("items[3]", "`items` has 3 items, none at 3"),
        ("total['a']", "`total` is a number and has no items"),
        ("customer[1]", "its keys are texts, and this is a number"),
    ],
)
def test_what_is_missing_is_an_error_that_names_it_and_never_false(expression: str, said: str) -> None:
    with pytest.raises(ConditionError, match=said):
        evaluate(expression, CONTEXT)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("customer.name", "attributes are not read: write customer['name']"),
        ("().__class__.__bases__", "attributes are not read"),
        ("2 ** 3", "powers are not computed"),
        ("f'{total}'", "f-strings"),
        ("[x for x in items]", "no loops"),
        ("all(x for x in items)", "no loops"),
        ("(lambda: 1)()", "only these can be called"),
        ("(y := 1)", "names cannot be given"),
        ("[*items]", "cannot be unpacked"),
        ("{**customer}", "keys of a map are texts"),
        ("min(*items)", "cannot be unpacked"),
        ("min(items, key=len)", "takes no names"),
        ("__import__('os')", "there is no function '__import__'"),
        ("lenght(items)", "did you mean len?"),
        ("len(items, items)", "takes one value, and is given 2"),
        ("max()", "takes one value, and is given 0"),
        ("items[0]()", "only these can be called"),
        ("~total", "Invert is not part"),
        ("total << 2", "LShift is not part"),
        ("total is 7", "use == for values"),
        ("await total", "Await is not part"),
        ("{1, 2}", "write a list"),
        ("1j", "no JSON value"),
        ("b'a'", "no JSON value"),
        ("...", "no JSON value"),
        ("total = 1", "this is no expression"),
        ("1; 2", "this is no expression"),
        ("import os", "this is no expression"),
        ("total >", "this is no expression"),
        ("\x00", "this is no expression"),
        ("\ud800", "this is no expression"),
        ("  ", "the expression is empty"),
        ("1" * 257, "at most 256 characters, this one has 257"),
        ("-" * 200 + "1", "nested more than 40 deep"),
        ("(" * 120 + "1" + ")" * 120, None),
        ("(" * 250, "this is no expression"),
        ("9223372036854775808", "beyond 64 bits"),
        ("1e999", "no number to go on with"),
    ],
)
def test_what_is_no_part_of_the_language_is_found_before_a_run(expression: str, said: str | None) -> None:
    problems = problems_with(expression)
    if said is None:
        assert problems == []
        return
    assert any(said in problem for problem in problems), problems
    with pytest.raises(ConditionError):
        evaluate(expression, CONTEXT)


def test_all_problems_are_said_at_once_and_each_once() -> None:
    assert problems_with("a.b + c.d + 2 ** (1).real + lenn([])") == [
        "there is no function 'lenn'; did you mean len?",
        "attributes are not read: write customer['name'] instead of customer.name",
        "powers are not computed",
    ]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("'a' * 1000000000", "longer than 100,000"),
        ("1000000000 * 'a'", "longer than 100,000"),
        ("'a' * 1e300", "longer than 100,000"),
        ("[0] * 3", "arithmetic needs numbers"),
        ("'%01000000d' % 1", "arithmetic needs numbers"),
        ("long * 20", "longer than 100,000"),
        ("huge", "beyond 64 bits"),
        ("huge * huge", "beyond 64 bits"),
        ("items[huge]", "beyond 64 bits"),
        ("str(huge)", "beyond 64 bits"),
        ("int(huge)", "beyond 64 bits"),
        ("int(long)", "reads at most 100 characters"),
        ("float(long)", "reads at most 100 characters"),
        ("9223372036854775807 * 2", "beyond 64 bits"),
        ("int('9' * 50)", "beyond 64 bits"),
        ("float('nan')", "no number to go on with"),
        ("1e308 * 10", "no number to go on with"),
        ("str(items)", "needs one value"),
        ("int(nothing)", "needs a number or a text"),
        ("true + 1", "arithmetic needs numbers, and this is a boolean"),
        ("'a' + 1", "str() makes a text of a number"),
        ("'5' > 3", "not supported"),
        ("'a' in total", "`in` needs"),
        ("len(total)", "len() needs"),
        ("any(total)", "any() needs a list"),
        ("min('b')", "min() needs a list"),
        ("min([])", "empty"),
        ("1 / 0", "division by zero"),
        ("items[::0]", "zero"),
        ("int('x')", "int() cannot read this text"),
        ("items['a']", "indices"),
    ],
)
def test_what_has_no_value_in_this_context_is_an_error_of_its_own_kind(expression: str, said: str) -> None:
    assert problems_with(expression) == []
    with pytest.raises(ConditionError) as refused:
        evaluate(expression, CONTEXT)
    assert said in refused.value.message
    assert len(refused.value.message) < 600


def test_values_nested_without_end_are_not_compared_without_end() -> None:
    deep: list[Any] = []
    other: list[Any] = []
    for _ in range(100_000):
        deep, other = [deep], [other]
    with pytest.raises(ConditionError, match="nested too deeply"):
        evaluate("deep == other", Context(), {"deep": deep, "other": other})


def test_the_names_of_an_expression_are_those_that_the_context_must_have() -> None:
    assert names_in("len(items) > limit and customer['name'] == name and true") == [
        "customer",
        "items",
        "limit",
        "name",
    ]
    assert names_in("a.b") == []

"""What an expression may compute with: operators and functions, each with a bound on what it makes."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from faber.errors import FaberError

LARGEST = 2**63 - 1
"""Whole numbers have 64 bits, as in every database and every other language that reads them."""
TEXT_LENGTH = 100_000
LIST_LENGTH = 10_000
NUMERAL_LENGTH = 100


class ConditionError(FaberError):
    """An expression that is none, or that has no value in this context; the message says which part of it."""

    code = "CONDITION"


def kind(value: Any) -> str:
    """In the words of JSON, for messages."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a boolean"
    kinds = {
        int: "a number",
        float: "a number",
        str: "a text",
        dict: "a map",
        list: "a list",
        tuple: "a list",
    }
    return kinds.get(type(value), "no JSON value")


def bounded(value: Any) -> Any:
    """The number, when it is one that can be carried on with. Errors: ConditionError."""
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ConditionError(f"a whole number is beyond 64 bits: the largest is {LARGEST}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConditionError(f"{value} is no number to go on with")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number: int | float = bounded(value)
        return number
    raise ConditionError(f"arithmetic needs numbers, and this is {kind(value)}")


def _calculated(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: bounded(operation(_number(left), _number(right)))


def _add(left: Any, right: Any) -> Any:
    for joined, most in ((str, TEXT_LENGTH), (list, LIST_LENGTH)):
        if isinstance(left, joined) and isinstance(right, joined):
            _require(len(left) + len(right), most)
            return operator.add(left, right)
    if isinstance(left, str) or isinstance(right, str):
        raise ConditionError(f"cannot add {kind(left)} and {kind(right)}: str() makes a text of a number")
    return _calculated(operator.add)(left, right)


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(right, str):
        left, right = right, left
    if isinstance(left, str):
        times = _number(right)
        _require(len(left) * times, TEXT_LENGTH)
        return operator.mul(left, times)
    return _calculated(operator.mul)(left, right)


def _require(length: float, most: int) -> None:
    if length > most:
        raise ConditionError(f"the result would be longer than {most:,}")


def _contains(item: Any, container: Any) -> bool:
    if not isinstance(container, str | list | dict):
        raise ConditionError(
            f"`in` needs a text, a list or a map on its right, and this is {kind(container)}"
        )
    return item in container


def _negated(value: Any) -> Any:
    return bounded(-_number(value))


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _calculated(operator.sub),
    ast.Mult: _multiply,
    ast.Div: _calculated(operator.truediv),
    ast.FloorDiv: _calculated(operator.floordiv),
    ast.Mod: _calculated(operator.mod),
    ast.USub: _negated,
    ast.UAdd: _number,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: _contains,
    ast.NotIn: lambda item, container: not _contains(item, container),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _listed(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of(values: Any) -> Any:
        if not isinstance(values, list):
            raise ConditionError(f"{function.__name__}() needs a list, and this is {kind(values)}")
        return function(values)

    return of


def _extreme(function: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *values: _listed(function)(values[0] if len(values) == 1 else list(values))


def _length(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise ConditionError(f"len() needs a text, a list or a map, and this is {kind(value)}")
    return len(value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise ConditionError(f"str() needs one value, and this is {kind(value)}")
    return str(bounded(value))


def _converted(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of(value: Any) -> Any:
        if not isinstance(value, str | int | float):
            raise ConditionError(f"{function.__name__}() needs a number or a text, and this is {kind(value)}")
        if isinstance(value, str) and len(value) > NUMERAL_LENGTH:
            raise ConditionError(f"{function.__name__}() reads at most {NUMERAL_LENGTH} characters")
        try:
            return bounded(function(bounded(value)))
        except ValueError:
            raise ConditionError(f"{function.__name__}() cannot read this text as a number") from None

    return of


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": _length,
    "any": _listed(any),
    "all": _listed(all),
    "min": _extreme(min),
    "max": _extreme(max),
    "abs": lambda value: abs(_number(value)),
    "str": _text,
    "int": _converted(int),
    "float": _converted(float),
    "bool": bool,
}

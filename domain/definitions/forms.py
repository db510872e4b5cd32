"""Forms: what a field may ask for, and whether an answer is one. Nothing is converted: what fits is taken as it is.

A number in quotes is refused, a boolean is no number, 5.0 counts as the whole number 5. A blank text does not
answer a required field, and a required checkbox without options must be ticked. Every field has a value
afterwards: its default, or null, where nothing was given.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from domain import patterns
from domain.definitions.arithmetic import LARGEST, kind
from domain.definitions.near import suggestion
from faber.contract.definitions import FormConfig, FormField

TEXT_LENGTH = 100_000
ADDRESS_LENGTH = 254
UNKNOWN_SHOWN = 20
_ADDRESS = re.compile(
    r"[^@\s\x00-\x20<>,;:\"()\[\]\\]{1,64}@[^@\s.<>,;:\"()\[\]\\]+(\.[^@\s.<>,;:\"()\[\]\\]+)+"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Answers = dict[str, Any]
Problems = dict[str, str]


class _Unfit(Exception):
    """Why a value does not answer a field, without the field's name."""


def is_address(text: str) -> bool:
    """Whether it can be an e-mail address: one @, a name before it, a domain with a dot after it."""
    return len(text) <= ADDRESS_LENGTH and _ADDRESS.fullmatch(text) is not None


def check(config: FormConfig, values: Answers) -> tuple[Answers, Problems]:
    """The answer, and by the key of its field what is wrong with it; the answer counts only when nothing is."""
    clean: Answers = {}
    problems: Problems = {}
    budget = patterns.WORK
    for field in config.fields:
        given = values.get(field.key)
        try:
            if field.pattern and isinstance(given, str):
                budget -= patterns.cost(field.pattern, given)
            clean[field.key] = _answer(field, given, affordable=budget >= 0)
        except (_Unfit, patterns.PatternRefused) as error:
            problems[field.key] = str(error)
    keys = [field.key for field in config.fields]
    for name in [name for name in values if name not in keys][:UNKNOWN_SHOWN]:
        problems[name[:100]] = f"there is no field {name[:100]!r}{suggestion(name, keys)}"
    return clean, problems


def _answer(field: FormField, given: Any, *, affordable: bool) -> Any:
    if given is None or (field.required and isinstance(given, str) and not given.strip()):
        if field.default is not None:
            return field.default
        if field.required:
            raise _Unfit("an answer is needed")
        return None
    value = _READ[field.type](field, given)
    if isinstance(value, str) and field.pattern:
        if not affordable:
            raise _Unfit("the texts of this form are too long for their patterns")
        if not patterns.fits(field.pattern, value):
            raise _Unfit(f"the text does not fit the pattern {field.pattern}")
    return value


def _text(field: FormField, given: Any) -> str:
    if not isinstance(given, str):
        raise _Unfit(f"a text is expected, this is {kind(given)}")
    if _UNSTORABLE.search(given):
        raise _Unfit("the text has characters that cannot be stored")
    most = TEXT_LENGTH if field.max_length is None else min(field.max_length, TEXT_LENGTH)
    if len(given) > most:
        raise _Unfit(f"at most {most:,} characters are taken, these are {len(given):,}")
    if field.min_length is not None and len(given) < field.min_length:
        raise _Unfit(f"at least {field.min_length:,} characters are needed, these are {len(given):,}")
    return given


def _email(field: FormField, given: Any) -> str:
    text = _text(field, given)
    if not is_address(text):
        raise _Unfit("an e-mail address is expected, such as name@example.org")
    return text


def _date(field: FormField, given: Any) -> str:
    text = _text(field, given)
    try:
        if _DATE.fullmatch(text):
            datetime.date.fromisoformat(text)
            return text
    except ValueError:
        raise _Unfit(f"there is no day {text}") from None
    raise _Unfit("a date is expected, such as 2026-01-31")


def _number(field: FormField, given: Any) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        quoted = "; send it without quotes" if isinstance(given, str) else ""
        raise _Unfit(f"a number is expected, this is {kind(given)}{quoted}")
    if not math.isfinite(given) if isinstance(given, float) else abs(given) > LARGEST:
        raise _Unfit("the number is too large")
    if field.minimum is not None and given < field.minimum:
        raise _Unfit(f"{field.minimum:.15g} or more is expected, this is {given:.15g}")
    if field.maximum is not None and given > field.maximum:
        raise _Unfit(f"{field.maximum:.15g} or less is expected, this is {given:.15g}")
    return given


def _integer(field: FormField, given: Any) -> int:
    number = _number(field, given)
    if number != int(number) or abs(number) > LARGEST:
        raise _Unfit(f"a whole number is expected, this is {number:.15g}")
    return int(number)


def _boolean(field: FormField, given: Any) -> bool:
    if not isinstance(given, bool):
        raise _Unfit(f"true or false is expected, this is {kind(given)}")
    return given


def _choice(field: FormField, given: Any) -> Any:
    if not any(_same(given, option) for option in field.options):
        listed = ", ".join(str(option)[:50] for option in field.options[:20])
        raise _Unfit(f"one of these is expected: {listed}")
    return given


def _checkbox(field: FormField, given: Any) -> Any:
    if not field.options:
        if not _boolean(field, given) and field.required:
            raise _Unfit("it must be ticked")
        return given
    if not isinstance(given, list):
        raise _Unfit(f"a list of options is expected, this is {kind(given)}")
    if field.required and not given:
        raise _Unfit("at least one option is needed")
    for place, item in enumerate(given):
        _choice(field, item)
        if any(_same(item, earlier) for earlier in given[:place]):
            raise _Unfit("an option is there twice")
    return given


def _same(given: Any, option: Any) -> bool:
    """1 is 1.0, as in JSON, but neither true nor "1"."""
    return isinstance(given, bool) == isinstance(option, bool) and bool(given == option)


_READ: dict[str, Callable[[FormField, Any], Any]] = {
    "text": _text,
    "string": _text,
    "textarea": _text,
    "email": _email,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "select": _choice,
    "radio": _choice,
    "checkbox": _checkbox,
    "date": _date,
}


def problems_with(field: FormField) -> Iterator[tuple[str, str]]:
    """What is wrong with the field itself, each with the key that it is about."""
    refused = patterns.problem_with(field.pattern) if field.pattern else None
    if refused:
        yield "pattern", refused
    if field.type in ("select", "radio") and not field.options:
        yield "options", f"a {field.type} field needs options to choose from"
    if field.options and field.type not in ("select", "radio", "checkbox"):
        yield "options", f"a {field.type} field has no options: select, radio and checkbox have"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield "minimum", f"the minimum {field.minimum:.15g} is more than the maximum {field.maximum:.15g}"
    if field.min_length is not None and field.max_length is not None and field.min_length > field.max_length:
        yield "min_length", f"min_length {field.min_length} is more than max_length {field.max_length}"
    if field.default is not None and not refused:
        try:
            _answer(field, field.default, affordable=True)
        except (_Unfit, patterns.PatternRefused) as error:
            yield "default", f"the default is no answer to its own field: {error}"

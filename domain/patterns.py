"""Patterns of other people, matched by RE2: in linear time, so that none can hang what asks."""

from __future__ import annotations

import functools
import re
from typing import Any

import re2

from faber.errors import FaberError

PATTERN_LENGTH = 1_000
LARGEST = 100_000
"""Instructions of one pattern: `\\p{L}{1,80}` has as many, and takes 40 ms to be read."""
WORK = 50_000_000
"""What one text may cost: the pattern's instructions times the text's bytes, about a quarter of a second."""

_MEMORY = 1 << 22
_PLAIN_WORDS = (
    (
        re.compile(r"\(\?<?[=!]"),
        "it looks ahead or behind, `(?=` `(?!` `(?<=` `(?<!`, which is not supported",
    ),
    (re.compile(r"escape sequence: \\[1-9]|\(\?P=|\\k"), "it refers back to a group, which is not supported"),
    (re.compile(r"escape sequence: \\Z"), r"write \z, or $ at the end, instead of \Z"),
    (re.compile(r"escape sequence: \\u"), r"write \x{00e9} instead of \u00e9"),
    (re.compile(r"repetition"), "a repetition is larger than 1,000, or repeats another one directly"),
    (re.compile(r"too large"), "it is too large once its repetitions are written out"),
)


class PatternRefused(FaberError):
    """A pattern that RE2 does not take, or a text too long to be matched against it."""

    code = "PATTERN_REFUSED"


def problem_with(pattern: str) -> str | None:
    """Why the pattern is refused, in plain words; None when it is not."""
    try:
        _compiled(pattern)
    except PatternRefused as error:
        return error.message
    return None


def size(pattern: str) -> int:
    """How many instructions it has, which is what it takes to read it; for a refused one the most."""
    try:
        return int(_compiled(pattern).programsize)
    except PatternRefused:
        return LARGEST


def cost(pattern: str, text: str) -> int:
    """What a match costs at worst, in the unit of WORK. Errors: PatternRefused."""
    return int(_compiled(pattern).programsize) * len(_bytes(text))


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is what the pattern says. Errors: PatternRefused."""
    return _checked(pattern, text).fullmatch(_bytes(text)) is not None


def occurs(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text, as JSON Schema means it. Errors: PatternRefused."""
    return _checked(pattern, text).search(_bytes(text)) is not None


def _checked(pattern: str, text: str) -> Any:
    if cost(pattern, text) > WORK:
        raise PatternRefused(
            f"a text of {len(text):,} characters is too long for the pattern {pattern[:100]!r}"
        )
    return _compiled(pattern)


def _bytes(text: str) -> bytes:
    # Half of a surrogate pair is no character: it must not fit, and must not raise either.
    return text.encode("utf-8", "surrogatepass")


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    if len(pattern) > PATTERN_LENGTH:
        raise PatternRefused(f"the pattern has {len(pattern):,} characters, more than {PATTERN_LENGTH:,}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        compiled = re2.compile(_bytes(pattern), options)
    except re2.error as error:
        said = error.args[0].decode(errors="replace") if error.args else "it is no pattern"
        raise PatternRefused(f"the pattern {pattern[:100]!r} is refused: {_plain(said)}") from None
    if compiled.programsize > LARGEST:
        raise PatternRefused(f"the pattern {pattern[:100]!r} is refused: {_plain('too large')}")
    return compiled


def _plain(said: str) -> str:
    for found, words in _PLAIN_WORDS:
        if found.search(said):
            return words
    return said

"""A text of a length, by a pattern or in a format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from uuid import UUID

from rstr import Rstr

from adapters.models.uninventable import Uninventable
from domain.patterns import PatternRefused, occurs

LONGEST = 20_000
TRIES = 30
WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "island",
    "juniper",
    "meadow",
)
# RE2 knows these and the library that writes texts does not; one character stands for its kind.
SPELLINGS = {r"\z": r"\Z", r"\p{L}": "a", r"\p{Ll}": "a", r"\p{Lu}": "A", r"\p{N}": "7", r"\p{Nd}": "7"}
_OF_RE2 = re.compile(r"\\z|\\p\{\w+\}|\\x\{[0-9a-fA-F]+\}")


def text(rules: Sequence[dict[str, Any]], random: Random) -> str:
    """Errors: Uninventable."""
    least = max((int(rule["minLength"]) for rule in rules if "minLength" in rule), default=0)
    most = min((int(rule["maxLength"]) for rule in rules if "maxLength" in rule), default=LONGEST)
    if least > most:
        raise Uninventable(f"a text of at least {least} and at most {most} characters is too much or none")
    patterns = [rule["pattern"] for rule in rules if "pattern" in rule]
    if patterns:
        return _by_patterns(patterns, random, least, most)
    formats = [FORMATS[rule["format"]] for rule in rules if rule.get("format") in FORMATS]
    for write in formats[:1] * TRIES:
        written = write(random)
        if least <= len(written) <= most:
            return written
    return words(random, least, most)


def by_pattern(pattern: str, random: Random) -> str:
    """Errors: Uninventable."""
    try:
        return str(Rstr(random).xeger(_OF_RE2.sub(_python_spelling, pattern)))
    except (re.error, KeyError, ValueError, OverflowError, IndexError) as error:
        raise Uninventable(f"the pattern {pattern[:100]!r} is not understood ({error})") from None


def _by_patterns(patterns: Sequence[str], random: Random, least: int, most: int) -> str:
    for attempt in range(TRIES):
        written = by_pattern(patterns[attempt % len(patterns)], random)
        try:
            if least <= len(written) <= most and all(occurs(pattern, written) for pattern in patterns):
                return written
        except PatternRefused as error:
            raise Uninventable(error.message) from None
    raise Uninventable(f"no text was found that fits {', '.join(patterns)[:200]!r} and its length")


def _python_spelling(found: re.Match[str]) -> str:
    spelled = found[0]
    return re.escape(chr(int(spelled[3:-1], 16))) if spelled.startswith(r"\x") else SPELLINGS[spelled]


def words(random: Random, least: int, most: int) -> str:
    """Of `least` to `most` characters."""
    written = random.choice(WORDS)
    while len(written) < least or (len(written) < 12 and random.random() < 0.5):
        written += f" {random.choice(WORDS)}"
    shortened = written[:most]
    # A blank at the end is lost where people paste.
    return shortened[:-1] + "s" if shortened.endswith(" ") else shortened


def _date(random: Random) -> str:
    return f"20{random.randint(20, 35)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _time(random: Random) -> str:
    return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}Z"


def _name(random: Random) -> str:
    return f"{random.choice(WORDS)}-{random.randint(1, 999)}"


FORMATS: dict[str, Callable[[Random], str]] = {
    "date": _date,
    "time": _time,
    "date-time": lambda random: f"{_date(random)}T{_time(random)}",
    "duration": lambda random: f"P{random.randint(1, 30)}D",
    "email": lambda random: f"{random.choice(WORDS)}@example.com",
    "idn-email": lambda random: f"{random.choice(WORDS)}@example.com",
    "hostname": lambda random: f"{_name(random)}.example.com",
    "idn-hostname": lambda random: f"{_name(random)}.example.com",
    # Addresses that are kept for examples: RFC 5737, RFC 3849.
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
    "ipv6": lambda random: f"2001:db8::{random.randint(1, 0xFFFF):x}",
    "uri": lambda random: f"https://example.com/{_name(random)}",
    "uri-reference": lambda random: f"/{_name(random)}",
    "iri": lambda random: f"https://example.com/{_name(random)}",
    "iri-reference": lambda random: f"/{_name(random)}",
    "uri-template": lambda random: f"https://example.com/{_name(random)}/{{id}}",
    "uuid": lambda random: str(UUID(int=random.getrandbits(128), version=4)),
    "json-pointer": lambda random: f"/{_name(random)}",
    "relative-json-pointer": lambda random: f"{random.randint(0, 3)}/{_name(random)}",
    "regex": lambda random: f"^{random.choice(WORDS)}$",
}

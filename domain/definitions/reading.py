"""YAML and JSON as plain values, each with its line; nothing is built, expanded or guessed.

A plain scalar is what JSON would read it as, otherwise it is text: `yes`, `on`, `2024-01-31`, `012` and `+49 30` stay
as they are written. Anchors, aliases, tags, merge keys and keys that are there twice are refused.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from domain.definitions.places import Lines, Place
from domain.definitions.scalars import LARGEST, scalar
from faber.errors import FaberError

SIZE = 1_000_000
DEPTH = 50
NODES = 50_000
REFUSED = 100
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(FaberError):
    """A document that is not taken. `line` counts from 1, None where there is none to name. `others` was found beside
    it, and `document`, with its `lines`, is what can be looked at nevertheless: None when there is nothing."""

    code = "UNREADABLE"

    def __init__(self, message: str, line: int | None = None, place: Place = ()) -> None:
        super().__init__(message)
        self.line = line
        self.place = place
        self.others: list[Unreadable] = []
        self.document: dict[str, Any] | None = None
        self.lines: Lines = lambda place: None


def read(source: str | dict[str, Any]) -> tuple[dict[str, Any], Lines]:
    """The document, and where in the text a place of it stands: the nearest line that is known, None for a map that
    was given. Errors: Unreadable."""
    if isinstance(source, str):
        document, lines = _read_text(source)
    else:
        document, lines = source, {}
        _check(document)
    if not isinstance(document, dict):
        raise Unreadable(
            "a definition is a map of keys and values: id, start_step, steps", 1 if lines else None
        )
    return document, lambda place: _nearest(lines, place)


def _nearest(lines: dict[Place, int], place: Place) -> int | None:
    for end in range(len(place), -1, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return None


def _read_text(text: str) -> tuple[Any, dict[Place, int]]:
    if len(text) > SIZE:
        raise Unreadable(f"the document has {len(text):,} characters, more than {SIZE:,}")
    if _UNSTORABLE.search(text):
        raise Unreadable("the document has characters that cannot be stored, such as a null byte")
    reading = _Reading()
    refused = _read_yaml(text, reading)
    if reading.refused and refused is None:
        raise reading.told()
    # What is JSON is read as JSON: YAML does not take its tabs and surrogate pairs, and folds some of its characters.
    is_json, document = _as_json(text)
    if is_json:
        return document, {} if refused else reading.lines
    if refused:
        raise reading.told(refused)
    if not reading.begun:
        raise Unreadable("the document is empty")
    return reading.root, reading.lines


def _read_yaml(text: str, reading: _Reading) -> Unreadable | None:
    """What is no YAML is returned, and what is not taken of it is `reading.refused`."""
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reading.take(event)
    except Unreadable as error:
        reading.refused.append(error)
        reading.root = None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        said = error.problem or error.context or "it cannot be read"
        hint = ": quote a text that has brackets, braces, commas or colons" if "did not find" in said else ""
        return Unreadable(f"it is no YAML: {said}{hint}", line)
    except yaml.YAMLError as error:
        return Unreadable(f"it is no YAML: {str(error)[:200]}")
    return None


def _as_json(text: str) -> tuple[bool, Any]:
    if not text.lstrip().startswith("{"):
        return False, None
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return False, None
    _check(document)
    return True, document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise Unreadable(f"the key {next(n for n in names if names.count(n) > 1)[:100]!r} is there twice")
    return made


class _Reading:
    """The events of one document, put together: `lines` has the line of each value, or of its key. What is not taken
    is left out, or taken as text, so that the rest can be looked at too."""

    def __init__(self) -> None:
        self.refused: list[Unreadable] = []
        self.root: Any = None
        self.begun = False
        self.lines: dict[Place, int] = {}
        self._open: list[dict[str, Any] | list[Any]] = []
        self._place: list[str | int] = []
        self._key: str | None = None
        self._left_out = False

    def told(self, last: Unreadable | None = None) -> Unreadable:
        """The first of what was refused, with all the others."""
        first, *others = [*self.refused, *([last] if last else [])]
        first.others = others
        if last is None and isinstance(self.root, dict):
            first.document, first.lines = self.root, functools.partial(_nearest, self.lines)
        return first

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None):
            self._refuse("anchors and aliases (& and *) are not read: write the value out", line)
        tag = getattr(event, "tag", None)
        if tag:
            self._refuse(f"tags such as {tag[:50]} are not read", line)
        if isinstance(event, yaml.DocumentStartEvent) and self.begun:
            raise Unreadable("there is a second document behind `---`: one is read", line)
        if isinstance(event, yaml.MappingStartEvent):
            self._begin({}, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end()
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event.value, line, plain=event.implicit[0] and not event.style)
        elif isinstance(event, yaml.AliasEvent):
            self._scalar("", line, plain=True)

    def _refuse(self, message: str, line: int) -> None:
        if len(self.refused) == REFUSED:
            raise Unreadable("there is more that is not read", line)
        parent = self._open[-1] if self._open else None
        inside = [len(parent)] if isinstance(parent, list) else [self._key] if self._key is not None else []
        self.refused.append(Unreadable(message, line, (*self._place, *inside)))

    def _begin(self, made: dict[str, Any] | list[Any], line: int) -> None:
        if self._expects_key():
            raise Unreadable("a key is a text, not a list or a map: quote a value that begins with {{", line)
        if len(self._open) == DEPTH:
            raise Unreadable(f"the document is nested more than {DEPTH} deep", line)
        self._add(made, line)
        self._open.append(made)

    def _end(self) -> None:
        self._open.pop()
        self._leave()

    def _scalar(self, text: str, line: int, *, plain: bool) -> None:
        if self._expects_key():
            self._begin_entry(text, line)
            return
        value: Any = text
        if "\0" in text:
            self._refuse("the text has characters that cannot be stored, such as a null byte", line)
        try:
            value = scalar(text) if plain else text
        except ValueError as error:
            self._refuse(str(error), line)
        self._add(value, line)
        self._leave()

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], dict) and self._key is None

    def _begin_entry(self, key: str, line: int) -> None:
        self._key = key
        if key == "<<":
            self._refuse("merge keys (<<) are not read: write the keys out", line)
        elif key in self._open[-1]:
            self._refuse(f"the key {key[:100]!r} is there twice", line)
        elif "\0" in key:
            self._refuse("a key is a text that can be stored", line)
        else:
            self.lines[(*self._place, key)] = line
            return
        self._left_out = True

    def _add(self, value: Any, line: int) -> None:
        """Put the value where it belongs; what follows is inside of it until `_leave`."""
        self.begun = True
        if self._open:
            parent = self._open[-1]
            if isinstance(parent, dict):
                assert self._key is not None
                if not self._left_out:
                    parent[self._key] = value
                self._left_out = False
                self._place.append(self._key)
                self._key = None
            else:
                self._place.append(len(parent))
                parent.append(value)
        else:
            self.root = value
        self.lines.setdefault(tuple(self._place), line)
        if len(self.lines) > NODES:
            raise Unreadable(f"the document has more than {NODES:,} values", line)

    def _leave(self) -> None:
        if self._place:
            self._place.pop()


def _check(document: Any) -> None:
    """A map that was given can hold what no text could."""
    size = 0
    for nodes, (place, value) in enumerate(_walk(document)):
        problem = _unlike_json(value)
        if problem:
            raise Unreadable(problem, place=place)
        size += (
            len(value) if isinstance(value, str) else sum(map(len, value)) if isinstance(value, dict) else 1
        )
        if nodes > NODES or size > SIZE:
            raise Unreadable(f"the document has more than {NODES:,} values or {SIZE:,} characters")
        if len(place) > DEPTH:
            raise Unreadable(f"the document is nested more than {DEPTH} deep")


def _walk(root: Any) -> Iterator[tuple[Place, Any]]:
    waiting: list[Iterator[tuple[Place, Any]]] = [iter([((), root)])]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        yield found
        waiting.append(_inside(*found))


def _inside(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return (((*place, part), inner) for part, inner in parts)


def _unlike_json(value: Any) -> str | None:
    if isinstance(value, dict):
        keys = [
            key for key in value if not isinstance(key, str) or _UNSTORABLE.search(key) or len(key) > SIZE
        ]
        return "a key is a text that can be stored" if keys else None
    if isinstance(value, str):
        return "the text has characters that cannot be stored" if _UNSTORABLE.search(value) else None
    if isinstance(value, int) and abs(value) > LARGEST:
        return "the number is too large"
    if isinstance(value, float) and not math.isfinite(value):
        return "the number is not finite"
    return None if value is None or isinstance(value, bool | int | float | list) else "this is no JSON value"

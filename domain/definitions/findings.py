"""What is wrong with a definition, gathered with the place and the line of each thing."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from domain.definitions.near import suggestion
from domain.definitions.places import Lines, Place, shown
from faber.contract.definitions import Problem

MOST = 200
WORK = 6_000_000
"""Microseconds, estimated: the same definition is too large on every host, or on none."""


class Findings:
    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.problems: list[Problem] = []
        self._left_out: list[Literal["error", "warning"]] = []
        self._left = WORK

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    def told(self) -> list[Problem]:
        """Every problem by its line, and how many more there are."""
        found = sorted(self.problems, key=lambda problem: problem.line or 0)
        if not (many := len(self._left_out)):
            return found
        said = "1 more problem is" if many == 1 else f"{many} more problems are"
        return [
            *found,
            Problem(
                path=shown(()),
                message=f"{said} not shown",
                severity="error" if "error" in self._left_out else "warning",
            ),
        ]

    def afford(self, place: Place, work: int) -> bool:
        """Whether there is time for this too; where there is none for the first time is a problem."""
        self._left, before = self._left - work, self._left
        if self._left < 0 <= before:
            self.error(
                place,
                "the definition takes too long to check: smaller templates, patterns, schemas are needed",
            )
        return self._left >= 0

    def unreadable(self, place: Place, message: str, line: int | None) -> None:
        self.problems.append(Problem(path=shown(place), message=message, line=line))

    def error(self, place: Place, message: str) -> None:
        self._add(place, message, "error")

    def warning(self, place: Place, message: str) -> None:
        self._add(place, message, "warning")

    def unknown_keys(self, place: Place, given: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in given:
            if key not in known:
                self.error((*place, key), f"unknown key {key[:100]!r}{suggestion(key, known)}")

    def unlike(self, place: Place, given: Any, model: type[BaseModel], error: ValidationError) -> None:
        """What pydantic says, once for each place that the document has."""
        said: dict[Place, list[str]] = {}
        for detail in error.errors(include_url=False):
            inside = _existing(given, detail["loc"], closed=detail["type"] in ("missing", "extra_forbidden"))
            said.setdefault(inside, []).append(_message(model, inside, detail))
        for inside, messages in said.items():
            self.error((*place, *inside), " or ".join(messages))

    def _add(self, place: Place, message: str, severity: Literal["error", "warning"]) -> None:
        if len(self.problems) >= MOST:
            warnings = [number for number, one in enumerate(self.problems) if one.severity == "warning"]
            if severity == "warning" or not warnings:
                self._left_out.append(severity)
                return
            # A warning can wait; a definition that has an error is none.
            self._left_out.append(self.problems.pop(warnings[-1]).severity)
        line = self._lines(place)
        self.problems.append(Problem(path=shown(place), message=message, line=line, severity=severity))


def _message(model: type[BaseModel], inside: Place, detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        name = str(inside[-1])
        return f"unknown key {name[:100]!r}{suggestion(name, _owner(model, inside).model_fields)}"
    if detail["type"] == "missing":
        return f"{inside[-1]} is missing"
    return detail["msg"].removeprefix("Value error, ").replace("Input should be", "expected")


def _existing(given: Any, location: tuple[str | int, ...], *, closed: bool) -> Place:
    """The location without the names that pydantic gives to the members of a union."""
    place: list[str | int] = []
    for number, part in enumerate(location):
        inside = isinstance(given, dict) and part in given
        if not inside and not (isinstance(given, list) and isinstance(part, int) and part < len(given)):
            return (*place, part) if closed and number == len(location) - 1 else tuple(place)
        given = given[part]
        place.append(part)
    return tuple(place)


def _owner(model: type[BaseModel], inside: Place) -> type[BaseModel]:
    """The model of the map that holds the last part: form fields are the only ones within a config."""
    if len(inside) > 1:
        (inner,) = model.model_fields["fields"].annotation.__args__  # type: ignore[union-attr]
        return inner  # type: ignore[no-any-return]
    return model

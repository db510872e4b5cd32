"""What validation says, as lines."""

from __future__ import annotations

from typing import Any

from domain.definitions.validation import validate


def errors(source: str | dict[str, Any]) -> list[str]:
    made, problems = validate(source)
    said = [str(problem) for problem in problems if problem.severity == "error"]
    assert (made is None) == bool(said)
    return said


def warnings(source: str | dict[str, Any]) -> list[str]:
    return [str(problem) for problem in validate(source)[1] if problem.severity == "warning"]

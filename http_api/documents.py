"""A definition as it was sent: YAML or JSON by its content type, and everything that is wrong with it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from fastapi import Request

from domain.definitions.reading import read
from domain.definitions.validation import validate
from faber.contract.definitions import Definition, Problem
from http_api.parts import JSON, content_type, parsed
from http_api.problems import ProblemEntry, Refused

YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
ABOUT = "The definition: id, start_step, steps"
AS_JSON: dict[str, Any] = {"schema": {"type": "object", "description": ABOUT}}
AS_YAML: dict[str, Any] = {"schema": {"description": ABOUT}}
BODY: dict[str, Any] = {"content": {JSON: AS_JSON, YAML[0]: AS_YAML}}

Source = str | dict[str, Any]
# Python 3.11 counts the depth of all threads' syntax trees together, and finds it wrong when two are made at once.
_ONE_AT_A_TIME = threading.Lock()


async def source_of(request: Request) -> Source:
    """Errors: Refused for what is neither JSON nor YAML."""
    body, kind = await request.body(), content_type(request)
    if kind == JSON:
        document = parsed(body)
        if not isinstance(document, dict):
            raise Refused(422, "DEFINITION_INVALID", "a definition is an object: id, start_step, steps")
        return document
    if kind not in YAML:
        raise Refused(415, "UNKNOWN_FORMAT", f"send the definition as {JSON} or {YAML[0]}")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "NOT_TEXT", f"the YAML is not UTF-8: {error.reason}") from None


async def examined(source: Source) -> tuple[Definition | None, list[Problem]]:
    """In a thread: a large document takes as long as many other requests."""
    return await asyncio.to_thread(_validated, source)


def _validated(source: Source) -> tuple[Definition | None, list[Problem]]:
    with _ONE_AT_A_TIME:
        return validate(source)


async def checked(source: Source) -> Definition:
    """Errors: Refused with every problem."""
    definition, problems = await examined(source)
    if definition is None:
        wrong = [problem for problem in problems if problem.severity == "error"]
        raise Refused(
            422,
            "DEFINITION_INVALID",
            f"the definition has {len(wrong)} problem(s): {'; '.join(str(problem) for problem in wrong[:5])}",
            errors=entries(problems),
        )
    return definition


def entries(problems: list[Problem]) -> list[ProblemEntry]:
    return [ProblemEntry(**problem.model_dump()) for problem in problems]


def kept(source: Source) -> tuple[dict[str, Any], str]:
    """The document and the text that a record keeps of it; it was checked before."""
    return (source, "") if isinstance(source, dict) else (read(source)[0], source)

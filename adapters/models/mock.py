"""A provider that invents its answers: for trying definitions without a key, and for seeing what failures do."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice, product
from random import Random
from typing import Any

from adapters.models import ModelAnswer, ModelRequest
from adapters.models.invented_texts import words
from adapters.models.invention import invent
from adapters.models.reply import Reply, priced
from adapters.models.tokens import estimate
from adapters.models.uninventable import Uninventable
from domain.schema import problems_with
from faber.errors import LLMError

MODE_VARIABLE, SEED_VARIABLE = "MOCK_AI_MODE", "MOCK_AI_SEED"
MODES = ("success", "schema_violation", "timeout", "transient_error")
NEVER_SENT = {"phase", "round", "turn", "prices", "timeout_s"}
MOST_CHANGES = 200


class Mock:
    """A Model for `mock:<anything>`. MOCK_AI_SEED (42) and the request decide the answer, MOCK_AI_MODE how it is
    given: `transient_error` fails every other time that a request is made."""

    def __init__(self, environment: Mapping[str, str], timeout_s: float) -> None:
        self._environment = environment
        self._timeout_s = timeout_s
        self._failed: set[str] = set()

    async def answer(self, request: ModelRequest) -> ModelAnswer:
        mode = self._environment.get(MODE_VARIABLE, "").strip() or MODES[0]
        if mode not in MODES:
            raise _failure(
                "VALIDATION_ERROR", f"{MODE_VARIABLE} is {mode!r}; it must be one of {', '.join(MODES)}"
            )
        asked = digest(request)
        if mode == "timeout":
            limit = request.timeout_s or self._timeout_s
            await asyncio.sleep(limit)
            raise _failure("TIMEOUT", f"no answer within {limit:g} s, as {MODE_VARIABLE}=timeout asks for")
        if mode == "transient_error" and asked not in self._failed:
            self._failed.add(asked)
            raise _failure(
                "SERVER_ERROR", f"HTTP 503, once, as {MODE_VARIABLE}=transient_error asks for", status=503
            )
        self._failed.discard(asked)
        seed = f"{self._environment.get(SEED_VARIABLE, '').strip() or '42'}/{asked}"
        reply = await asyncio.to_thread(_reply, request, seed, violating=mode == "schema_violation")
        return priced(request, reply)


def digest(request: ModelRequest) -> str:
    """The same for all that a provider would be sent the same way."""
    return hashlib.sha256(request.model_dump_json(exclude=NEVER_SENT).encode()).hexdigest()


def _reply(request: ModelRequest, seed: str, *, violating: bool) -> Reply:
    structured = None
    if request.output_schema is not None:
        structured = _invented(request.output_schema, seed)
        if violating:
            structured = _violating(structured, request.output_schema, seed)
    text = "" if structured is not None else f"An invented answer: {words(Random(seed), 40, 200)}."
    written = text if structured is None else json.dumps(structured)
    # Counting characters is this model's own way of counting, so it is no estimate.
    usage = estimate(request, written, []).model_copy(update={"estimated": False})
    return Reply(text=text, structured=structured, usage=usage, finish_reason="stop", model_version="mock")


def _invented(schema: dict[str, Any], seed: str) -> dict[str, Any]:
    try:
        # A final answer is an object, also where the schema does not say so.
        value = invent({**schema, "type": "object"} if _may_be_object(schema) else schema, seed)
    except Uninventable as error:
        raise _unanswerable(schema, str(error)) from None
    if not isinstance(value, dict):
        raise _unanswerable(schema, "it allows no JSON object")
    return value


def _may_be_object(schema: dict[str, Any]) -> bool:
    said = schema.get("type", "object")
    return said == "object" or "object" in said


def _violating(value: dict[str, Any], schema: dict[str, Any], seed: str) -> dict[str, Any]:
    """With a required key dropped; where nothing is required, with a part of another type."""
    for changed in islice(_changes(value, Random(f"{seed}/violation")), MOST_CHANGES):
        if problems_with(changed, schema):
            return changed
    raise _unanswerable(schema, f"no answer would violate it, as {MODE_VARIABLE}=schema_violation asks for")


def _changes(value: dict[str, Any], random: Random) -> Iterator[dict[str, Any]]:
    places = list(_places(value, ()))
    random.shuffle(places)
    places.sort(key=len)
    for *above, name in (place for place in places if isinstance(place[-1], str)):
        changed = copy.deepcopy(value)
        del _at(changed, above)[name]
        yield changed
    for (*above, name), other in product(places, ({"unasked": True}, "unasked")):
        changed = copy.deepcopy(value)
        _at(changed, above)[name] = other
        yield changed


def _places(value: Any, above: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield (*above, name)
        yield from _places(item, (*above, name))


def _at(value: Any, place: list[str | int]) -> Any:
    for name in place:
        value = value[name]
    return value


def _unanswerable(schema: dict[str, Any], why: str) -> LLMError:
    shown = json.dumps(schema)[:300]
    return _failure("VALIDATION_ERROR", f"no value for this schema was invented, {why}. The schema: {shown}")


def _failure(kind: str, what: str, **details: Any) -> LLMError:
    return LLMError(kind, f"The mock provider: {what}", provider="mock", **details)

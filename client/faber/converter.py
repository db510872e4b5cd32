"""The one data converter of every process: client, worker, replayer, tests.

What a person wrote (a root input, an update's argument) and does not validate fails at once with the field's name.
What a worker wrote and does not decode stays a workflow-task failure, so that a bad deployment waits for its fix
instead of ending live runs: an activity's result arrives under an activity's context and is not made final here.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from faber.contract.wire import masked

PAYLOAD_ERROR = "PayloadValidationError"


def describe(error: ValidationError) -> str:
    """One line for each problem: the field's dotted name, what is wrong, and the value that was given."""
    lines = []
    for problem in error.errors(include_url=False):
        field = ".".join(str(part) for part in problem["loc"]) or "input"
        given = masked(repr(problem["input"]))
        lines.append(f"{field}: {problem['msg']} (given: {given[:80]})")
    return "; ".join(lines)


class PersonalJson(PydanticJSONPlainPayloadConverter):
    """JSON whose mistakes are final: whoever wrote it is told which field is wrong."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        try:
            return super().from_payload(payload, type_hint)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            raise ApplicationError(
                describe(error), problems, type=PAYLOAD_ERROR, non_retryable=True
            ) from error


def _with(json: PydanticJSONPlainPayloadConverter) -> tuple[EncodingPayloadConverter, ...]:
    return tuple(
        json if isinstance(converter, JSONPlainPayloadConverter) else converter
        for converter in DefaultPayloadConverter.default_encoding_payload_converters
    )


# Each remembers the types that it has met, and the SDK asks for a payload converter anew for every payload.
_PLAIN, _PERSONAL = _with(PydanticJSONPlainPayloadConverter()), _with(PersonalJson())


class FaberPayloadConverter(CompositePayloadConverter, WithSerializationContext):
    def __init__(self, context: SerializationContext | None = None) -> None:
        super().__init__(*(_PERSONAL if isinstance(context, WorkflowSerializationContext) else _PLAIN))

    def with_context(self, context: SerializationContext) -> FaberPayloadConverter:
        return FaberPayloadConverter(context)


data_converter = DataConverter(payload_converter_class=FaberPayloadConverter)

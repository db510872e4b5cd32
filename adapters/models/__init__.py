"""Language models: what is asked of one, and what comes back, whoever the provider is."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from pydantic import BaseModel, Field

from adapters.models.catalogue import default_model
from faber.contract.config import PriceOverride
from faber.contract.money import Usage

__all__ = [
    "Catalogue",
    "Message",
    "Model",
    "ModelAnswer",
    "ModelRequest",
    "ToolCall",
    "ToolSpec",
    "default_model",
]


class ToolSpec(BaseModel):
    """A tool offered to the model. `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


class ToolCall(BaseModel):
    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    malformed: str | None = None
    """The raw argument text when it was not a JSON object: the tool answers the model with that error."""
    carried: dict[str, Any] = Field(default_factory=dict)
    """What the provider wants back unchanged beside the call (Gemini's thought signature)."""


class Message(BaseModel):
    """One entry of a conversation. `tool` messages answer the call `tool_call_id`."""

    role: Literal["user", "assistant", "tool"]
    text: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    tool_call_id: str | None = None
    is_error: bool = False


class ModelRequest(BaseModel):
    """One call. `model` is `provider:model`; `output_schema` asks for a JSON object of that schema as the
    final answer (tools may still be called before it). `phase`, `round`, `turn` are never sent to a provider:
    a prepared model looks its answer up by them. `prices` are the run's own, for `cost_microusd`. `timeout_s`
    bounds the call as a whole; None: as the provider's door is set."""

    model: str
    system: str
    messages: list[Message]
    tools: list[ToolSpec] = Field(default_factory=list)
    output_schema: dict[str, Any] | None = None
    max_output_tokens: int
    timeout_s: float | None = None
    temperature: float | None = None
    phase: str = ""
    round: int = 1
    turn: int = 1
    prices: dict[str, PriceOverride] = Field(default_factory=dict)


class ModelAnswer(BaseModel):
    """`structured` is the parsed final answer when `output_schema` was asked for and the model gave it, and
    None while it asks for tools; it is not validated against the schema here. `cost_microusd` is computed
    from `usage` by the price table. `finish_reason` is stop, length, tool_calls, content_filter or the
    provider's own word."""

    text: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    structured: dict[str, Any] | None = None
    usage: Usage = Field(default_factory=Usage)
    cost_microusd: int = 0
    priced: bool = True
    finish_reason: str = ""
    request_id: str | None = None
    model_version: str | None = None


class Catalogue(Protocol):
    """Whoever knows which models there are."""

    async def require(self, model: str) -> None:
        """Nothing is paid for it. Errors: LLMError NOT_FOUND, only where the provider itself says that it has no such
        model; MISSING_API_KEY, UNSUPPORTED_PROVIDER."""
        ...


class Model(Protocol):
    """Anything that answers a request. Errors: faber.errors.LLMError with one of its kinds."""

    async def answer(self, request: ModelRequest) -> ModelAnswer: ...

"""Every built-in model behind one door: the prefix of the model's name says who answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from adapters.models import ModelAnswer, ModelRequest
from adapters.models.anthropic_messages import AnthropicMessages
from adapters.models.catalogue import MOCK, SCRIPTED, WITHOUT_KEY, resolve
from adapters.models.dialect import Dialect
from adapters.models.endpoint import Endpoint
from adapters.models.failures import names_model
from adapters.models.mock import Mock
from adapters.models.openai_chat import OpenAIChat
from adapters.models.reply import Reply, settle
from adapters.models.scripted import Scripted
from adapters.models.tokens import unread
from faber.errors import LLMError

TIMEOUT_S = 600.0
LOOK_UP_TIMEOUT_S = 3.0


class Speaker(Protocol):
    """One wire protocol."""

    async def say(self, request: ModelRequest, endpoint: Endpoint, dialect: Dialect) -> Reply: ...

    async def look_up(self, endpoint: Endpoint, timeout_s: float) -> None:
        """Ask about the model by its name, which costs nothing. Errors: LLMError."""

    async def close(self) -> None: ...


class Providers:
    """A Model, and a Catalogue. `environment` is looked at in every call, so a live mapping lets keys rotate under a
    worker.

    `timeout_s` bounds one HTTP call as a whole, unless its request says otherwise. The SDKs never retry: that is the
    workflow's to decide."""

    def __init__(self, environment: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> None:
        self._environment = environment
        self._openai: Speaker = OpenAIChat(timeout_s)
        self._anthropic: Speaker = AnthropicMessages(timeout_s)
        self._scripted = Scripted(environment)
        self._mock = Mock(environment, timeout_s)
        self._learned: dict[tuple[str, str, str], frozenset[str]] = {}

    async def answer(self, request: ModelRequest) -> ModelAnswer:
        """Errors: LLMError; one that was billed all the same has `usage` in its details."""
        request = request.model_copy(update={"model": resolve(request.model)})
        if request.model.startswith(f"{SCRIPTED}:"):
            return await self._scripted.answer(request)
        if request.model.startswith(f"{MOCK}:"):
            return await self._mock.answer(request)
        endpoint = Endpoint.of(request.model, self._environment)
        try:
            return settle(request, endpoint, await self._in_its_dialect(request, endpoint))
        except LLMError as error:
            if error.kind == "INVALID_RESPONSE" and error.details.get("reached") is None:
                counted = error.details.get("usage")
                error.details["usage"] = counted or unread(request, error.details.get("characters", 0))
            raise

    async def require(self, model: str) -> None:
        model = resolve(model)
        if model.partition(":")[0] in WITHOUT_KEY:
            return
        endpoint = Endpoint.of(model, self._environment)
        try:
            await self._speaker(endpoint).look_up(endpoint, LOOK_UP_TIMEOUT_S)
        except LLMError as error:
            # Whoever has no word for the question, or is away, is found out by the first call.
            if error.kind == "NOT_FOUND" and names_model(endpoint, error.message):
                raise

    async def close(self) -> None:
        """Ends the kept connections."""
        await self._openai.close()
        await self._anthropic.close()

    def _speaker(self, endpoint: Endpoint) -> Speaker:
        return self._anthropic if endpoint.provider.name == "anthropic" else self._openai

    async def _in_its_dialect(self, request: ModelRequest, endpoint: Endpoint) -> Reply:
        speaker = self._speaker(endpoint)
        learned_by = (endpoint.provider.name, endpoint.base_url, endpoint.model)
        dialect = Dialect(self._learned.get(learned_by, endpoint.provider.quirks))
        while True:
            try:
                reply = await speaker.say(request, endpoint, dialect)
            except LLMError as error:
                if error.kind != "VALIDATION_ERROR" or not dialect.learn(error.message, request):
                    raise
            else:
                # Kept only now: a request that fails in the new words too has taught nothing.
                self._learned[learned_by] = dialect.lacks
                return reply

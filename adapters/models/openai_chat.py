"""OpenAI, Google, xAI, DeepSeek and Mistral through the openai SDK's chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adapters.models import ModelRequest
from adapters.models.dialect import Dialect
from adapters.models.endpoint import Endpoint
from adapters.models.http_call import CONNECT_TIMEOUT_S, get, http_client, post, understood
from adapters.models.openai_reply import reply_of, usage_of
from adapters.models.openai_words import body
from adapters.models.reply import Reply

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class OpenAIChat:
    """Holds one SDK client per key and base URL, so that connections are kept alive and keys can rotate."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._clients: dict[tuple[str, str], AsyncOpenAI] = {}

    async def say(self, request: ModelRequest, endpoint: Endpoint, dialect: Dialect) -> Reply:
        import openai

        sent = body(request, endpoint.model, dialect)
        client = self._client(endpoint)
        answer: dict[str, Any] = await post(
            endpoint, openai, client, "/chat/completions", sent, request.timeout_s or self._timeout_s
        )
        return understood(endpoint, reply_of, usage_of, answer)

    async def look_up(self, endpoint: Endpoint, timeout_s: float) -> None:
        import openai

        client = self._client(endpoint)
        await get(endpoint, openai, client, f"/models/{quote(endpoint.model, safe=':')}", timeout_s)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    def _client(self, endpoint: Endpoint) -> AsyncOpenAI:
        import openai

        known = self._clients.get((endpoint.key, endpoint.base_url))
        if known is not None:
            return known
        client = openai.AsyncOpenAI(
            api_key=endpoint.key,
            base_url=endpoint.base_url,
            max_retries=0,
            http_client=http_client(openai),
            timeout=openai.Timeout(self._timeout_s, connect=min(CONNECT_TIMEOUT_S, self._timeout_s)),
        )
        if endpoint.provider.name != "openai":
            # The SDK reads these from OPENAI_ORG_ID and OPENAI_PROJECT_ID: nobody else's business.
            client.organization = client.project = None
        self._clients[endpoint.key, endpoint.base_url] = client
        return client

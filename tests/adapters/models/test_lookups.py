"""Whether a provider has a model, before anything is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.models.providers import Providers
from faber.errors import LLMError
from tests.adapters.models.asking import MODELS
from tests.stand_in import ModelServer
from tests.stand_in.faults import CUT, GARBLED, Fault

# As each of them says it.
ABSENT: dict[str, Any] = {
    "openai": {
        "error": {
            "message": "The model `{name}` does not exist or you do not have access to it.",
            "type": "invalid_request_error",
            "code": "model_not_found",
        }
    },
    "anthropic": {"type": "error", "error": {"type": "not_found_error", "message": "model: {name}"}},
    "google": [
        {
            "error": {
                "code": 404,
                "message": "models/{name} is not found for API version v1main.",
                "status": "NOT_FOUND",
            }
        }
    ],
    "xai": {
        "code": "not-found",
        "error": "The model {name} does not exist or your team has no access to it.",
    },
    "deepseek": {"error": {"message": "Model {name} not exist", "code": "invalid_request_error"}},
    "mistral": {"object": "error", "message": "No such model: '{name}'", "type": "invalid_model"},
}
OF_NO_MODEL = {
    "a path that is not known": Fault("say", 404, {"detail": "Not Found"}),
    "a path that is quoted": Fault(
        "say",
        404,
        {"error": {"message": "Unknown request URL: GET /v1/models/{name}", "code": "unknown_url"}},
    ),
    "a page": Fault("say", 404, "<pre>Cannot GET /v1/models/{name}</pre>"),
    "a method that is not known": Fault("say", 501, "Unsupported method ('GET')"),
    "a key that may not look": Fault("say", 403, {"error": {"message": "Missing scopes: api.model.read"}}),
    "too fast": Fault("say", 429, {"error": {"message": "slow down"}}),
    "an error": Fault("say", 500, {"error": {"message": "model {name} is asleep"}}),
    "no JSON": GARBLED,
    "a cut": CUT,
}


def about(name: str, body: Any) -> Any:
    if isinstance(body, str):
        return body.replace("{name}", name)
    if isinstance(body, dict):
        return {key: about(name, value) for key, value in body.items()}
    return [about(name, value) for value in body] if isinstance(body, list) else body


@pytest.mark.parametrize("model", MODELS)
async def test_a_model_that_its_provider_does_not_have_is_refused_and_nothing_is_paid_for(
    server: ModelServer, model: str
) -> None:
    prefix, _, name = model.partition(":")
    providers = Providers(server.environment())
    await providers.require(model)
    server.lacking[name] = Fault("say", 404, about(name, ABSENT[prefix]))
    with pytest.raises(LLMError, match=name) as refused:
        await providers.require(model)
    await providers.close()
    assert refused.value.kind == "NOT_FOUND"
    assert server.looked_up == [name, name]
    assert server.calls == []


@pytest.mark.parametrize("said", OF_NO_MODEL)
@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-sonnet-4-5"])
async def test_a_server_that_has_no_word_for_the_question_refuses_no_model(
    server: ModelServer, model: str, said: str
) -> None:
    name, fault = model.partition(":")[2], OF_NO_MODEL[said]
    server.lacking[name] = Fault(fault.does, fault.status, about(name, fault.body))
    providers = Providers(server.environment())
    await providers.require(model)
    await providers.close()
    assert server.looked_up == [name]


async def test_models_without_a_provider_and_providers_that_are_away_are_not_refused() -> None:
    away = {"OPENAI_API_KEY": "key", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    providers = Providers(away)
    for model in ("mock:mock", "scripted:anything", "openai:gpt-4o"):
        await providers.require(model)
    await providers.close()

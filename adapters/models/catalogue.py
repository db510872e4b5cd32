"""The providers by name: which key each reads, where it listens, and which bare model names are its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from faber.errors import LLMError

SCRIPTED = "scripted"
MOCK = "mock"
WITHOUT_KEY = (SCRIPTED, MOCK)
CHOICE_VARIABLE = "AI_PROVIDER"


@dataclass(frozen=True)
class Provider:
    """`default_model` is asked when only the provider was chosen. `quirks`: what its chat endpoint is known not to
    take, so that the first call need not be refused."""

    name: str
    title: str
    default_base_url: str
    bare_names: str
    default_model: str
    quirks: frozenset[str] = frozenset()

    @property
    def key_variable(self) -> str:
        return f"{self.name.upper()}_API_KEY"

    @property
    def base_url_variable(self) -> str:
        return f"{self.name.upper()}_BASE_URL"

    def base_url(self, environment: Mapping[str, str]) -> str:
        return environment.get(self.base_url_variable, "").strip() or self.default_base_url


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider("openai", "OpenAI", "https://api.openai.com/v1", r"gpt-|chatgpt-|o\d", "gpt-6.1-sol"),
        Provider("anthropic", "Anthropic", "https://api.anthropic.com", r"claude-", "claude-sonnet-5-5"),
        Provider(
            "google",
            "Google",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            r"gemini-",
            "gemini-3.8-flash",
            frozenset({"max_completion_tokens"}),
        ),
        Provider(
            "xai", "xAI", "https://api.x.ai/v1", r"grok-", "grok-4.7", frozenset({"max_completion_tokens"})
        ),
        Provider(
            "deepseek",
            "DeepSeek",
            "https://api.deepseek.com",
            r"deepseek-",
            "deepseek-v4-pro",
            frozenset({"max_completion_tokens", "json_schema"}),
        ),
        Provider(
            "mistral",
            "Mistral",
            "https://api.mistral.ai/v1",
            r"mistral-",
            "mistral-large-4",
            frozenset({"max_completion_tokens"}),
        ),
    )
}


def resolve(model: str) -> str:
    """`provider:model` for that or for a bare name of a known family (`gpt-4o` -> `openai:gpt-4o`).

    Errors: LLMError UNSUPPORTED_PROVIDER."""
    prefix, colon, name = model.strip().partition(":")
    if colon and name and (prefix in PROVIDERS or prefix in WITHOUT_KEY):
        return f"{prefix}:{name}"
    if not colon:
        for provider in PROVIDERS.values():
            if re.match(provider.bare_names, prefix):
                return f"{provider.name}:{prefix}"
    known = ", ".join([*PROVIDERS, *WITHOUT_KEY])
    raise LLMError(
        "UNSUPPORTED_PROVIDER",
        f"The model {model!r} names no provider that is built in; write provider:model with one of {known}.",
        model=model,
    )


def required_key(model: str) -> str | None:
    """The variable that must hold the key of this model's provider; None when it needs none."""
    prefix = resolve(model).partition(":")[0]
    return None if prefix in WITHOUT_KEY else PROVIDERS[prefix].key_variable


def default_model(environment: Mapping[str, str]) -> str | None:
    """The model that AI_PROVIDER means: `mock:mock`, or the chosen provider's default; None when nothing is chosen,
    except that the profile `dev` is answered by the mock then.

    Errors: LLMError MISSING_API_KEY, UNSUPPORTED_PROVIDER."""
    chosen = environment.get(CHOICE_VARIABLE, "").strip().lower()
    if not chosen and environment.get("FABER_PROFILE") != "dev":
        return None
    if chosen in ("", MOCK):
        return f"{MOCK}:{MOCK}"
    provider = PROVIDERS.get(chosen)
    if provider is None:
        known = ", ".join([MOCK, *PROVIDERS])
        raise LLMError(
            "UNSUPPORTED_PROVIDER",
            f"{CHOICE_VARIABLE} is {chosen!r}, which is no provider that is built in; set it to one of {known}.",
        )
    if not environment.get(provider.key_variable, "").strip():
        raise LLMError(
            "MISSING_API_KEY",
            f"{CHOICE_VARIABLE} is {chosen!r} and {provider.key_variable} is not set; set it where the worker runs, "
            f"or set {CHOICE_VARIABLE} to {MOCK} to try without a key.",
            provider=chosen,
            variable=provider.key_variable,
        )
    return f"{chosen}:{provider.default_model}"

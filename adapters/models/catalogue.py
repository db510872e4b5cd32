"""The providers by name: which key each reads, where it listens, and which bare model names are its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from faber.errors import LLMError

SCRIPTED = "scripted"


@dataclass(frozen=True)
class Provider:
    """`quirks`: what its chat endpoint is known not to take, so that the first call need not be refused."""

    name: str
    title: str
    default_base_url: str
    bare_names: str
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
        Provider("openai", "OpenAI", "https://api.openai.com/v1", r"gpt-|chatgpt-|o\d"),
        Provider("anthropic", "Anthropic", "https://api.anthropic.com", r"claude-"),
        Provider(
            "google",
            "Google",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            r"gemini-",
            frozenset({"max_completion_tokens"}),
        ),
        Provider("xai", "xAI", "https://api.x.ai/v1", r"grok-", frozenset({"max_completion_tokens"})),
        Provider(
            "deepseek",
            "DeepSeek",
            "https://api.deepseek.com",
            r"deepseek-",
            frozenset({"max_completion_tokens", "json_schema"}),
        ),
        Provider(
            "mistral",
            "Mistral",
            "https://api.mistral.ai/v1",
            r"mistral-",
            frozenset({"max_completion_tokens"}),
        ),
    )
}


def resolve(model: str) -> str:
    """`provider:model` for that or for a bare name of a known family (`gpt-4o` -> `openai:gpt-4o`).

    Errors: LLMError UNSUPPORTED_PROVIDER."""
    prefix, colon, name = model.strip().partition(":")
    if colon and name and (prefix in PROVIDERS or prefix == SCRIPTED):
        return f"{prefix}:{name}"
    if not colon:
        for provider in PROVIDERS.values():
            if re.match(provider.bare_names, prefix):
                return f"{provider.name}:{prefix}"
    known = ", ".join([*PROVIDERS, SCRIPTED])
    raise LLMError(
        "UNSUPPORTED_PROVIDER",
        f"The model {model!r} names no provider that is built in; write provider:model with one of {known}.",
        model=model,
    )


def required_key(model: str) -> str | None:
    """The variable that must hold the key of this model's provider; None when it needs none."""
    prefix = resolve(model).partition(":")[0]
    return None if prefix == SCRIPTED else PROVIDERS[prefix].key_variable

"""Where one call goes and with which key, read from the environment at the moment of the call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.models.catalogue import PROVIDERS, Provider
from faber.errors import LLMError


@dataclass(frozen=True)
class Endpoint:
    """`model` is the bare name that the provider knows."""

    provider: Provider
    model: str
    base_url: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, model: str, environment: Mapping[str, str]) -> Endpoint:
        """`model` is `provider:model`. Errors: LLMError MISSING_API_KEY, AUTH_ERROR, VALIDATION_ERROR."""
        prefix, _, name = model.partition(":")
        provider = PROVIDERS[prefix]
        # A key pasted into a file often ends in a newline, which an HTTP header refuses.
        key = environment.get(provider.key_variable, "").strip()
        if not key:
            raise LLMError(
                "MISSING_API_KEY",
                f"{provider.title} model {name} needs the variable {provider.key_variable}, which is not set "
                "where the worker runs; set it and try again.",
                provider=prefix,
                model=name,
                variable=provider.key_variable,
            )
        if not (key.isascii() and key.isprintable()):
            raise LLMError(
                "AUTH_ERROR",
                f"{provider.key_variable} holds a character that no key has (a line break?); set it again.",
                provider=prefix,
                variable=provider.key_variable,
            )
        base_url = provider.base_url(environment)
        if not re.match(r"https?://[^/\s]+", base_url):
            raise LLMError(
                "VALIDATION_ERROR",
                f"{provider.base_url_variable} is {base_url!r}; it must be an http(s) address.",
                provider=prefix,
                variable=provider.base_url_variable,
            )
        return cls(provider, name, base_url, key)

    @property
    def shown_url(self) -> str:
        """The base URL without the credentials that it may hold."""
        return re.sub(r"//[^/@]*@", "//", self.base_url)

    def without_key(self, text: str) -> str:
        """Providers and HTTP libraries quote what was sent; a message ends up in history and in logs."""
        return text.replace(self.key, f"<{self.provider.key_variable}>")

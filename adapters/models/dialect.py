"""What a model's endpoint takes, learned from what it refuses, so that one code path serves all of them."""

from __future__ import annotations

import re

from adapters.models import ModelRequest

# What a refusal must mention for the same request to be worth sending again without it.
REFUSALS = {
    "temperature": re.compile(r"temperature", re.I),
    "response_format": re.compile(
        r"response[_ ](format|mime|schema)|json[_ ]?schema|structured output", re.I
    ),
    "tool_choice": re.compile(r"tool_choice", re.I),
}
UNKNOWN_NAME = r"(?=.*(support|unrecogni[sz]ed|unknown|unexpected|extra|instead|not permitted|not allowed))"


class Dialect:
    """The names in `lacks` are left out of requests. Learning only ever goes forward, so retries end."""

    def __init__(self, lacks: frozenset[str]) -> None:
        self.lacks = lacks
        self._limit_changed = False

    @property
    def limit_name(self) -> str:
        """`max_completion_tokens` (OpenAI's reasoning models know no other) or the older `max_tokens`."""
        return "max_tokens" if "max_completion_tokens" in self.lacks else "max_completion_tokens"

    def learn(self, refusal: str, request: ModelRequest) -> bool:
        """Whether the refusal names something that was sent and can be said otherwise: then try again."""
        for name, pattern in REFUSALS.items():
            if pattern.search(refusal) and name not in self.lacks and _was_sent(name, request):
                self.lacks |= {name}
                return True
        if self._limit_changed or not re.search(f"{UNKNOWN_NAME}.*{self.limit_name}", refusal, re.I | re.S):
            return False
        self._limit_changed = True
        self.lacks ^= {"max_completion_tokens"}
        return True


def _was_sent(name: str, request: ModelRequest) -> bool:
    if name == "temperature":
        return request.temperature is not None
    return request.output_schema is not None

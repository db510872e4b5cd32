"""A failed HTTP call in the words of faber.errors: which kind, and what to do next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from adapters.models.endpoint import Endpoint
from adapters.web.retry_after import retry_after_s
from faber.errors import LLMError

SHOWN_CHARACTERS = 500

NO_MONEY = re.compile(r"insufficient[_ ](quota|balance|funds|credit)|credit balance|billing_", re.I)
MONEY = re.compile(r"billing|credits", re.I)
BAD_KEY = re.compile(r"api[_ ]key[_ ](not valid|invalid)|(invalid|incorrect) api key", re.I)
NO_MODEL = re.compile(
    r"model[_ ]not[_ ](found|exist)|(invalid|unknown)[_ ]model|model .*does not exist", re.I
)

# 405: the base URL leads to something that is no provider's.
KINDS = {
    401: "AUTH_ERROR",
    403: "AUTH_ERROR",
    404: "NOT_FOUND",
    405: "NOT_FOUND",
    408: "TIMEOUT",
    429: "RATE_LIMIT",
}
NEXT = {
    "RATE_LIMIT": "it is tried again when the provider allows it",
    "BILLING_EXHAUSTED": "add credit or raise the limit of the account that {variable} belongs to",
    "AUTH_ERROR": "check the key in {variable}",
    "NOT_FOUND": "choose a model that the account may use, or check {base_url_variable}",
    "VALIDATION_ERROR": "the request itself must change; trying again gives the same answer",
    "SERVER_ERROR": "it is tried again",
    "TIMEOUT": "it is tried again",
    "NETWORK_ERROR": "it is tried again; check the network and {base_url_variable}",
    "INVALID_RESPONSE": "check {base_url_variable}, or choose another model",
    "UNKNOWN": "it is tried again a few times",
}


def failure(endpoint: Endpoint, kind: str, what: str, **details: Any) -> LLMError:
    """An error that names provider and model, says `what` happened and what to do next; never the key."""
    provider = endpoint.provider
    advice = NEXT[kind].format(variable=provider.key_variable, base_url_variable=provider.base_url_variable)
    message = f"{provider.title} model {endpoint.model}: {what.rstrip('.')}; {advice}."
    return LLMError(
        kind, endpoint.without_key(message), provider=provider.name, model=endpoint.model, **details
    )


def refused(endpoint: Endpoint, status: int, headers: Mapping[str, str], body: object) -> LLMError:
    """The provider answered with a status of 300 or more."""
    # Shortened last: half a key would not be found.
    text = endpoint.without_key(said(body))[:SHOWN_CHARACTERS]
    kind = _kind(endpoint, status, f"{text} {_labels(body)}")
    what = f"HTTP {status}" + (f", {text}" if text else "")
    wait = retry_after_s(headers)
    return failure(endpoint, kind, what, retry_after_s=wait, status=status, request_id=_request_id(headers))


def names_model(endpoint: Endpoint, message: str) -> bool:
    """Whether a refusal is of the model: a server that does not know the path says 404 as well, and may quote it."""
    name = re.escape(endpoint.model)
    said_so = rf"model:? ['\"`]*{name}\b|models/{name} is not found"
    return re.search(said_so, message.partition(": HTTP ")[2], re.I) is not None


def said(body: object) -> str:
    """The sentence inside an error body, whichever of the known shapes it has."""
    inner = _inner(body)
    if isinstance(inner, dict):
        inner = inner.get("message") or inner.get("detail") or json.dumps(inner, default=str)
    return "" if inner is None else str(inner)


def _inner(body: object) -> object:
    inner = body[0] if isinstance(body, list) and body else body
    return inner.get("error", inner) if isinstance(inner, dict) else inner


def _labels(body: object) -> str:
    """The machine-readable words of an error body. The rest may quote the prompt, which proves nothing."""
    inner = _inner(body)
    if not isinstance(inner, dict):
        return ""
    return " ".join(str(inner.get(name, "")) for name in ("code", "type", "status"))


def _kind(endpoint: Endpoint, status: int, text: str) -> str:
    if status == 402 or _about_money(endpoint, status, text):
        return "BILLING_EXHAUSTED"
    if status == 400 and BAD_KEY.search(text):
        return "AUTH_ERROR"
    if status == 400 and NO_MODEL.search(text):
        return "NOT_FOUND"
    if status in KINDS:
        return KINDS[status]
    if status >= 500:
        return "SERVER_ERROR"
    return "VALIDATION_ERROR" if status >= 400 else "UNKNOWN"


def _about_money(endpoint: Endpoint, status: int, text: str) -> bool:
    if status not in (400, 403, 429):
        return False
    if NO_MONEY.search(text):
        return True
    # Google tells everyone who is merely too fast to check their plan and billing details.
    return status != 400 and endpoint.provider.name != "google" and MONEY.search(text) is not None


def _request_id(headers: Mapping[str, str]) -> str | None:
    return headers.get("x-request-id") or headers.get("request-id")

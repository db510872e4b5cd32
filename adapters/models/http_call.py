"""One HTTP call through a provider's SDK, with every way it can fail turned into an LLMError."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from adapters.models.endpoint import Endpoint
from adapters.models.failures import SHOWN_CHARACTERS, failure, refused, said
from adapters.models.reply import Reply
from faber.contract.money import Usage
from faber.errors import LLMError

CONNECT_TIMEOUT_S = 10.0
MOST_BYTES = 16_000_000
MOST_READ = 100_000
PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.I)
EVENTS = re.compile(r"(?:data|event|id|retry):|:")


class TooLong(Exception):
    """More came than any model writes."""


async def bounded(response: Any) -> None:
    """A hook on every response: an SDK reads a body into memory whole, and some have no end."""
    parts = response.aiter_bytes

    async def aiter_bytes(*chunks: Any) -> AsyncIterator[bytes]:
        size = 0
        async for part in parts(*chunks):
            size += len(part)
            if size > MOST_BYTES:
                raise TooLong
            yield part

    response.aiter_bytes = aiter_bytes


def http_client(sdk: Any) -> Any:
    """The SDK's own, with that bound."""
    return sdk.DefaultAsyncHttpxClient(event_hooks={"response": [bounded]})


async def post(
    endpoint: Endpoint, sdk: Any, client: Any, path: str, body: dict[str, Any], timeout_s: float
) -> dict[str, Any]:
    """The decoded answer. `sdk` is the module openai or anthropic: both name their errors alike."""
    return await _sent(endpoint, sdk, lambda: client.post(path, body=body, cast_to=object), timeout_s)


async def get(endpoint: Endpoint, sdk: Any, client: Any, path: str, timeout_s: float) -> dict[str, Any]:
    """As `post`."""
    return await _sent(endpoint, sdk, lambda: client.get(path, cast_to=object), timeout_s)


async def _sent(
    endpoint: Endpoint, sdk: Any, send: Callable[[], Awaitable[Any]], timeout_s: float
) -> dict[str, Any]:
    try:
        # The SDK's own timeout is per read: a server that trickles would never meet it.
        async with asyncio.timeout(timeout_s):
            answer = await send()
    except (TimeoutError, ValueError, RecursionError, TooLong, sdk.APIError) as error:
        problem = _translated(endpoint, sdk, error, timeout_s)
    else:
        if isinstance(answer, dict) and not answer.get("error"):
            return answer
        problem = (
            _error_in(endpoint, answer)
            if isinstance(answer, dict)
            else _no_object(endpoint, "" if answer is None else str(answer))
        )
    # Raised outside the handler: the SDK's error holds the request, and with it the key.
    raise problem


def understood(
    endpoint: Endpoint,
    read: Callable[[dict[str, Any], Endpoint], Reply],
    count: Callable[[Any], Usage | None],
    answer: dict[str, Any],
) -> Reply:
    """What `read` makes of an answer. Errors: LLMError INVALID_RESPONSE for one of an unheard-of form, with its
    `usage` as `count` finds it: it was billed all the same."""
    try:
        return read(answer, endpoint)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        what = f"the answer has a form that no provider documents ({type(error).__name__}: {error})"
        usage = count(answer.get("usage"))
        problem = failure(endpoint, "INVALID_RESPONSE", what[: 2 * SHOWN_CHARACTERS], usage=usage)
    raise problem


def _translated(endpoint: Endpoint, sdk: Any, error: Exception, timeout_s: float) -> LLMError:
    if isinstance(error, (TimeoutError, sdk.APITimeoutError)):
        what = f"no answer within {timeout_s:g} s from {endpoint.shown_url}"
        return failure(endpoint, "TIMEOUT", what, reached=was_connected(error.__cause__))
    if isinstance(error, sdk.APIStatusError):
        return refused(endpoint, error.status_code, error.response.headers, error.body)
    # Some of the SDKs' versions wrap what a hook raises.
    if isinstance(error, TooLong) or isinstance(error.__cause__, TooLong):
        what = f"the answer is more than {MOST_BYTES // 1_000_000} MB, and was not read on"
        return failure(endpoint, "INVALID_RESPONSE", what, characters=MOST_BYTES)
    if isinstance(error, sdk.APIConnectionError):
        cause = error.__cause__ or error
        if type(cause).__name__ == "DecodingError":
            what = f"the answer cannot be unpacked as it says it is packed (DecodingError: {cause})"
            return failure(endpoint, "INVALID_RESPONSE", what)
        what = f"the connection to {endpoint.shown_url} failed ({type(cause).__name__}: {cause})"
        # A call that never got a connection cannot have been billed; one that was cut can.
        return failure(endpoint, "NETWORK_ERROR", what, reached=was_connected(cause))
    if isinstance(error, (ValueError, RecursionError)):
        return _no_object(endpoint, _body(error), f" ({error})")
    return failure(endpoint, "UNKNOWN", f"{type(error).__name__}: {error}")


def _error_in(endpoint: Endpoint, answer: dict[str, Any]) -> LLMError:
    """Some gateways refuse with a good status."""
    text = endpoint.without_key(said(answer))[:SHOWN_CHARACTERS]
    return failure(
        endpoint, "INVALID_RESPONSE", f"an error came in place of an answer: {text!r}", usage=Usage()
    )


def _no_object(endpoint: Endpoint, came: str, why: str = "") -> LLMError:
    """What came with a status below 300, and is no answer of a model: shown, so that a person knows whose it is."""
    # Shortened last: half a key would not be found.
    shown = endpoint.without_key(came[:MOST_READ].strip())[:SHOWN_CHARACTERS]
    if not shown:
        return failure(endpoint, "INVALID_RESPONSE", "nothing at all came in place of an answer")
    if PAGE.match(shown):
        what = f"an HTML page came in place of an answer: {shown!r}"
        # A proxy or a web site made it: no provider saw the call.
        return failure(endpoint, "INVALID_RESPONSE", what, reached=False)
    if EVENTS.match(shown):
        what = f"a stream of events came, which was not asked for, in place of a JSON object: {shown!r}"
        return failure(endpoint, "INVALID_RESPONSE", what, characters=len(came))
    what = f"the answer is not a JSON object{why}: {shown!r}"
    return failure(endpoint, "INVALID_RESPONSE", what, characters=len(came))


def _body(error: Exception) -> str:
    """What could not be read, as the decoder's error keeps it."""
    if isinstance(error, json.JSONDecodeError):
        return error.doc
    return (
        bytes(error.object).decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)
    )


def was_connected(cause: BaseException | None) -> bool:
    """Whether the provider may have seen the call. By name: each SDK brings its own HTTP library."""
    return type(cause).__name__ not in {"ConnectError", "ConnectTimeout"}

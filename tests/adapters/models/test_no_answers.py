"""What comes with a good status and is no answer of a model: shown, booked by what it is, and mended by a person."""

from __future__ import annotations

import gzip

import pytest

from adapters.models.http_call import MOST_BYTES
from adapters.models.providers import Providers
from faber.contract.money import Usage
from tests.adapters.models.asking import MODELS, ask
from tests.adapters.models.test_errors import failing
from tests.stand_in import Fault, ModelServer

pytestmark = pytest.mark.parametrize("name", MODELS)

STREAM = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n'
PAGE = b"<!DOCTYPE html>\n<title>Sign in</title>\x1b[2J"


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text/html", PAGE, "Sign in"),
        ("application/json", PAGE, "Sign in"),
        ("text/event-stream", STREAM, "a stream of events"),
        ("application/json", STREAM, "a stream of events"),
        ("application/json", b"", "nothing at all"),
        ("text/plain", b" \n", "nothing at all"),
        ("application/json", b'{"choices": [\xff\xfe', "choices"),
    ],
)
async def test_what_came_in_place_of_an_answer_is_shown_and_a_person_can_mend_it(
    model: Providers, server: ModelServer, name: str, kind: str, body: bytes, said: str
) -> None:
    server.meet_next(Fault("say", body=body, headers={"Content-Type": kind}))
    error = await failing(model, name)
    assert (error.kind, error.retryable, error.fixable) == ("INVALID_RESPONSE", False, True)
    assert said in error.message
    assert f"{name.partition(':')[0].upper()}_BASE_URL" in error.message
    assert error.message.isprintable()
    # No provider makes pages: whoever answered was in front of it.
    assert error.details.get("reached", True) == (body != PAGE)
    if body != PAGE:
        usage = error.details["usage"]
        assert usage.estimated and usage.input_tokens > 0
        assert usage.output_tokens <= len(body)


@pytest.mark.parametrize(
    "error", [{"message": "overloaded, try later", "code": "busy"}, "overloaded, try later"]
)
async def test_an_error_behind_a_good_status_is_shown_and_costs_nothing(
    model: Providers, server: ModelServer, name: str, error: object
) -> None:
    server.meet_next(Fault("say", body={"error": error}))
    told = await failing(model, name)
    assert told.kind == "INVALID_RESPONSE"
    assert "overloaded, try later" in told.message
    assert told.details["usage"] == Usage()


async def test_an_answer_of_megabytes_that_nobody_can_read_is_booked_at_its_limit_at_most(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(Fault("say", body=b"data: " + b"x" * 2_000_000))
    told = await failing(model, name)
    assert told.details["usage"].output_tokens == ask(name).max_output_tokens
    assert len(told.message) < 1_500


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_an_end_is_not_read_to_its_end(
    model: Providers, server: ModelServer, name: str, packed: bool
) -> None:
    body = b" " * (2 * MOST_BYTES)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    server.meet_next(Fault("say", body=gzip.compress(body) if packed else body, headers=headers))
    error = await failing(model, name)
    assert (error.kind, error.retryable) == ("INVALID_RESPONSE", False)
    assert "more than 16 MB" in error.message
    assert error.details["usage"].output_tokens == ask(name).max_output_tokens


async def test_an_answer_that_is_not_packed_as_it_says_is_invalid_and_not_asked_for_again(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(Fault("say", body=b"plain", headers={"Content-Encoding": "gzip"}))
    error = await failing(model, name)
    assert (error.kind, error.retryable) == ("INVALID_RESPONSE", False)
    assert "DecodingError" in error.message
    assert error.details["usage"].estimated

"""How each way of failing is named, for all six providers, seen over HTTP."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from adapters.models.catalogue import required_key
from adapters.models.providers import Providers
from faber.errors import LLMError
from tests.adapters.models.asking import MODELS, ask
from tests.stand_in import CUT, GARBLED, HANGING, TRICKLING, Fault, ModelServer, refusal

pytestmark = pytest.mark.parametrize("name", MODELS)

STATUSES = [
    (400, "VALIDATION_ERROR", False),
    (401, "AUTH_ERROR", False),
    (402, "BILLING_EXHAUSTED", False),
    (403, "AUTH_ERROR", False),
    (404, "NOT_FOUND", False),
    (405, "NOT_FOUND", False),
    (408, "TIMEOUT", True),
    (413, "VALIDATION_ERROR", False),
    (422, "VALIDATION_ERROR", False),
    (429, "RATE_LIMIT", True),
    (500, "SERVER_ERROR", True),
    (503, "SERVER_ERROR", True),
    (529, "SERVER_ERROR", True),
]


async def failing(model: Providers, name: str) -> LLMError:
    with pytest.raises(LLMError) as caught:
        await model.answer(ask(name))
    return caught.value


@pytest.mark.parametrize(("status", "kind", "retryable"), STATUSES)
async def test_a_status_has_its_kind_and_the_message_says_who_what_and_what_next(
    model: Providers, server: ModelServer, name: str, status: int, kind: str, retryable: bool
) -> None:
    server.meet_next(refusal(status, "the reason given"))
    error = await failing(model, name)
    assert (error.kind, error.retryable) == (kind, retryable)
    assert name.partition(":")[2] in error.message
    assert f"HTTP {status}, the reason given; " in error.message
    assert error.details["status"] == status
    assert server.count() == 1


async def test_a_refused_key_is_named_by_its_variable(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(refusal(401))
    error = await failing(model, name)
    assert str(required_key(name)) in error.message
    assert error.fixable


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (429, "You exceeded your current quota.", "insufficient_quota"),
        (400, "Your credit balance is too low to access the API.", "invalid_request_error"),
    ],
)
async def test_an_empty_account_is_not_a_rate_limit(
    model: Providers, server: ModelServer, name: str, status: int, message: str, code: str
) -> None:
    server.meet_next(refusal(status, message, code))
    assert (await failing(model, name)).kind == "BILLING_EXHAUSTED"


@pytest.mark.parametrize(
    ("message", "kind"),
    [("API key not valid. Please pass one.", "AUTH_ERROR"), ("Model Not Exist", "NOT_FOUND")],
)
async def test_a_bad_key_or_model_is_known_behind_a_400_too(
    model: Providers, server: ModelServer, name: str, message: str, kind: str
) -> None:
    server.meet_next(refusal(400, message))
    assert (await failing(model, name)).kind == kind


async def test_retry_after_is_kept_in_seconds(model: Providers, server: ModelServer, name: str) -> None:
    server.meet_next(refusal(429, retry_after="7200"))
    assert (await failing(model, name)).retry_after_s == 7200


async def test_retry_after_as_a_date_becomes_seconds(
    model: Providers, server: ModelServer, name: str
) -> None:
    date = format_datetime(datetime.now(tz=UTC) + timedelta(hours=1), usegmt=True)
    server.meet_next(refusal(503, retry_after=date), refusal(429, retry_after="soon"), refusal(429))
    seconds = (await failing(model, name)).retry_after_s
    assert seconds is not None and 3500 < seconds <= 3600
    assert (await failing(model, name)).retry_after_s is None
    assert (await failing(model, name)).retry_after_s is None


async def test_a_connection_cut_in_mid_answer_is_a_network_error(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(CUT)
    error = await failing(model, name)
    assert (error.kind, error.retryable, error.details["reached"]) == ("NETWORK_ERROR", True, True)
    assert server.url in error.message


async def test_a_server_that_is_not_there_is_a_network_error(server: ModelServer, name: str) -> None:
    with socket.socket() as taken:
        # Bound but not listening: the port refuses, and nobody else can take it meanwhile.
        taken.bind(("127.0.0.1", 0))
        variable = f"{name.partition(':')[0].upper()}_BASE_URL"
        there = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        model = Providers(server.environment(**{variable: there}))
        error = await failing(model, name)
        await model.close()
    assert (error.kind, error.details["reached"]) == ("NETWORK_ERROR", False)
    assert variable in error.message


async def test_a_base_url_that_is_none_is_refused_by_its_variable(server: ModelServer, name: str) -> None:
    variable = f"{name.partition(':')[0].upper()}_BASE_URL"
    error = await failing(Providers(server.environment(**{variable: "localhost:8080"})), name)
    assert error.kind == "VALIDATION_ERROR"
    assert variable in error.message


@pytest.mark.parametrize("body", [b"<html>login</html>", ["a", "list"], {"id": "empty"}, {"choices": []}])
async def test_an_answer_that_is_none_is_invalid(
    model: Providers, server: ModelServer, name: str, body: object
) -> None:
    server.meet_next(Fault("say", body=body))
    assert (await failing(model, name)).kind == "INVALID_RESPONSE"


async def test_malformed_json_is_an_invalid_response(
    model: Providers, server: ModelServer, name: str
) -> None:
    server.meet_next(GARBLED)
    error = await failing(model, name)
    assert (error.kind, error.retryable) == ("INVALID_RESPONSE", False)


async def test_a_billed_answer_without_content_tells_what_it_cost(
    model: Providers, server: ModelServer, name: str
) -> None:
    turn = server.script.phases["frame"][0][0]
    server.script.phases["frame"][0][0] = turn.model_copy(update={"text": ""})
    error = await failing(model, name)
    assert error.kind == "INVALID_RESPONSE"
    assert error.details["usage"].input_tokens == 1000
    assert error.details["cost_microusd"] > 0


async def test_a_slow_answer_is_a_timeout(server: ModelServer, name: str) -> None:
    server.meet_next(HANGING)
    model = Providers(server.environment(), timeout_s=0.3)
    error = await failing(model, name)
    server.release()
    await model.close()
    assert (error.kind, error.retryable) == ("TIMEOUT", True)
    assert "0.3 s" in error.message


async def test_a_request_may_have_a_time_limit_of_its_own(server: ModelServer, name: str) -> None:
    server.meet_next(HANGING)
    model = Providers(server.environment())
    with pytest.raises(LLMError, match=r"within 0\.3 s"):
        await model.answer(ask(name, timeout_s=0.3))
    server.release()
    await model.close()


async def test_an_answer_that_trickles_for_ever_is_a_timeout(server: ModelServer, name: str) -> None:
    server.meet_next(TRICKLING)
    model = Providers(server.environment(), timeout_s=0.3)
    error = await failing(model, name)
    server.release()
    await model.close()
    assert error.kind == "TIMEOUT"


async def test_a_missing_key_names_its_variable_before_any_call(server: ModelServer, name: str) -> None:
    variable = str(required_key(name))
    error = await failing(Providers(server.environment(**{variable: " "})), name)
    assert error.kind == "MISSING_API_KEY"
    assert variable in error.message
    assert error.details["variable"] == variable
    assert server.count() == 0


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_a_key_that_the_provider_quotes_is_not_in_the_error(
    server: ModelServer, name: str, status: int
) -> None:
    canary = "sk-canary-9f1c"
    model = Providers(server.environment(**{str(required_key(name)): canary}))
    server.meet_next(refusal(status, f"Incorrect key provided: {canary}"))
    error = await failing(model, name)
    await model.close()
    assert canary not in f"{error!r} {error.message} {error.details}"
    assert error.__cause__ is None and error.__context__ is None


async def test_a_key_in_the_base_url_is_not_in_the_error(server: ModelServer, name: str) -> None:
    canary, variable = "sk-canary-9f1c", f"{name.partition(':')[0].upper()}_BASE_URL"
    there = {variable: f"http://me:secret@127.0.0.1:9/{canary}/v1", str(required_key(name)): canary}
    model = Providers(server.environment(**there))
    error = await failing(model, name)
    await model.close()
    assert error.kind == "NETWORK_ERROR"
    assert "127.0.0.1:9" in error.message
    assert "canary" not in error.message and "secret" not in error.message


@pytest.mark.parametrize("canary", ["sk-canary\nin-two-lines", "sk-canary-ä"])
async def test_a_key_that_no_header_can_carry_is_not_in_the_error(
    server: ModelServer, name: str, canary: str
) -> None:
    model = Providers(server.environment(**{str(required_key(name)): canary}))
    error = await failing(model, name)
    await model.close()
    assert (error.kind, error.details["variable"]) == ("AUTH_ERROR", required_key(name))
    assert "sk-canary" not in f"{error!r} {error.message} {error.details}"


async def test_a_key_is_not_left_in_halves_where_a_long_message_is_cut(
    model: Providers, server: ModelServer, name: str
) -> None:
    quoted = f"key-of-{name.partition(':')[0]}"
    server.meet_next(
        refusal(500, "x" * 495 + quoted),
        Fault("say", body=["x" * 490 + quoted]),
        Fault("say", body=b"x" * 495 + quoted.encode()),
    )
    assert "key-o" not in (await failing(model, name)).message
    assert "key-o" not in (await failing(model, name)).message
    assert "key-o" not in (await failing(model, name)).message

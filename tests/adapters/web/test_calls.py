"""One call: what goes out, what comes back, and what is tried again; the same on the wire and in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters.web import Web, WebAnswer
from adapters.web.http import HttpWeb
from adapters.web.in_memory import Called, InMemoryWeb
from faber.errors import ApiCallError, ApiCallUnanswered, ConfigurationError
from tests.adapters.web.conftest import MakeWeb, Serve
from tests.adapters.web.server import Asked, Says

SECRET = "opens-sesame"
Ask = Callable[..., Any]


class Site:
    """One place to call, real or in memory, and what arrived there."""

    def __init__(self, web: Web, url: str, arrived: Callable[[], list[Any]]) -> None:
        self.web, self.url, self._arrived = web, url, arrived

    @property
    def last(self) -> Any:
        return self._arrived()[-1]

    @property
    def count(self) -> int:
        return len(self._arrived())

    async def call(self, method: str = "GET", path: str = "/", **more: Any) -> WebAnswer:
        given = {"headers": {}, "body": None, "timeout_s": 10.0, **more}
        return await self.web.call(method, f"{self.url}{path}", **given)


Answering = Callable[[Says], Site]


def nested(deep: int) -> Any:
    return [nested(deep - 1)] if deep > 1 else []


@pytest.fixture(params=["http", "in memory"])
def answering(request: pytest.FixtureRequest, serve: Serve, web: HttpWeb) -> Answering:
    def real(says: Says) -> Site:
        server = serve(lambda asked: says)
        return Site(web, f"http://api.test:{server.port}", lambda: server.asked)

    def fake(says: Says) -> Site:
        headers = {name.lower(): value for name, value in says.headers.items()}
        memory = InMemoryWeb(lambda called: WebAnswer(says.status, headers, says.body))
        return Site(memory, "http://api.test", lambda: memory.calls)

    return real if request.param == "http" else fake


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_arrives_with_path_headers_and_body(answering: Answering, method: str) -> None:
    site = answering(Says(201, {"X-Made": "yes"}, b'{"id": 7}'))
    body = None if method == "GET" else {"name": "ä", "n": [1, 2.5, None]}
    answer = await site.call(method.lower(), "/things?q=1%202", headers={"X-Who": "me"}, body=body)
    assert (answer.status, answer.headers["x-made"], answer.json) == (201, "yes", {"id": 7})
    arrived = site.last
    assert arrived.method == method
    assert arrived.headers["x-who"] == "me"
    assert (arrived.body or b"") == (b"" if body is None else json.dumps(body, ensure_ascii=False).encode())
    assert arrived.headers.get("content-type") == (None if body is None else "application/json")


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        ("text ä", "text ä".encode(), "text/plain; charset=utf-8"),
        (b"\x00\xff", b"\x00\xff", "application/octet-stream"),
        ([], b"[]", "application/json"),
        (False, b"false", "application/json"),
        ("", b"", "text/plain; charset=utf-8"),
    ],
)
async def test_a_body_says_what_it_is_unless_the_step_does(
    answering: Answering, body: Any, sent: bytes, kind: str
) -> None:
    site = answering(Says())
    await site.call("POST", body=body)
    assert (site.last.body, site.last.headers["content-type"]) == (sent, kind)
    await site.call("POST", body=body, headers={"Content-Type": "application/x-own"})
    assert site.last.headers["content-type"] == "application/x-own"


async def test_the_idempotency_key_goes_along_unless_the_step_has_its_own(answering: Answering) -> None:
    site = answering(Says())
    await site.call("POST", idempotency_key="run/step/1")
    assert site.last.headers["idempotency-key"] == "run/step/1"
    await site.call("POST", idempotency_key="run/step/1", headers={"idempotency-KEY": "mine"})
    assert site.last.headers["idempotency-key"] == "mine"
    await site.call("POST")
    assert "idempotency-key" not in site.last.headers


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
async def test_an_overloaded_or_broken_service_is_tried_again_when_it_wants(
    answering: Answering, status: int
) -> None:
    site = answering(Says(status, {"Retry-After": "7"}, b"busy"))
    with pytest.raises(ApiCallUnanswered, match=rf"answered with {status}.*tried again") as caught:
        await site.call("POST", "/orders")
    assert not caught.value.permanent
    assert (caught.value.details["status"], caught.value.details["retry_after_s"]) == (status, 7.0)
    assert site.count == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 418, 422, 451])
async def test_a_refusal_is_permanent(answering: Answering, status: int) -> None:
    site = answering(Says(status, {}, b"no"))
    with pytest.raises(ApiCallError, match=f"answered with {status}") as caught:
        await site.call("GET", "/orders")
    assert caught.value.permanent
    assert caught.value.details["status"] == status


async def test_no_error_quotes_a_body_a_header_or_more_of_the_url_than_where_it_leads(
    answering: Answering,
) -> None:
    site = answering(Says(500, {"X-Trace": SECRET}, SECRET.encode()))
    with pytest.raises(ApiCallError) as caught:
        await site.call(
            "POST", f"/{SECRET}?key={SECRET}", headers={"Authorization": SECRET}, body={"k": SECRET}
        )
    assert SECRET not in f"{caught.value} {caught.value.details}"
    assert "POST http://api.test" in str(caught.value)
    assert caught.value.details["body_bytes"] == len(SECRET)
    assert len(caught.value.details["body_sha256"]) == 64


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\0b", "ä", "\x7f"])
async def test_a_header_that_would_be_two_is_refused_before_anything_is_sent(
    answering: Answering, value: str
) -> None:
    site = answering(Says())
    with pytest.raises(ApiCallError, match="header x-who holds a line break") as caught:
        await site.call(headers={"X-Who": value})
    assert value not in str(caught.value)
    with pytest.raises(ApiCallError, match="no name of a header"):
        await site.call(headers={f"X-{value}": "1"})
    with pytest.raises(ApiCallError, match="idempotency-key"):
        await site.call(idempotency_key=value)
    assert site.count == 0


@pytest.mark.parametrize("value", [" me", "me ", "\tme \t"])
async def test_blanks_around_a_headers_value_are_none_of_it(answering: Answering, value: str) -> None:
    site = answering(Says())
    await site.call(headers={"X-Who": value})
    assert site.last.headers["x-who"] == "me"


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding"]
)
async def test_a_header_that_belongs_to_the_connection_is_refused(answering: Answering, name: str) -> None:
    site = answering(Says())
    with pytest.raises(ApiCallError, match="not the step's to set"):
        await site.call(headers={name: "1"})
    assert site.count == 0


@pytest.mark.parametrize("method", ["", "GET /x HTTP/1.1\r\nHost: b\r\n\r\nGET", "G T"])
async def test_a_method_that_is_none_is_refused(answering: Answering, method: str) -> None:
    site = answering(Says())
    with pytest.raises(ApiCallError, match="no HTTP method"):
        await site.call(method)
    assert site.count == 0


@pytest.mark.parametrize("body", [{"n": float("nan")}, {"x": object()}, "half \ud800"])
async def test_a_body_that_cannot_be_written_is_refused(answering: Answering, body: Any) -> None:
    site = answering(Says())
    with pytest.raises(ApiCallError, match="body cannot be sent"):
        await site.call("POST", body=body)
    assert site.count == 0


@pytest.mark.parametrize(
    ("kind", "body", "text", "value"),
    [
        ("application/json", b'{"a": [1]}', '{"a": [1]}', {"a": [1]}),
        ("text/html", b"<p>", "<p>", None),
        ("text/plain; charset=latin-1", b"\xe4", "ä", None),
        ("text/plain; charset=nonsense", "ä".encode(), "ä", None),
        ("text/plain; charset=Windows-1252", b"\x80", "€", None),
        ("text/plain; charset=UTF-16LE", "ä".encode("utf-16-le"), "ä", None),
        ("text/plain; charset=undefined", b"x", "x", None),
        ("text/plain; charset=unicode_escape", rb"\ud800", r"\ud800", None),
        ("text/plain; charset=punycode", b"a-" + b"b" * 500_000, "a-" + "b" * 500_000, None),
        ("text/plain", b"\xff", "\N{REPLACEMENT CHARACTER}", None),
        ("application/json", b"[" * 100_000, "[" * 100_000, None),
        ("application/json", b"[" * 100 + b"]" * 100, "[" * 100 + "]" * 100, nested(100)),
        ("application/json", b"[" * 102 + b"]" * 102, "[" * 102 + "]" * 102, None),
        ("application/json", b'{"a": 1e400}', '{"a": 1e400}', None),
        ("application/json", b"[NaN]", "[NaN]", None),
        ("application/json", b"-Infinity", "-Infinity", None),
        ("application/json", b'["\\ud800"]', '["\\ud800"]', None),
        ("application/json", b'["\\ud83d\\ude00"]', '["\\ud83d\\ude00"]', ["\U0001f600"]),
        ("application/json", b"", "", None),
    ],
)
async def test_a_body_is_read_as_far_as_it_can_be(
    answering: Answering, kind: str, body: bytes, text: str, value: Any
) -> None:
    answer = await answering(Says(200, {"Content-Type": kind}, body)).call()
    assert (answer.body, answer.text, answer.json) == (body, text, value)
    assert repr(body) not in repr(answer)


async def test_nothing_is_sent_that_the_step_did_not_ask_for(answering: Answering) -> None:
    site = answering(Says())
    await site.call()
    names = set(site.last.headers) - {"host", "accept-encoding", "connection"}
    assert names == {"accept", "user-agent"}


async def test_a_cookie_of_one_call_is_not_told_to_the_next(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(headers={"Set-Cookie": f"session={SECRET}; Path=/"}))
    for _ in range(2):
        await web.call("GET", f"http://api.test:{server.port}/", {}, None, 10)
    assert "cookie" not in server.asked[1].headers


async def test_calls_side_by_side_do_not_mix(serve: Serve, web: HttpWeb) -> None:
    def echo(asked: Asked) -> Says:
        return Says(body=asked.body)

    server = serve(echo)
    url = f"http://api.test:{server.port}/"
    answers = await asyncio.gather(*(web.call("POST", url, {}, {"n": n}, 30) for n in range(20)))
    assert [answer.json for answer in answers] == [{"n": n} for n in range(20)]


async def test_only_the_proxy_that_was_configured_is_used(serve: Serve, make_web: MakeWeb) -> None:
    def told(asked: Asked) -> Says:
        return Says(body=f"{asked.path} for {asked.headers['host']}".encode())

    proxy = serve(told)
    address = f"http://127.0.0.1:{proxy.port}"

    async def public(host: str, port: int) -> list[str]:
        return ["8.8.8.8"]

    web = make_web({"FABER_WEB_PROXY": address}, resolve=public)
    answer = await web.call("GET", "http://api.test/things", {}, None, 10)
    assert answer.text == "http://8.8.8.8/things for api.test"


async def test_a_proxy_of_the_environment_is_not_heard_of(
    serve: Serve, web: HttpWeb, make_web: MakeWeb
) -> None:
    server = serve(lambda asked: Says())
    named = make_web(
        {
            "FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1",
            "HTTP_PROXY": "http://127.0.0.1:1",
            "ALL_PROXY": "http://x:1",
        }
    )
    await named.call("GET", f"http://127.0.0.1:{server.port}/", {}, None, 10)
    assert len(server.asked) == 1


@pytest.mark.parametrize("proxy", ["nonsense", f"ftp://me:{SECRET}@host"])
def test_a_proxy_that_is_none_is_refused_without_its_password(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match=r"FABER_WEB_PROXY.*http://host:port") as caught:
        HttpWeb({"FABER_WEB_PROXY": proxy})
    assert SECRET not in str(caught.value)


async def test_the_memory_knows_what_it_was_asked() -> None:
    web = InMemoryWeb(lambda called: WebAnswer(200, {}, called.url.encode()))
    answer = await web.call("POST", "https://api.test/a?b=1", {"X": "1"}, {"n": 1}, 10, "key")
    assert answer.text == "https://api.test/a?b=1"
    (called,) = web.calls
    assert isinstance(called, Called)
    assert (called.method, called.body, called.headers["x"]) == ("POST", b'{"n": 1}', "1")

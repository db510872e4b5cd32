"""An answer is read within its limits and its time, or is an error of its class."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from adapters.web.http import HttpWeb
from adapters.web.received import TooLarge, read
from faber.errors import ApiCallError, ApiCallUnanswered
from tests.adapters.web.conftest import MakeWeb, Serve
from tests.adapters.web.server import Says


async def test_a_packed_body_is_unpacked_and_asked_for(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 100_000)))
    answer = await web.call("GET", f"http://api.test:{server.port}/", {}, None, 10)
    assert answer.body == b"x" * 100_000
    assert server.asked[0].headers["accept-encoding"] == "gzip"


BOMB = gzip.compress(b"\0" * 200_000_000)


@pytest.mark.parametrize(
    "says",
    [
        Says(body=b"x" * 1_000_001),
        Says(headers={"Content-Encoding": "gzip"}, body=BOMB),
    ],
)
async def test_a_body_beyond_the_limit_is_not_read_to_its_end(serve: Serve, web: HttpWeb, says: Says) -> None:
    server = serve(lambda asked: says)
    with pytest.raises(ApiCallError, match=r"more than 1000000 bytes.*ask for less") as caught:
        await web.call("GET", f"http://api.test:{server.port}/", {}, None, 30)
    assert caught.value.permanent


async def test_of_a_packed_body_no_more_is_unpacked_than_may_be_read() -> None:
    async def at_once() -> AsyncIterator[bytes]:
        yield BOMB

    with pytest.raises(TooLarge) as caught:
        await read(at_once(), "gzip", 1_000)
    assert len(caught.value.body) == 1_001


async def test_a_body_of_exactly_the_limit_is_read(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(body=b"x" * 1_000_000))
    assert len((await web.call("GET", f"http://api.test:{server.port}/", {}, None, 30)).body) == 1_000_000


async def test_an_error_of_any_length_is_that_error(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(503, {}, b"x" * 2_000_000))
    with pytest.raises(ApiCallUnanswered, match="answered with 503"):
        await web.call("GET", f"http://api.test:{server.port}/", {}, None, 30)


@pytest.mark.parametrize(
    ("says", "error", "said"),
    [
        (Says(headers={"Content-Encoding": "br"}, body=b"x"), ApiCallError, "not asked for"),
        (Says(headers={"Content-Encoding": "gzip"}, body=b"no gzip"), ApiCallError, "cannot be unpacked"),
        (
            Says(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"x" * 99)[:-9]),
            ApiCallUnanswered,
            "stops",
        ),
        (Says(drops=True), ApiCallUnanswered, "was not answered"),
        (Says(body=b"half", length=99), ApiCallUnanswered, "was not answered"),
        (Says(headers={"Location": "http://other:port/"}, status=302), ApiCallError, "cannot be read"),
    ],
)
async def test_a_broken_answer_is_an_error_of_its_class(
    serve: Serve, web: HttpWeb, says: Says, error: type[ApiCallError], said: str
) -> None:
    server = serve(lambda asked: says)
    with pytest.raises(ApiCallError, match=said) as caught:
        await web.call("GET", f"http://api.test:{server.port}/", {}, None, 30)
    assert type(caught.value) is error


async def test_a_server_that_hangs_is_left_when_the_time_is_up(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(hangs=True))
    with pytest.raises(ApiCallUnanswered, match=r"not answered within 0.3 s"):
        await web.call("GET", f"http://api.test:{server.port}/", {}, None, 0.3)


async def test_time_spent_looking_up_a_name_counts_too() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(ApiCallUnanswered, match=r"not answered within 0.1 s"):
        await HttpWeb({}, resolve=never).call("GET", "http://api.test/", {}, None, 0.1)


async def test_a_port_that_nobody_listens_on_is_tried_again(serve: Serve, web: HttpWeb) -> None:
    with pytest.raises(ApiCallUnanswered, match="ConnectError"):
        await web.call("GET", "http://api.test:1/", {}, None, 10)


async def test_the_next_address_is_tried_when_the_first_takes_no_connection(
    serve: Serve, make_web: MakeWeb
) -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    server = serve(lambda asked: Says())
    web = make_web({"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.0/8"}, resolve=two)
    assert (await web.call("GET", f"http://api.test:{server.port}/", {}, None, 10)).status == 200

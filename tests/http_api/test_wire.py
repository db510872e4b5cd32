"""What never becomes a request of the application, because it is no HTTP, or asks to be something else."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from http_api import wire
from tests.http_api.places import ANN, Api, key_of, problem_of

KEY = f"X-API-Key: {key_of(ANN)}".encode()


async def said(api: Api, sent: bytes) -> httpx.Response:
    """What the server says to these bytes, until it hangs up."""
    url = httpx.URL(api.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return httpx.Response(int(first.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello?\r\n\r\n",
        b"GET /v1/runs HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 100_000,
    ],
    ids=["no request", "no host", "two hosts", "a negative length", "endless headers"],
)
async def test_what_is_no_http_is_a_problem_too(sent: bytes, api: Api) -> None:
    answer = await said(api, sent)
    assert problem_of(answer, 400)["code"] == "NOT_HTTP"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_request_for_a_web_socket_is_an_ordinary_one(api: Api) -> None:
    words = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13")
    lines = (b"GET /v1/workflows HTTP/1.1", b"Host: 127.0.0.1", KEY, *words, b"Sec-WebSocket-Key: AAAA")
    after = b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + KEY + b"\r\n\r\n"
    answer = await said(api, b"\r\n".join(lines) + b"\r\n\r\n" + after)
    assert answer.status_code == 200
    assert json.loads(answer.content[: int(answer.headers["content-length"])])["items"] is not None


HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def ended(api: Api, *sent: bytes) -> None:
    """Waits until the server ends a connection on which this was sent, each after an answer to the one before."""
    url = httpx.URL(api.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    for number, part in enumerate(sent):
        if number:
            await reader.readuntil(b'{"status":"ok"}')
        writer.write(part)
    await asyncio.wait_for(reader.read(), 20)
    writer.close()


@pytest.mark.parametrize(
    "sent",
    [[b""], [HEAD], [HEAD + b"\r\n", HEAD]],
    ids=["nothing", "half a request", "one and half of the next"],
)
async def test_who_sends_no_whole_request_keeps_no_connection(
    sent: list[bytes], api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HEAD_WITHIN_S", 0.2)
    await ended(api, *sent)


async def test_an_answer_that_takes_long_is_no_late_request(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HEAD_WITHIN_S", 0.2)
    async with api.client(ANN) as ann, ann.stream("GET", "/v1/events") as answer:
        listening = asyncio.create_task(answer.aread())
        await ended(api, b"")
        await ended(api, b"")
        assert not listening.done()
        listening.cancel()


async def test_nonsense_after_a_refusal_ends_the_connection_and_nothing_else(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    url = httpx.URL(api.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    lines = (b"POST /v1/workflows HTTP/1.1", b"Host: 127.0.0.1", b"Transfer-Encoding: chunked", b"", b"1\r\n")
    writer.write(b"\r\n".join(lines))
    assert b" 401 " in await reader.readline()
    writer.write(b"x\r\nno number\r\n")
    await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert "Fatal error" not in caplog.text

"""What never becomes a request of the application, because it is no HTTP, or asks to be something else."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

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

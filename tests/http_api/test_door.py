"""What every request passes: the host that it asks for, how often it comes, how large it is, from which page."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from http_api import serving
from http_api.limits import MOST_CALLERS, RateLimit
from tests.http_api.conftest import serving_http
from tests.http_api.places import ANN, OLGA, TOM, application, key_of, problem_of, settings, signed

YAML = {"Content-Type": "application/yaml"}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"])
async def test_this_host_is_asked_by_its_own_names(host: str, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        assert (await asking.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "localhost@evil.example",
        "127.0.0.1.evil.example",
        "localhost:8000:80",
        "localhost:",
        "",
        "faber.example.org/x",
    ],
)
async def test_a_page_that_calls_this_host_by_another_name_is_refused(host: str, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        answer = await asking.get("/v1/runs", headers={**signed(ANN), "Host": host})
        assert problem_of(answer, 421)["code"] == "UNKNOWN_HOST"
        assert "evil" not in answer.text


async def test_two_hosts_are_none(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        request = asking.build_request("GET", "/healthz")
        request.headers = type(request.headers)([("Host", "localhost"), ("Host", "evil.example")])
        problem_of(await asking.send(request), 421)


async def test_a_host_that_is_configured_is_ours(tmp_path: Path) -> None:
    async with application(settings(tmp_path, FABER_API_HOSTS="faber.example.org, other.example")) as asking:
        answer = await asking.get("/healthz", headers={"Host": "Faber.Example.org"})
        assert answer.status_code == 200


async def test_no_page_of_another_origin_may_ask_unless_it_is_configured(tmp_path: Path) -> None:
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    async with application(settings(tmp_path)) as asking:
        answer = await asking.options("/v1/runs", headers=asked)
        assert answer.status_code == 401
        told = await asking.get("/healthz", headers={"Origin": "https://page.example"})
        assert not [name for name in (*answer.headers, *told.headers) if name.startswith("access-control")]
    async with application(settings(tmp_path, FABER_API_ORIGINS="https://page.example")) as asking:
        answer = await asking.options("/v1/runs", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://page.example"
        assert "access-control-allow-credentials" not in answer.headers
        other = await asking.options("/v1/runs", headers={**asked, "Origin": "https://evil.example"})
        problem_of(other, 400)
        assert "access-control-allow-origin" not in other.headers
        refused = await asking.get("/v1/runs", headers={"Origin": "https://page.example"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://page.example"


async def test_a_key_that_asks_too_often_waits_and_the_others_do_not(tmp_path: Path) -> None:
    async with application(settings(tmp_path, FABER_API_RATE="3")) as asking:
        codes = [(await asking.get("/v1/workflows", headers=signed(ANN))).status_code for _ in range(3)]
        assert codes == [200, 200, 200]
        answer = await asking.get("/v1/workflows", headers=signed(ANN))
        problem_of(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        for name in (OLGA, TOM):
            assert (await asking.get("/v1/workflows", headers=signed(name))).status_code == 200


async def test_guessing_keys_is_slowed_down(tmp_path: Path) -> None:
    async with application(settings(tmp_path, FABER_API_RATE="3")) as asking:
        codes = [
            (await asking.get("/v1/runs", headers={"X-API-Key": f"guess-{n}"})).status_code for n in range(5)
        ]
        assert codes == [401, 401, 401, 429, 429]


def test_a_bucket_fills_up_again_steadily_and_forgets_who_asks_least_lately() -> None:
    now = [0.0]
    limit = RateLimit(60, clock=lambda: now[0])
    assert [limit.wait_for("ann") for _ in range(60)] == [0.0] * 60
    assert limit.wait_for("ann") == pytest.approx(1.0)
    now[0] = 0.5
    assert limit.wait_for("ann") == pytest.approx(0.5)
    now[0] = 1.1
    assert limit.wait_for("ann") == 0.0
    for number in range(MOST_CALLERS):
        limit.wait_for(f"{number}")
    assert limit.wait_for("ann") == 0.0


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 1024


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(tmp_path: Path) -> None:
    async with application(settings(tmp_path, FABER_API_BODY_LIMIT="4096")) as asking:
        headers = {**signed(ANN), **YAML}
        large = await asking.post("/v1/workflows/validate", content=b" " * 4097, headers=headers)
        problem_of(large, 413)
        unsaid = await asking.post("/v1/workflows/validate", content=chunks(5), headers=headers)
        problem_of(unsaid, 413)
        lying = {**headers, "Content-Length": "12"}
        problem_of(await asking.post("/v1/workflows/validate", content=chunks(5), headers=lying), 413)
        fits = await asking.post("/v1/workflows/validate", content=b" " * 4096, headers=headers)
        assert fits.status_code == 200


async def test_a_body_in_another_coding_is_refused_as_that(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        headers = {**signed(ANN), **YAML, "Content-Encoding": "gzip"}
        packed = await asking.post("/v1/workflows/validate", content=gzip.compress(b"id: a"), headers=headers)
        assert problem_of(packed, 415)["code"] == "UNKNOWN_CODING"
        assert packed.headers["accept-encoding"] == "identity"
        plain = {**headers, "Content-Encoding": "identity"}
        answer = await asking.post("/v1/workflows/validate", content=b"id: a", headers=plain)
        assert answer.status_code == 200


async def test_a_body_of_two_lengths_is_refused_and_nothing_is_read_after_it(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        headers = {**signed(ANN), **YAML, "Content-Length": "5", "Transfer-Encoding": "chunked"}
        answer = await asking.post("/v1/workflows/validate", content=chunks(1), headers=headers)
        assert problem_of(answer, 400)["code"] == "TWO_LENGTHS"
        assert answer.headers["connection"] == "close"


async def test_when_nobody_is_configured_only_this_host_may_ask(tmp_path: Path) -> None:
    unknown = replace(settings(tmp_path), callers=None)
    for client in ("10.0.0.7", "192.168.1.1", "::ffff:10.0.0.7"):
        async with application(unknown, client=client) as asking:
            problem_of(await asking.get("/v1/runs", headers=signed(ANN)), 401)


async def test_every_answer_says_that_it_is_what_it_says_and_is_not_kept(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        for path in ("/healthz", "/v1/nothing", "/v1/runs"):
            headers = (await asking.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/v1/runs/", "/v1//runs", "//evil.example/v1/runs", "/v1/runs/x/"])
async def test_nothing_leads_elsewhere(path: str, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        answer = await asking.get(f"http://localhost{path}", headers=signed(ANN))
        problem_of(answer, 404)
        assert "location" not in answer.headers


async def test_words_of_a_request_never_become_a_header(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        answer = await asking.get("/v1/runs/a%0d%0aX-Evil:%20yes", headers=signed(ANN))
        assert "x-evil" not in answer.headers
        answer = await asking.get("/v1/runs?cursor=a%0d%0aX-Evil:%20yes", headers=signed(ANN))
        problem_of(answer, 422)
        assert "x-evil" not in answer.headers


async def test_whoever_is_not_answered_before_the_server_ends_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "GRACE_S", 0.2)
    async with serving_http(settings(tmp_path, FABER_API_PORT="0"), tmp_path) as here:
        url = httpx.URL(here.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = f"POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key_of(ANN)}\r\n"
        # The server says that it goes on, and the body never comes.
        writer.write(f"{head}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n".encode())
        await reader.readuntil(b"100 Continue\r\n\r\n")
    said = (await reader.read()).decode()
    writer.close()
    assert said.startswith("HTTP/1.1 503 ")
    assert '"code":"ENDING"' in said
    assert "x-content-type-options: nosniff" in said

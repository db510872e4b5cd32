"""Every error is one document, whatever went wrong, and says nothing that its reader should not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.exceptions import RequestValidationError

from faber.errors import Conflict, FaberError, NoSuchRun, Unreachable, WorkflowError
from http_api.app import create_app
from http_api.door import ALWAYS
from http_api.problems import of_error, of_validation
from tests.http_api.places import ANN, application, problem_of, settings, signed

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NoSuchRun("x"), 404, "NO_SUCH_RUN"),
        (Conflict("x"), 409, "CONFLICT"),
        (Unreachable("x"), 503, "UNREACHABLE"),
        (WorkflowError("x"), 409, "WORKFLOW_FAILED"),
        (WorkflowError("x", refused="STALE"), 409, "STALE"),
        (WorkflowError("x", refused="NOT_ALLOWED"), 403, "NOT_ALLOWED"),
        (WorkflowError("x", refused="INVALID_FORM"), 422, "INVALID_FORM"),
    ],
)
def test_what_went_wrong_has_its_status(error: FaberError, status: int, code: str) -> None:
    answer = of_error(error)
    assert answer.status_code == status
    assert f'"code":"{code}"'.encode() in answer.body


def test_what_nobody_foresaw_is_not_quoted() -> None:
    answer = of_error(FaberError("postgresql://app:hunter22@db/app refused /srv/faber/secret"))
    assert answer.status_code == 500
    assert b"hunter22" not in answer.body
    assert b"/srv" not in answer.body


def test_a_secret_in_a_message_is_redacted() -> None:
    body = bytes(of_error(Conflict("it has https://ann:hunter22@host/x and sk-" + "a1" * 12)).body)
    assert b"hunter22" not in body
    assert b"a1a1" not in body


async def test_a_crash_is_one_too_and_shows_no_trace(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path, FABER_API_ORIGINS="https://page.example"))

    @app.get("/v1/crash")
    async def crash() -> None:
        raise RuntimeError("the password is hunter22")

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asking:
        answer = await asking.get("/v1/crash", headers={**signed(ANN), "Origin": "https://page.example"})
        document = problem_of(answer, 500)
    assert dict(answer.headers).items() >= {name.lower(): value for name, value in ALWAYS.items()}.items()
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
    assert "hunter22" not in answer.text
    assert "Traceback" not in answer.text
    assert document["code"] == "INTERNAL"


async def test_an_unknown_path_and_method_are_problems(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        problem_of(await asking.get("/v1/nothing", headers=signed(ANN)), 404)
        answer = await asking.patch("/v1/runs", headers=signed(ANN))
        problem_of(answer, 405)
        assert answer.headers["allow"] == "GET, POST"
        problem_of(await asking.request("TRACE", "/v1/runs", headers=signed(ANN)), 405)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b'{"work_id": NaN}', "not JSON"),
        (b'{"work_id": Infinity}', "not JSON"),
        (b'{"budget_usd": 1e999}', "not JSON"),
        (b'{"budget_usd": ' + b"9" * 10_000 + b"}", "not JSON"),
        (b'{"work_id": "\\ud800"}', "not JSON"),
        (b'{"work_id": "\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b'{"a": 1} {"b": 2}', "not JSON"),
    ],
)
async def test_what_is_no_json_is_refused_as_that(body: bytes, said: str, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        answer = await asking.post("/v1/runs", content=body, headers={**signed(ANN), **JSON})
        document = problem_of(answer, 400)
        assert document["code"] == "NOT_JSON"
        assert said in document["detail"]


async def test_json_that_does_not_say_so_is_not_read(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/yaml", "", "json"):
            headers = {**signed(ANN), "Content-Type": kind}
            answer = await asking.post("/v1/runs", content=b'{"work_id": "1"}', headers=headers)
            problem_of(answer, 415)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "body.work_id"),
        ({"work_id": 1}, "body.work_id"),
        ({"work_id": "1", "actor": "eve"}, "body.actor"),
        ({"work_id": "1", "started_by": "eve"}, "body.started_by"),
        ({"work_id": "1", "tenant": "acme"}, "body.tenant"),
        ({"work_id": "1", "resume": {}}, "body.resume"),
        ({"work_id": "1", "dry_run": "yes"}, "body.dry_run"),
        ({"work_id": "1", "budget_usd": "5"}, "body.budget_usd"),
        ([], "body"),
        ("x", "body"),
    ],
)
async def test_every_field_that_does_not_fit_is_named(body: Any, path: str, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        answer = await asking.post("/v1/runs", json=body, headers=signed(ANN))
        document = problem_of(answer, 422)
        assert document["code"] == "INVALID_REQUEST"
        assert [entry["path"] for entry in document["errors"]] == [path]


def test_a_request_with_a_thousand_mistakes_is_told_of_a_hundred() -> None:
    found = [{"loc": ("body", str(number)), "msg": "x" * 100} for number in range(1_000)]
    body = bytes(of_validation(RequestValidationError(found)).body)
    assert body.count(b'"path"') == 100
    assert len(body) < 30_000


async def test_temporal_that_is_away_is_said_and_when_to_come_again(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        answer = await asking.get("/v1/runs", headers=signed(ANN))
        assert problem_of(answer, 503)["code"] == "UNREACHABLE"
        assert answer.headers["retry-after"] == "5"
        ready = await asking.get("/readyz")
        assert [entry["path"] for entry in problem_of(ready, 503)["errors"]] == ["temporal", "worker"]
        assert "127.0.0.1:9" not in ready.text
        assert (await asking.get("/healthz")).json() == {"status": "ok"}

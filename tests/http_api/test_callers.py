"""Who is let in: keys and tokens, what each role may do, and every way to pretend."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from faber.errors import ConfigurationError
from http_api.callers import Caller, TokenRules, Unauthenticated, read_keys
from tests.http_api.places import (
    ANN,
    OLGA,
    PAUL,
    SECRET,
    VIC,
    application,
    key_of,
    problem_of,
    settings,
    signed,
    token,
)

KEY = "0123456789abcdef"
RULES = TokenRules(SECRET, "faber")


def test_a_key_is_a_name_with_roles_and_perhaps_a_tenant() -> None:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    found = read_keys(f"# who\nann:viewer, approver:{KEY}\n\nbot:operator:sha256={'AB' * 32}:acme", "here")
    assert found == {
        digest: Caller("ann", frozenset({"viewer", "approver"})),
        "ab" * 32: Caller("bot", frozenset({"operator"}), "acme"),
    }


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("ann", "expected a name, roles, a key"),
        (f"ann:boss:{KEY}", "entry 1: an unknown role"),
        ("ann:viewer:short", "at least 16 characters"),
        ("ann:viewer:sha256=12", "64 hexadecimal digits"),
        (f"ann:viewer:{KEY}:../x", "no tenant's name"),
        (f"ann:viewer:{KEY}; bob:viewer:{KEY}", "another caller's already"),
        (f":viewer:{KEY}", "expected a name"),
        (KEY, "expected a name"),
        (f"ann:{KEY}:viewer", "unknown role"),
        (f"ann:viewer:{KEY[:8]}{KEY}:{KEY}:{KEY}", "expected a name"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_without_a_word_of_it(entry: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        read_keys(entry, "FABER_API_KEYS")
    assert KEY not in raised.value.message


def test_a_token_says_who_asks_what_they_may_and_whose_they_are() -> None:
    end = float(int(time.time()) + 60)
    given = token(email="jo@example.org", roles="approver viewer boss", tenant="acme", exp=end)
    assert RULES.caller(given) == Caller("jo@example.org", frozenset({"viewer", "approver"}), "acme", end)
    assert RULES.caller(token(roles=None, exp=end)) == Caller("jo", frozenset(), until=end)


def test_without_an_audience_of_its_own_a_server_takes_tokens_for_anybody() -> None:
    for given in (token(aud=None), token(aud="another")):
        assert TokenRules(SECRET).caller(given).name == "jo"


def test_without_an_audience_a_token_needs_none_and_must_end_all_the_same() -> None:
    rules = TokenRules(SECRET)
    for audience in (None, "another", ["one", "two"]):
        assert rules.caller(token(aud=audience)).name == "jo"
    with pytest.raises(Unauthenticated):
        rules.caller(token(aud=None, exp=None))
    assert RULES.caller(token(aud=["another", "faber"])).name == "jo"


def unsigned(header: dict[str, Any], **claims: Any) -> str:
    told = {"sub": "jo", "aud": "faber", "exp": time.time() + 600, "roles": ["operator"], **claims}
    parts = [json.dumps(part).encode() for part in (header, told)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@pytest.mark.parametrize(
    "given",
    [
        token(secret="another-secret-that-is-long-enough-too"),
        token(exp=time.time() - 60),
        token(exp=None),
        token(exp="never"),
        token(exp=float("inf")),
        token(exp=10**400),
        token(nbf=float("nan")),
        token(aud="another"),
        token(aud=None),
        token(nbf=time.time() + 600),
        token(algorithm="HS512", secret=SECRET * 2),
        token(sub=None),
        token(sub="a\nb"),
        token(sub="x" * 201),
        token(tenant="../other"),
        token(tenant=7),
        unsigned({"alg": "none", "typ": "JWT"}),
        unsigned({"alg": "None"}),
        unsigned({"alg": "HS256"}),
        unsigned({}),
        "..",
        "a.b.c",
        token() + "x",
        token().replace(".", ".eyJ", 1),
    ],
)
def test_a_token_that_proves_nothing_is_refused(given: str) -> None:
    with pytest.raises(Unauthenticated) as raised:
        RULES.caller(given)
    assert given not in raised.value.message


async def test_a_request_without_a_credential_that_counts_is_refused_in_one_way(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        for headers in (
            {},
            {"X-API-Key": "unknown-key-0123456"},
            {"Authorization": "Bearer nothing"},
            {"Authorization": f"Basic {key_of(ANN)}"},
            {"Authorization": f"Bearer {token(secret='x' * 40)}"},
            {"X-API-Key": key_of(ANN), "Authorization": f"Bearer {token()}"},
        ):
            answer = await asking.get("/v1/workflows", headers=headers)
            assert problem_of(answer, 401)["code"] == "UNAUTHENTICATED"
            assert answer.headers["www-authenticate"] == "Bearer"
        assert (await asking.get("/v1/workflows", headers=signed(ANN))).status_code == 200
        bearer = {"Authorization": f"Bearer {key_of(ANN)}"}
        assert (await asking.get("/v1/workflows", headers=bearer)).status_code == 200
        assert (
            await asking.get("/v1/workflows", headers={"Authorization": f"Bearer {token()}"})
        ).status_code == 200


@pytest.mark.parametrize("name", ["X-API-Key", "Authorization"])
async def test_two_credentials_of_one_kind_are_none(name: str, tmp_path: Path) -> None:
    mine, another = (key_of(who) if name == "X-API-Key" else f"Bearer {key_of(who)}" for who in (ANN, VIC))
    async with application(settings(tmp_path)) as asking:
        for given in ([(name, mine), (name, another)], [(name, mine), (name, "")]):
            answer = await asking.get("/v1/workflows", headers=given)
            assert "send one credential" in problem_of(answer, 401)["detail"]


ROUTES = {
    "viewer": [("GET", "/v1/runs"), ("GET", "/v1/gates"), ("GET", "/v1/runs/x"), ("GET", "/v1/workflows")],
    "operator": [
        ("POST", "/v1/runs"),
        ("POST", "/v1/runs/x/forms"),
        ("POST", "/v1/runs/x/pause"),
        ("POST", "/v1/runs/x/resume"),
        ("POST", "/v1/runs/x/cancel"),
        ("POST", "/v1/runs/x/retry"),
        ("POST", "/v1/workflows"),
        ("PUT", "/v1/workflows/x"),
        ("DELETE", "/v1/workflows/x"),
        ("POST", "/v1/executions"),
        ("POST", "/v1/executions/x/cancel"),
        ("POST", "/v1/executions/x/retry"),
        ("POST", "/v1/ai/infer"),
        ("POST", "/v1/dev/dual-run"),
    ],
    "approver": [("POST", "/v1/runs/x/decisions"), ("POST", "/v1/runs/x/budget")],
}
BODIES = {
    "/v1/runs": {"work_id": "1"},
    "/v1/runs/x/forms": {"values": {}},
    "/v1/runs/x/decisions": {"decision": "approve"},
    "/v1/runs/x/budget": {"limit_usd": 1},
    "/v1/executions": {"workflow_id": "x"},
    "/v1/ai/infer": {"prompt": "x", "json_schema": {}},
    "/v1/dev/dual-run": {"workflow_id": "x"},
}


@pytest.mark.parametrize(("role", "refused"), [("operator", [VIC, PAUL]), ("approver", [VIC, OLGA])])
async def test_each_route_needs_its_role_and_no_other(role: str, refused: list[str], tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        for method, path in ROUTES[role]:
            for name in refused:
                body = BODIES.get(path, {})
                answer = await asking.request(method, path, json=body, headers=signed(name))
                assert problem_of(answer, 403)["detail"].endswith(f"it needs the role {role}"), path
            answer = await asking.request(method, path, json=BODIES.get(path, {}), headers=signed(ANN))
            assert answer.status_code != 403


async def test_whoever_has_any_role_may_look_and_whoever_has_none_may_not(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        for method, path in ROUTES["viewer"]:
            for name in (VIC, OLGA, PAUL):
                answer = await asking.request(method, path, headers=signed(name))
                assert answer.status_code in (200, 404, 503), answer.text
            nobody = {"Authorization": f"Bearer {token(roles=['boss'])}"}
            problem_of(await asking.request(method, path, headers=nobody), 403)

"""Redaction: what must never get through, what must never be touched, and that it takes no time."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.redaction import MARK, Redactor, redact, redact_personal

BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n" * 3
# Put together here, so that no scanner takes this file for a leak.
BEGIN, END = "-----BEGIN " + "PRIVATE KEY-----", "-----END " + "PRIVATE KEY-----"

SHAPES = {
    "Authorization: Bearer abcdefgh": "Authorization: Bearer [REDACTED]",
    "'authorization': 'Basic dXNlcjpwYXNz'": "'authorization': 'Basic [REDACTED]'",
    "curl -H 'x-api-key: abcdefghij'": "curl -H 'x-api-key: [REDACTED]'",
    "sent bearer abcdefghijklmnop1 to": "sent bearer [REDACTED] to",
    "key sk" + "-abcdefghijklmnop1234 used": "key [REDACTED] used",
    "sk" + "-ant-api03-" + "a1B2_" * 8: MARK,
    "sk" + "-proj-" + "a1B2_" * 8: MARK,
    "gh" + "p_" + "a1B2" * 9: MARK,
    "github" + "_pat_" + "a1B2_" * 10: MARK,
    "AKIA" + "IOSFODNN7EXAMPLE": MARK,
    "xai-" + "a1B2" * 10: MARK,
    "AIza" + "Sy-" + "a1B2" * 9: MARK,
    "xox" + "b-1234567890-abcdef": MARK,
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl": MARK,
    "postgres://app:p4ss%2Fw@db:5432/x": "postgres://app:[REDACTED]@db:5432/x",
    "redis://:pass@host": "redis://:[REDACTED]@host",
    "https://abcdefghijklmnopqrst@host/repo.git": "https://[REDACTED]@host/repo.git",
    '{"api_key": "abcd1234", "n": 1}': '{"api_key": "[REDACTED]", "n": 1}',
    "client_secret = 'abcd1234'": "client_secret = '[REDACTED]'",
    "token: abcd1234efgh": "token: [REDACTED]",
    "password=hunter2hunter2&x=1": "password=[REDACTED]&x=1",
    "export DEPLOY_TOKEN=onlyletters": "export DEPLOY_TOKEN=[REDACTED]",
    f"a\n{BEGIN}\n{BODY}{END}\nb": f"a\n{MARK}\n\n\n\n\nb",
    json.dumps(f"{BEGIN}\n{BODY}{END}\n"): f'"{MARK}\\n"',
    f"cut off {BEGIN}\n{BODY}": f"cut off {MARK}\n\n\n\n",
}

ORDINARY = [
    "max_tokens=100000000 tokens: 12345678 token_count = 4096",
    "token: the value of the token; password: required; secret = None",
    "api_key = settings.api_key2 or get_key2()  # api_key: str | None",
    "token = response2.token\nsecret=load_secret1(path)",
    "headers = {'Authorization': f'Bearer {token}'}",
    "sk-learn-contrib-packages, task-force-with-a-long-name",
    "the bearer authentication-middleware refuses",
    "postgres://${USER}:${PASSWORD}@host and https://example.org/@scope/pkg and git@host:a/b",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "PASSWORD=$PASSWORD TOKEN=$(cat file) KEY=",
    "monkey: 12345678, keyboard=abcdefgh1",
    "https://example.org:8080/a?b=c#d",
    "-----BEGIN CERTIFICATE-----\n" + BODY,
]


@pytest.mark.parametrize(("text", "expected"), SHAPES.items())
def test_what_has_the_shape_of_a_secret_is_replaced_and_nothing_else(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_program_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_secrets_of_the_environment_are_known_by_the_names_of_their_variables() -> None:
    environment = {
        "OPENAI_API_KEY": "opensesame",
        "npm_token": "lower case",
        "DB_PASSWORD": "short",
        "GOOGLE_CREDENTIALS": "in base64",
        "HOME": "not a secret",
    }
    redactor = Redactor.of_environment(environment)
    text = "opensesame lower case short in base64 not a secret"
    assert redactor(text) == f"{MARK} {MARK} short {MARK} not a secret"


def test_each_key_of_the_api_is_known_by_itself() -> None:
    entries = "release-coordinator:operator,approver:opensesame; # none\nann:viewer: in the open :acme"
    redactor = Redactor.of_environment({"FABER_API_KEYS": entries})
    assert redactor("release-coordinator operator opensesame acme, in the open") == (
        f"release-coordinator operator {MARK} acme, {MARK}"
    )


def test_the_password_of_a_url_is_known_by_itself_too() -> None:
    redactor = Redactor.of_environment({"DATABASE_URL": "postgres://app:opens%2Fesame@db:5432/x"})
    assert redactor("login with opens/esame (opens%2Fesame) as app failed") == (
        f"login with {MARK} ({MARK}) as app failed"
    )


def test_a_known_secret_is_found_in_the_forms_that_programs_print() -> None:
    secret = 'pass/word "x"\nline+1'
    redactor = Redactor([secret])
    for form in (
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret),
        base64.b64encode(secret.encode()).decode(),
    ):
        assert redactor(f"<{form}>") in (f"<{MARK}>", f'<"{MARK}">')


def test_of_two_secrets_the_longer_one_is_replaced_whole() -> None:
    assert Redactor(["abcdefgh", "abcdefghij"])("abcdefghij") == MARK


def test_a_secret_that_is_part_of_the_mark_does_not_grow_without_end() -> None:
    assert Redactor(["REDACTED"])("REDACTED [REDACTED]") == "REDACTED [REDACTED]"


SHORT = {
    "SMTP_PASSWORD": "hunter2",
    "BOT_TOKEN": "x-9f2a",
    "DATABASE_URL": "postgres://me:s3cret@db/x",
    # Names of things, words and numbers: they stand in ordinary text.
    "SIGNING_KEY": "ed25519",
    "APP_SECRET": "secret",
    "PIN_TOKEN": "123456",
    "DB_PASSWORD": "ab1",
}


def test_a_short_password_is_known_by_its_value_where_it_stands_alone_and_is_no_word() -> None:
    redactor = Redactor.of_environment(SHORT)
    assert redactor("(hunter2) x-9f2a, s3cret.") == f"({MARK}) {MARK}, {MARK}."
    left = "hunter2b ed25519 secret 123456 ab1 as3cret"
    assert redactor(left) == left
    assert redactor.without_known({"a": ["hunter2", "hunter23"]}) == {"a": [MARK, "hunter23"]}


secrets = st.text(st.characters(codec="utf-8"), min_size=8, max_size=30).filter(
    lambda secret: len(secret.strip()) >= 8 and secret.strip() not in MARK
)
pieces = st.one_of(
    st.sampled_from(
        [*SHAPES, *ORDINARY, "token=", '"', "'", "sk-", "=", ":", "@", "://", "[", "]", MARK, "a1", "\n"]
    ),
    st.text(max_size=20),
    st.text("ab1-_=:/@.[]'\" ", max_size=20),
)


@settings(deadline=None)
@given(st.lists(secrets, min_size=1, max_size=4), st.data())
def test_no_known_secret_is_ever_left(known: list[str], data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.one_of(pieces, st.sampled_from(known)), max_size=12))
    cleaned = Redactor(known)("".join(parts))
    assert not [secret for secret in known if secret in cleaned]


@settings(deadline=None)
@given(st.lists(pieces, max_size=12), st.lists(secrets, max_size=3))
def test_redacting_again_changes_nothing(parts: list[str], known: list[str]) -> None:
    redactor = Redactor(known)
    once = redactor("".join(parts))
    assert redactor(once) == once


@settings(deadline=None)
@given(st.lists(pieces, max_size=12), st.lists(secrets, max_size=3))
def test_no_line_gets_another_number(parts: list[str], known: list[str]) -> None:
    text = "".join(parts)
    assert Redactor(known)(text).count("\n") == text.count("\n")


@settings(deadline=None)
@given(st.lists(pieces, max_size=12))
def test_redacting_personal_data_again_changes_nothing(parts: list[str]) -> None:
    once = redact_personal("".join(parts) + " a@b.io +49 30 901820 4111 1111 1111 1111")
    assert redact_personal(once) == once


@settings(deadline=None)
@given(
    st.text(st.characters(categories=("Ll", "Lo", "Zs", "Po"), exclude_characters="@\"':/%"), max_size=300)
)
def test_plain_prose_is_left_alone(text: str) -> None:
    assert redact(text) == text
    assert redact_personal(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to dana.k+x@mail.example.org.", "write to [REDACTED_EMAIL]."),
        ("SSN 123-45-6789,", "SSN [REDACTED_SSN],"),
        ("card 4111 1111 1111 1111 or 378282246310005", "card [REDACTED_PAN] or [REDACTED_PAN]"),
        ("call +49 30 901820 or (555) 123-4567", "call [REDACTED_PHONE] or [REDACTED_PHONE]"),
        ("4111 1111 1111 1112 and 1763707524123", None),
        ("000-12-3456 2024-01-01 10:20:30 v1.2.3 127.0.0.1", None),
        ("git@host.example.org:team/repo.git (d>>9)+1980, a@b", None),
    ],
)
def test_personal_data_is_replaced_by_a_mark_of_its_kind(text: str, expected: str | None) -> None:
    assert redact_personal(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "hostile",
    [
        "a",
        "1",
        "sk-",
        "token=",
        BEGIN,
        BEGIN + "A" * 64,
        "://a:",
        "a@",
        "a.",
        "+1 ",
        "bearer " + "a" * 600,
        "A_KEY",
        " ",
        "authorization: ",
        "secret: '",
    ],
)
def test_a_hostile_text_of_half_a_megabyte_takes_seconds_at_most(hostile: str) -> None:
    text = hostile * (500_000 // len(hostile))
    began = time.process_time()
    redact(text)
    redact_personal(text)
    Redactor().told(text)
    assert time.process_time() - began < 5

"""What logs and spans are told: no secret, also by its name, and nobody's data."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.redaction import MARK, Redactor
from tests.domain.test_redaction import pieces

TOLD = {
    "authorization: Bearer abc": "authorization: Bearer [REDACTED]",
    "Authorization=Basic dXNlcjpw then": "Authorization=Basic [REDACTED] then",
    "authorization: opaque-words": "authorization: [REDACTED]",
    "{'Authorization': 'Bearer letters-only'}": "{'Authorization': 'Bearer [REDACTED]'}",
    "api_key: short": "api_key: [REDACTED]",
    "api-key=lettersonly&x=1": "api-key=[REDACTED]&x=1",
    '{"apiKey": "two words", "n": 1}': '{"apiKey": "[REDACTED]", "n": 1}',
    "token: abc": "token: [REDACTED]",
    "access_token=abc, next": "access_token=[REDACTED], next",
    "secret: hunter": "secret: [REDACTED]",
    "client_secret: 'a b c'": "client_secret: '[REDACTED]'",
    "password: hunter2": "password: [REDACTED]",
    "mail dana@example.org": "mail [REDACTED_EMAIL]",
    "call +49 30 901820": "call [REDACTED_PHONE]",
    "SSN 123-45-6789": "SSN [REDACTED_SSN]",
    "card 4111 1111 1111 1111": "card [REDACTED_PAN]",
    "card 4111 1111 1111 1112": "card 4111 1111 1111 1112",
    "tokens_prompt: 12 max_tokens=4096 token_count: 7": "tokens_prompt: 12 max_tokens=4096 token_count: 7",
    "run def-invoice-12 of 2026-01-02T10:20:30+00:00": "run def-invoice-12 of 2026-01-02T10:20:30+00:00",
    "opensesame": MARK,
    r'body "{\"api_key\": \"two words\"}"': r'body "{\"api_key\": \"[REDACTED]"}"',
    "token: " + "a" * 5_000: "token: [REDACTED]",
    "Authorization: Bearer 'abc'": "Authorization: Bearer '[REDACTED]'",
}


@pytest.mark.parametrize(("text", "expected"), TOLD.items())
def test_what_is_told_in_logs_and_spans_bears_no_secret_by_name_and_nobodys_data(
    text: str, expected: str
) -> None:
    told = Redactor(["opensesame"]).told
    assert told(text) == expected
    assert told(expected) == expected


def test_a_told_value_is_judged_by_its_name_too() -> None:
    told = Redactor().told
    assert told(
        {
            "api_key": "a b",
            "x.token": 123456,
            "authorization": "Bearer abc",
            "gen_ai.token.type": "input",
            "tokens_prompt": 12,
            "clientSecret": "a b",
            "monotoken": "a b",
            "ok": True,
            "who": ["dana@example.org", {"secret": None}],
        }
    ) == {
        "api_key": MARK,
        "x.token": MARK,
        "authorization": f"Bearer {MARK}",
        "gen_ai.token.type": "input",
        "tokens_prompt": 12,
        "clientSecret": MARK,
        "monotoken": "a b",
        "ok": True,
        "who": ["[REDACTED_EMAIL]", {"secret": None}],
    }


@settings(deadline=None)
@given(st.lists(st.one_of(pieces, st.sampled_from([*TOLD, *TOLD.values()])), max_size=8))
def test_telling_again_changes_nothing(parts: list[str]) -> None:
    told = Redactor(["opensesame"]).told
    once = told("".join(parts))
    assert told(once) == once

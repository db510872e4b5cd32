"""A secret is found in bytes of any kind, and people see all of their data but its secrets."""

from __future__ import annotations

import base64

from domain.redaction import MARK, KnownSecrets, conceal


def test_a_secret_of_the_environment_is_named_wherever_it_stands_in_bytes() -> None:
    secret = "abcdefgh12345678"
    known = KnownSecrets.of_environment(
        {
            "A_TOKEN": secret,
            "URL": "x://u:98765432hgfedcba@h",
            "MY_KEY": "production-server",
            "KEY_PATH": "/a/b/c1/d/e/f/g/h",
        }
    )
    for before in range(3):
        assert known.names_in(b"\0\xff" + base64.b64encode(b"x" * before + secret.encode() + b"tail")) == [
            "A_TOKEN"
        ]
    assert known.names_in(f"a {secret} 98765432hgfedcba".encode()) == ["A_TOKEN", "URL"]
    assert known.names_in(secret.encode().hex().encode()) == ["A_TOKEN"]
    assert known.names_in(b"production-server /a/b/c1/d/e/f/g/h") == []


def test_whoever_looks_at_their_own_data_sees_all_but_its_secrets() -> None:
    data = {
        "email": "ann@example.com",
        "api_key": "short",
        "headers": {"Authorization": "Basic x", "token": ["a", 12], "note": "sk-" + "a1" * 12},
        "answer": {"set-cookie": "session=abc", "cookie": "oat"},
        "tokens_prompt": 12,
        "has_password": False,
        "password": None,
    }
    assert conceal(data) == {
        "email": "ann@example.com",
        "api_key": MARK,
        "headers": {"Authorization": MARK, "token": [MARK, MARK], "note": MARK},
        "answer": {"set-cookie": MARK, "cookie": "oat"},
        "tokens_prompt": 12,
        "has_password": False,
        "password": None,
    }

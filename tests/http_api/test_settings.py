"""What the environment may say of the API, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from faber.errors import ConfigurationError
from http_api.settings import ApiSettings

KEY = "ann:viewer:0123456789abcdef"
LONG = "x" * 32


def test_nothing_said_is_this_host_alone_and_nobody_known() -> None:
    found = ApiSettings.read({})
    assert (found.profile, found.host, found.port, found.callers) == ("prod", "127.0.0.1", None, None)
    assert found.origins == ()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"FABER_PROFILE": "test"}, "it is dev or prod"),
        ({"FABER_API_PORT": "http"}, "FABER_API_PORT is 'http': it is a number from 0 to 65535"),
        ({"FABER_API_PORT": "65536"}, "65535"),
        ({"FABER_API_RATE": "0"}, "from 1"),
        ({"FABER_API_BODY_LIMIT": "9" * 5_000}, "FABER_API_BODY_LIMIT"),
        ({"FABER_API_HOST": "0.0.0.0"}, "nobody is known"),
        ({"FABER_API_HOST": "example.org"}, "nobody is known"),
        ({"FABER_API_KEYS_FILE": "/nowhere/at/all"}, "cannot be read"),
        ({"JWT_SECRET": "dev-only-not-for-prod"}, "development value"),
        ({"JWT_SECRET": "short"}, "shorter than 32 bytes"),
        (
            {"JWT_SECRET": "dev-only-not-for-prod", "FABER_PROFILE": "dev", "FABER_API_HOST": "0.0.0.0"},
            "development value",
        ),
    ],
)
def test_what_would_let_anybody_in_or_means_nothing_is_refused(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        ApiSettings.read(environment)


def test_a_development_secret_counts_on_this_host_in_the_dev_profile() -> None:
    found = ApiSettings.read({"JWT_SECRET": "dev-only-not-for-prod", "FABER_PROFILE": "dev"})
    assert found.callers is not None
    assert found.callers.tokens is not None


def test_other_hosts_may_ask_once_somebody_is_known(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# ours\n{KEY}\n")
    for environment in ({"FABER_API_KEYS": KEY}, {"FABER_API_KEYS_FILE": str(file)}, {"JWT_SECRET": LONG}):
        assert ApiSettings.read({"FABER_API_HOST": "0.0.0.0", **environment}).callers is not None


def test_what_is_printed_of_the_settings_holds_no_key() -> None:
    shown = repr(ApiSettings.read({"FABER_API_KEYS": KEY, "JWT_SECRET": LONG}))
    assert "0123456789abcdef" not in shown
    assert LONG not in shown

"""The environment that a command gets: a short list of names, nothing that looks like a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

NAMES = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    }
)  # fmt: skip
# A proxy's address may carry its password.
CREDENTIALS = re.compile(r"//[^/@\s]+@")


def allow_listed(
    environment: Mapping[str, str], extra: Iterable[str] = (), *, home: Path | None = None
) -> dict[str, str]:
    """The part of `environment` that a command may see. `extra` are names that a person has listed, so they
    pass whatever they hold; `home` replaces HOME."""
    asked_for = set(extra)
    env = {name: value for name, value in environment.items() if name in asked_for or _harmless(name, value)}
    env["TERM"] = "dumb"
    if home is not None:
        env["HOME"] = str(home)
    return env


def _harmless(name: str, value: str) -> bool:
    return (name in NAMES or name.startswith("LC_")) and not CREDENTIALS.search(value)

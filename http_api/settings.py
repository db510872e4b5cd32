"""What the environment says of the HTTP API; read by entry points, never at import."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from faber.errors import ConfigurationError
from faber.settings import Settings
from http_api.callers import Caller, Callers, TokenRules, read_keys

Profile = Literal["dev", "prod"]
PORT = 8000
KNOWN_SECRETS = ("dev-only-not-for-prod", "changeme", "change-me", "secret")
SHORTEST_SECRET = 32
KIB = 1024


@dataclass(frozen=True)
class ApiSettings:
    """`port` None is 8000, or the next free one. `callers` None: nobody was configured, and only whoever started the
    process may ask, from this host. `rate` is requests a minute, for each key; `body_limit` is in bytes."""

    faber: Settings
    profile: Profile = "prod"
    host: str = "127.0.0.1"
    port: int | None = None
    callers: Callers | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    rate: int = 600
    body_limit: int = 1024 * KIB

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> ApiSettings:
        """Raises ConfigurationError, which quotes no key and no secret."""
        env = dict(os.environ if environment is None else environment)
        profile = env.get("FABER_PROFILE") or "prod"
        if profile not in ("dev", "prod"):
            raise ConfigurationError(f"FABER_PROFILE is {profile!r}: it is dev or prod")
        host = env.get("FABER_API_HOST") or cls.host
        callers = _callers(env, trusting=profile == "dev" and is_loopback(host))
        if callers is None and not is_loopback(host):
            raise ConfigurationError(
                f"FABER_API_HOST is {host}, which other hosts reach, and nobody is known: set FABER_API_KEYS or "
                "JWT_SECRET, or leave it at 127.0.0.1"
            )
        return cls(
            faber=Settings.read(env),
            profile=cast(Profile, profile),
            host=host,
            port=_number(env, "FABER_API_PORT", 0, 65_535) if env.get("FABER_API_PORT") else None,
            callers=callers,
            hosts=_words(env, "FABER_API_HOSTS"),
            origins=_words(env, "FABER_API_ORIGINS"),
            rate=_number(env, "FABER_API_RATE", 1, 1_000_000, cls.rate),
            body_limit=_number(env, "FABER_API_BODY_LIMIT", KIB, 64 * KIB * KIB, cls.body_limit),
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _callers(env: Mapping[str, str], *, trusting: bool) -> Callers | None:
    keys: dict[str, Caller] = {}
    if file := env.get("FABER_API_KEYS_FILE"):
        try:
            keys |= read_keys(Path(file).read_text(encoding="utf-8"), f"FABER_API_KEYS_FILE={file}")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"FABER_API_KEYS_FILE={file} cannot be read: {error}") from error
    keys |= read_keys(env.get("FABER_API_KEYS", ""), "FABER_API_KEYS")
    secret = env.get("JWT_SECRET", "")
    if secret and not trusting:
        _refuse_weak(secret)
    tokens = TokenRules(secret, env.get("JWT_AUDIENCE") or None) if secret else None
    return Callers(keys, tokens) if keys or tokens else None


def _refuse_weak(secret: str) -> None:
    if secret in KNOWN_SECRETS or len(secret.encode()) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"JWT_SECRET is a development value, or shorter than {SHORTEST_SECRET} bytes: whoever guesses it is "
            "anybody. Make one with `openssl rand -base64 48`, or set FABER_PROFILE=dev where only this host asks"
        )


def _words(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(env.get(name, "").replace(",", " ").split())


def _number(env: Mapping[str, str], name: str, least: int, most: int, default: int = 0) -> int:
    given = env.get(name, "").strip()
    if not given:
        return default
    if len(given) > 9 or not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise ConfigurationError(f"{name} is {given[:40]!r}: it is a number from {least} to {most}")
    return int(given)

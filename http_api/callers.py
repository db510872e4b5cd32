"""Who asks: a name, what it may do, and whose runs it sees; from an API key or a signed token."""

from __future__ import annotations

import hashlib
import re
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import jwt

from faber.errors import ConfigurationError, FaberError

Role = Literal["viewer", "operator", "approver"]
ROLES: frozenset[Role] = frozenset(get_args(Role))
ALGORITHM = "HS256"
DIGEST = "sha256="
SHORTEST_KEY = 16
LONGEST_NAME = 200
ONE_CREDENTIAL = "send one credential: `X-API-Key: <key>`, or `Authorization: Bearer <key or token>`"
TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")


class Unauthenticated(FaberError):
    """No credentials, or none that count."""

    code = "UNAUTHENTICATED"


class Forbidden(FaberError):
    code = "FORBIDDEN"


@dataclass(frozen=True)
class Caller:
    """`name` is what decisions are signed with; `tenant` None sees what belongs to nobody. `until` is when a token
    ends, in Unix seconds."""

    name: str
    roles: frozenset[Role]
    tenant: str | None = None
    until: float | None = None

    def may(self, role: Role) -> bool:
        """Whoever may change runs or answer for them may look at them too."""
        return role in self.roles or (role == "viewer" and bool(self.roles))


@dataclass(frozen=True)
class TokenRules:
    """Without an `audience` a token counts whomever it was made for."""

    secret: str
    audience: str | None = None

    def caller(self, token: str) -> Caller:
        """Errors: Unauthenticated, with nothing of the token in it."""
        try:
            with warnings.catch_warnings():
                # A short secret was refused where the settings were read, except in development.
                warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
                claims: dict[str, Any] = jwt.decode(
                    token,
                    self.secret,
                    algorithms=[ALGORITHM],
                    audience=self.audience,
                    options={
                        "require": ["exp", *(["aud"] if self.audience else [])],
                        "verify_aud": self.audience is not None,
                    },
                )
                until = float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, ArithmeticError, RecursionError) as error:
            raise Unauthenticated(f"the token does not count: {type(error).__name__}") from None
        name = claims.get("email") or claims.get("sub")
        tenant = claims.get("tenant")
        if not isinstance(name, str) or not _is_name(name):
            raise Unauthenticated("the token names nobody: it needs `email` or `sub`")
        if tenant is not None and not (isinstance(tenant, str) and TENANT.fullmatch(tenant)):
            raise Unauthenticated("the token's `tenant` is no tenant's name")
        return Caller(name, _roles(claims.get("roles")), tenant, until)


def _roles(claim: Any) -> frozenset[Role]:
    """A list, or words with spaces between; other systems' roles are left out."""
    given = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(role for role in ROLES if role in given)


@dataclass(frozen=True)
class Callers:
    """Those that are known: keys by the sha256 of what is sent, and the rules for tokens."""

    keys: Mapping[str, Caller]
    tokens: TokenRules | None = None

    def identify(self, api_key: str | None, bearer: str | None) -> Caller:
        """A bearer is a key or a token. Errors: Unauthenticated."""
        given = [credential for credential in (api_key, bearer) if credential]
        if len(given) != 1:
            raise Unauthenticated(ONE_CREDENTIAL)
        known = self.keys.get(hashlib.sha256(given[0].encode()).hexdigest())
        if known is not None:
            return known
        if bearer and self.tokens and bearer.count(".") == 2:
            return self.tokens.caller(bearer)
        raise Unauthenticated("the key is not known here")


def one_time(name: str) -> tuple[str, Caller]:
    """A token for whoever started this process, and who that is."""
    return secrets.token_urlsafe(24), Caller(name, ROLES)


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(text: str, where: str) -> dict[str, Caller]:
    """`<name>:<role>[,<role>]:<key>[:<tenant>]`, one to a line or with `;` between; the key plain, or
    `sha256=<its sha256>`. Raises ConfigurationError that counts the entries and quotes none: a key may stand in the
    wrong place of one."""
    callers: dict[str, Caller] = {}
    problems = []
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    entries = filter(None, (part.strip() for line in lines for part in line.split(";")))
    for number, entry in enumerate(entries, 1):
        name, *rest = entry.split(":")
        try:
            key, caller = _read_key(name, rest)
        except ValueError as error:
            problems.append(f"entry {number}: {error}")
            continue
        if key in callers:
            problems.append(f"entry {number}: the key is another caller's already")
        callers[key] = caller
    if problems:
        raise ConfigurationError(
            f"{where}: {'; '.join(problems)}. Write <name>:<role>,<role>:<key>[:<tenant>]"
        )
    return callers


def _read_key(name: str, rest: list[str]) -> tuple[str, Caller]:
    if not _is_name(name) or len(rest) not in (2, 3):
        raise ValueError("expected a name, roles, a key and at most a tenant, with colons between")
    roles = [role.strip() for role in rest[0].split(",")]
    if not ROLES.issuperset(roles):
        raise ValueError(f"an unknown role; there are {', '.join(sorted(ROLES))}")
    key, tenant = rest[1].strip(), rest[2].strip() if len(rest) == 3 else None
    if tenant is not None and not TENANT.fullmatch(tenant):
        raise ValueError("no tenant's name: letters, digits, dots and dashes")
    return _digest_of(key), Caller(name, frozenset(role for role in ROLES if role in roles), tenant)


def _digest_of(key: str) -> str:
    if key.startswith(DIGEST):
        given = key.removeprefix(DIGEST).lower()
        if not re.fullmatch(r"[0-9a-f]{64}", given):
            raise ValueError("sha256= needs 64 hexadecimal digits")
        return given
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"a key has at least {SHORTEST_KEY} characters")
    return digest(key)


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()

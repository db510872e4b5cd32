"""The API as tests meet it: its callers, its clients, and the application without a server."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt

from http_api.app import create_app
from http_api.settings import ApiSettings

SECRET = "a-secret-of-these-tests-that-is-long-enough"
ANN, VIC, OLGA, PAUL, TOM, TIM = "ann@example.org", "vic", "olga", "paul@example.org", "tom@acme", "tim@other"
ROLES = {
    ANN: "operator,approver",
    VIC: "viewer",
    OLGA: "operator",
    PAUL: "approver",
    TOM: "operator,approver",
    TIM: "operator,approver",
}
TENANTS = {TOM: "acme", TIM: "other"}
# Nobody answers at this port.
NOWHERE = "127.0.0.1:9"


def key_of(name: str) -> str:
    return f"the-very-key-of-{name.replace('@', '-at-')}"


def keys() -> str:
    entries = []
    for name, roles in ROLES.items():
        tenant = f":{TENANTS[name]}" if name in TENANTS else ""
        entries.append(f"{name}:{roles}:{key_of(name)}{tenant}")
    return "; ".join(entries)


def signed(name: str) -> dict[str, str]:
    """The header that says who asks."""
    return {"X-API-Key": key_of(name)}


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    told = {"sub": "jo", "aud": "faber", "exp": time.time() + 600, "roles": ["viewer"], **claims}
    given = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(given, secret, algorithm=algorithm)


def settings(folder: Path, **environment: str) -> ApiSettings:
    """Of an API whose callers are known, and whose Temporal is away unless it is named."""
    return ApiSettings.read(
        {
            "HOME": str(folder),
            "FABER_DATA_DIR": str(folder / "data"),
            "TEMPORAL_ADDRESS": NOWHERE,
            "FABER_API_KEYS": keys(),
            "JWT_SECRET": SECRET,
            **environment,
        }
    )


@contextlib.asynccontextmanager
async def application(
    settings: ApiSettings, headers: Mapping[str, str] | None = None, client: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the application itself, as `client`, without a server in between."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(client, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as asking:
        yield asking
    await app.state.feed.close()
    await app.state.reach.close()


@dataclass(frozen=True)
class Api:
    """A server that runs, with a worker behind it."""

    url: str
    settings: ApiSettings

    def client(self, name: str | None) -> httpx.AsyncClient:
        headers = signed(name) if name else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60)


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The document of a refusal, which every refusal has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert set(document) == {"type", "title", "status", "detail", "code", "errors"}
    assert document["status"] == status
    return document

"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from faber.connection import worker_polls
from faber.errors import FaberError
from http_api.problems import ProblemEntry, Refused
from http_api.reach import Reach

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What was looked at."""

    ready: Literal[True] = True
    checks: list[str]


@router.get("/healthz")
async def healthy() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", responses={503: {}})
async def ready(request: Request) -> Readiness:
    """Temporal answers, a worker polls it, and the database has its tables. 503 names what is missing."""
    reach: Reach = request.app.state.reach
    checks = {"temporal": _temporal(reach), "worker": _worker(reach), "database": _database(reach)}
    found = await asyncio.gather(*(_said(check) for check in checks.values()))
    told = zip(checks, found, strict=True)
    missing = [ProblemEntry(path=name, message=said) for name, said in told if said is not None]
    if missing:
        what = "; ".join(f"{entry.path}: {entry.message}" for entry in missing)
        raise Refused(503, "NOT_READY", what, errors=missing, headers={"Retry-After": "5"})
    return Readiness(checks=list(checks))


async def _said(check: Awaitable[str | None]) -> str | None:
    """What a check found wrong. Anybody may ask, so an error says no address and no path."""
    try:
        return await check
    except FaberError as error:
        return f"does not answer ({error.code})"


async def _temporal(reach: Reach) -> str | None:
    await worker_polls((await reach.faber()).client)
    return None


async def _worker(reach: Reach) -> str | None:
    return None if await worker_polls((await reach.faber()).client) else "none polls"


async def _database(reach: Reach) -> str | None:
    await (await reach.records()).list_definitions(limit=1)
    return None

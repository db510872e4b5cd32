"""What tests ask of the API again and again."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import eventually

Answer = dict[str, Any]


def project() -> str:
    """One that no other test has."""
    return f"p-{uuid.uuid4().hex[:10]}"


async def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def deliver(asking: httpx.AsyncClient, checkout: Path, **options: Any) -> str:
    """Starts a delivery run and returns its id."""
    body = {"work_id": "1", "repo": str(checkout), "project": project(), **options}
    started = await done(await asking.post("/v1/runs", json=body), 202)
    assert started["created"] is True
    return str(started["run_id"])


async def gate(asking: httpx.AsyncClient, run_id: str, name: str, timeout_s: float = 60) -> Answer:
    """Waits until the run waits there."""
    found: list[Answer] = []

    async def is_open() -> bool:
        snapshot = await done(await asking.get(f"/v1/runs/{run_id}"))
        assert snapshot["error"] is None, snapshot["error"]
        found[:] = [item for item in snapshot["waiting_on"] if item["gate"] == name]
        return bool(found)

    await eventually(is_open, f"{run_id} waits at {name}", timeout_s)
    return found[0]


async def comes_to(asking: httpx.AsyncClient, path: str, *statuses: str, timeout_s: float = 60) -> Answer:
    """Waits until what is there has one of these statuses."""
    found: Answer = {}

    async def is_there() -> bool:
        found.update(await done(await asking.get(path)))
        return found["status"] in statuses

    await eventually(is_there, f"{path} is {' or '.join(statuses)}", timeout_s)
    return found


async def closed(asking: httpx.AsyncClient, run_id: str) -> None:
    """Waits until Temporal has ended the run, which it does a moment after the run says how it ended."""

    async def is_closed() -> bool:
        listed = await done(await asking.get("/v1/runs", params={"limit": 200}))
        return any(item["run_id"] == run_id and item["ended_at"] for item in listed["items"])

    await eventually(is_closed, f"{run_id} has ended")

"""A call of a service as an activity of anybody's: one HTTP client, kept for as long as the worker runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from temporalio import activity


@dataclass(frozen=True)
class Calling:
    client: httpx.AsyncClient

    @activity.defn
    async def call(self, url: str) -> dict[str, Any]:
        """What an api_call step gives."""
        answer = await self.client.get(url)
        answer.raise_for_status()
        return {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.json()}

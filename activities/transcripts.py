"""Conversations outside history: each entry of the chain holds what one turn added and names the entry before."""

from __future__ import annotations

from pydantic import BaseModel, Field

from adapters.artifacts import Artifacts
from adapters.models import Message


class Entry(BaseModel):
    parent: str | None = None
    system: str | None = None
    messages: list[Message] = Field(default_factory=list)


class Transcripts:
    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def begin(self, system: str, messages: list[Message]) -> str:
        return await self._put(Entry(system=system, messages=messages))

    async def extend(self, parent: str, messages: list[Message]) -> str:
        return await self._put(Entry(parent=parent, messages=messages))

    async def load(self, sha256: str) -> tuple[str, list[Message]]:
        """The system text and every message in order."""
        chain: list[Entry] = []
        at: str | None = sha256
        while at is not None:
            entry = Entry.model_validate_json(await self._artifacts.get(at))
            chain.append(entry)
            at = entry.parent
        chain.reverse()
        return chain[0].system or "", [message for entry in chain for message in entry.messages]

    async def _put(self, entry: Entry) -> str:
        return await self._artifacts.put(entry.model_dump_json().encode())

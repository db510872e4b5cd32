"""The built-in agent's tools: list, read, search, write, edit, run; confined to one worktree."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel

from adapters.models import ToolCall, ToolSpec


class ToolResult(BaseModel):
    """What the model is told. A refusal or a failed command is an answer (`is_error`), never an exception."""

    call_id: str
    name: str
    text: str
    is_error: bool = False


class Tools(Protocol):
    """The tools of one worktree. Every refusal says what was refused and what would be accepted."""

    def specs(self, *, writing: bool) -> list[ToolSpec]:
        """The tools on offer; without `writing` only those that change nothing."""
        ...

    async def use(self, call: ToolCall, *, writing: bool) -> ToolResult: ...

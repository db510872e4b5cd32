"""The code host: pull requests and their merging."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import BaseModel


class PullRequest(BaseModel):
    """A pull request as the code host records it. `head_sha` is the commit that it stands at."""

    number: int
    url: str
    title: str
    body: str
    branch: str
    base: str
    head_sha: str
    state: Literal["open", "merged", "closed"] = "open"
    merge_sha: str | None = None


class Forge(Protocol):
    """Errors: faber.errors.ForgeError."""

    async def find_pull_request(self, branch: str) -> PullRequest | None: ...

    async def open_pull_request(
        self, *, branch: str, base: str, head_sha: str, title: str, body: str
    ) -> PullRequest:
        """Open it, or bring the open one of this branch up to date: one branch has one pull request.
        Safe to repeat after a kill at any point."""
        ...

    async def mark_merged(self, number: int, merge_sha: str) -> PullRequest: ...

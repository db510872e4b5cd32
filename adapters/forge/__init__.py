"""The code host: pull requests and their merging."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import BaseModel

from faber.errors import ForgeError


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

    async def find_pull_request(self, branch: str) -> PullRequest | None:
        """The newest one of this branch: the open one where there is one."""
        ...

    async def open_pull_request(
        self, *, branch: str, base: str, head_sha: str, title: str, body: str
    ) -> PullRequest:
        """Open it, or bring the open one of this branch up to date: one branch has one open pull request.
        Safe to repeat after a kill at any point. `title` is one line; `body` is kept word for word, so for a
        host without a merge button it ends with the command that merges."""
        ...

    async def mark_merged(self, number: int, merge_sha: str) -> PullRequest:
        """Errors: ForgeError when it is closed, or was merged as another commit."""
        ...


def merged(pull: PullRequest | None, number: int, merge_sha: str, where: str) -> PullRequest:
    """What a pull request is once it is merged; the same answer when it is merged as that commit already."""
    if pull is None:
        raise ForgeError(f"No pull request {number} in {where}: look for the one of the run's branch")
    if pull.state == "closed" or (pull.merge_sha and pull.merge_sha != merge_sha):
        was = f"merged as {pull.merge_sha}" if pull.merge_sha else pull.state
        raise ForgeError(f"Pull request {number} is {was}, not open: it cannot be merged as {merge_sha}")
    return pull.model_copy(update={"state": "merged", "merge_sha": merge_sha})


def newest(pulls: list[PullRequest], branch: str) -> PullRequest | None:
    """A branch opens its next pull request only when the one before is merged or closed."""
    return max((pull for pull in pulls if pull.branch == branch), key=lambda pull: pull.number, default=None)


def one_line(title: str) -> str:
    return " ".join(title.split())

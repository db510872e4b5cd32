"""Single steps by hand on the wire: reading a work item, a comment on it, a specification, a pull request.

They are for callers that go through the phases themselves. `repo` is as in a run's input.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from faber.contract.wire import FromPerson, FromWorker, without_password

WorkType = Literal["feature", "bug", "chore", "patch", "infrastructure", "api"]
Repo = Annotated[str | None, AfterValidator(without_password)]
WorkId = Annotated[str, Field(min_length=1, max_length=200)]


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("has no words")
    return text


Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_said)]
# What the largest code host takes.
Body = Annotated[str, Field(max_length=65_536)]


class WorkItemInput(FromPerson):
    work_id: WorkId
    repo: Repo = None


class CommentInput(FromPerson):
    work_id: WorkId
    body: Annotated[Body, Field(min_length=1), AfterValidator(_said)]
    repo: Repo = None


class CommentWritten(FromWorker):
    work_id: str
    comment_id: str


class SpecificationInput(FromPerson):
    """What the document says; its headings differ by `work_type`, and what is left empty has none."""

    work_id: WorkId
    title: Title
    work_type: WorkType = "feature"
    summary: Body = ""
    approach: Body = ""
    criteria: list[str] = Field(default_factory=list)
    files: list[str] = Field(default_factory=list)
    risks: list[str] = Field(default_factory=list)
    repo: Repo = None


class PullRequestInput(FromPerson):
    """`head` is a branch that the origin has; left out, the one that is checked out in `repo`. `base` left out is
    the default branch. With `work_id` the pull request closes that work item."""

    title: Title
    body: Body = ""
    head: str | None = None
    base: str | None = None
    work_id: str | None = None
    repo: Repo = None


class OpenedPullRequest(FromWorker):
    number: int
    url: str
    title: str
    branch: str
    base: str
    head_sha: str
    state: str

"""Single steps for somebody who goes through the phases by hand: the tracker, a specification, a pull request."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from temporalio import activity

from activities.configuring import Source, checked_out, locate
from activities.places import checkout_of, repository_of, within
from activities.platforms import forge, work_items
from adapters.journal.durable import write_whole
from adapters.work import WorkItems
from adapters.work.plain_files import read_plain
from adapters.workspace import Workspace
from domain.documents import clean_line, closing_line, specification_document, specification_path
from faber.configuration import resolve_platform
from faber.contract.by_hand import (
    CommentInput,
    CommentWritten,
    OpenedPullRequest,
    PullRequestInput,
    SpecificationInput,
    WorkItemInput,
)
from faber.contract.delivery import Issue, Specification
from faber.errors import ForgeError, ValidationError


class ByHand:
    """`home` is the repository of requests that name none."""

    def __init__(self, *, workspace: Workspace, home: Path) -> None:
        self._workspace = workspace
        self._home = home

    @activity.defn
    async def fetch_work_item(self, request: WorkItemInput) -> Issue:
        """Errors: WorkItemNotFound naming what there is."""
        return await (await self._items(request.repo)).fetch(request.work_id)

    @activity.defn
    async def comment_on_work_item(self, request: CommentInput) -> CommentWritten:
        """One comment for each asking workflow, however often it is tried. Errors: WorkItemNotFound."""
        items = await self._items(request.repo)
        marker = activity.info().workflow_run_id or ""
        identifier = await items.upsert_comment(request.work_id, f"by-hand:{marker}", request.body)
        return CommentWritten(work_id=request.work_id, comment_id=identifier)

    @activity.defn
    async def create_specification(self, request: SpecificationInput) -> Specification:
        """Write the document into the checkout, uncommitted. Errors: ValidationError when another one is there."""
        source = await self._source(request.repo)
        issue = await (await self._items_of(source)).fetch(request.work_id)
        answer = request.model_dump(include={"title", "summary", "approach", "criteria", "files", "risks"})
        content = specification_document(issue, request.work_type, answer).encode()
        name = specification_path(issue.id, request.title)
        path = within(checkout_of(source.ref, "a specification"), name)
        await asyncio.to_thread(write_new, path, content, name)
        digest = hashlib.sha256(content).hexdigest()
        return Specification(
            id=digest[:8],
            path=name,
            title=clean_line(request.title, 200),
            content_hash=digest,
            criteria=[clean_line(item, 500) for item in request.criteria],
        )

    @activity.defn
    async def create_pull_request(self, request: PullRequestInput) -> OpenedPullRequest:
        """Open it for a branch that the origin has, or bring that branch's open one up to date. Errors:
        ForgeError for a branch, or a base, that is not there."""
        source = await self._source(request.repo)
        checkout = checkout_of(source.ref, "repo.platform local")
        configuration, _ = await source.configuration()
        remote = await self._workspace.origin(repository_of(source.ref))
        resolve_platform(configuration.repo.platform, remote, "repo.platform")
        base = request.base or source.ref.default_branch
        head = request.head or checked_out(checkout)
        if head is None or head == base:
            raise ValidationError(
                f"a pull request into {base} needs a branch of its own: name one, or check one out in {checkout}"
            )
        head_sha = await self._workspace.remote_head(repository_of(source.ref), head)
        if head_sha is None:
            raise ForgeError(
                f"the origin has no branch {head!r}: push it first, `git push -u origin {head}`", branch=head
            )
        if await self._workspace.remote_head(repository_of(source.ref), base) is None:
            raise ForgeError(f"the origin has no branch {base!r} to merge into", branch=base)
        opened = await forge(checkout).open_pull_request(
            branch=head,
            base=base,
            head_sha=head_sha,
            title=request.title,
            body=await self._body(source, request),
        )
        return OpenedPullRequest.model_validate(opened.model_dump())

    async def _body(self, source: Source, request: PullRequestInput) -> str:
        if request.work_id is None:
            return request.body
        issue = await (await self._items_of(source)).fetch(request.work_id)
        return "\n\n".join(part for part in (request.body.rstrip(), closing_line(issue)) if part) + "\n"

    async def _source(self, repo: str | None) -> Source:
        source = Source(self._workspace, locate(repo, self._home))
        await source.pin_default()
        return source

    async def _items(self, repo: str | None) -> WorkItems:
        return await self._items_of(await self._source(repo))

    async def _items_of(self, source: Source) -> WorkItems:
        configuration, _ = await source.configuration()
        remote = await self._workspace.origin(repository_of(source.ref))
        resolve_platform(configuration.work.platform, remote, "work.platform")
        return work_items(checkout_of(source.ref, "work.platform local"), configuration.work.path)


def write_new(path: Path, content: bytes, name: str) -> None:
    """The same document again changes nothing."""
    standing = read_plain(path)
    if standing is not None and standing.encode() != content:
        raise ValidationError(
            f"{name} is there already and says something else: remove it, or choose another title"
        )
    write_whole(path, content)

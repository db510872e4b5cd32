"""Letting a change out: the push, the pull request's record, and a merge where the configuration asks for one."""

from __future__ import annotations

import json
import shlex

from temporalio import activity

from activities.places import checkout_of, repository_of
from activities.platforms import forge
from adapters.artifacts import Artifacts
from adapters.workspace import Workspace
from domain.documents import clean_line, pull_request_body
from faber.contract.activities import (
    Merged,
    MergeRequest,
    PullRequestOpened,
    PullRequestRequest,
    Pushed,
    PushRequest,
)
from faber.contract.delivery import Evidence
from faber.errors import PushRefused


class Releasing:
    def __init__(self, *, workspace: Workspace, artifacts: Artifacts) -> None:
        self._workspace = workspace
        self._artifacts = artifacts

    @activity.defn
    async def push_branch(self, request: PushRequest) -> Pushed:
        """Push exactly the evaluated commit. Errors: PushRefused, also when somebody else moved the branch."""
        place = request.place
        repository = repository_of(place.repository)
        standing = await self._workspace.remote_head(repository, place.branch)
        if standing not in (None, request.expected, place.head_sha):
            raise PushRefused(
                f"branch {place.branch} on the origin stands at {standing}, which this run did not push: "
                "move it away, then approve to push again"
            )
        if standing != place.head_sha:
            await self._workspace.push(repository, place.branch, place.head_sha, standing)
        pushed = await self._workspace.remote_head(repository, place.branch)
        return Pushed(
            remote_sha=pushed or "",
            evidence=Evidence(
                phase="release",
                kind="push",
                ok=pushed == place.head_sha,
                what=f"origin has {place.branch}",
                sha=pushed,
            ),
        )

    @activity.defn
    async def open_pull_request(self, request: PullRequestRequest) -> PullRequestOpened:
        place = request.place
        answer = json.loads(await self._artifacts.get(request.answer)) if request.answer else {}
        opened = await forge(checkout_of(place.repository, "repo.platform local")).open_pull_request(
            branch=place.branch,
            base=place.repository.default_branch,
            head_sha=place.head_sha,
            title=clean_line(str(answer.get("title") or request.issue.title), 120),
            body=pull_request_body(
                request.issue,
                answer,
                request.evidence,
                request.files,
                place.key.run_id,
                deciding=request.tests_changed,
            )
            + f"\nMerge it: `{shlex.join(['python', '-m', 'faber.api', 'merge', place.key.run_id])}`\n",
        )
        return PullRequestOpened(
            number=opened.number,
            url=opened.url,
            state=opened.state,
            head_sha=opened.head_sha,
            evidence=Evidence(
                phase="release",
                kind="pull_request",
                ok=opened.head_sha == place.head_sha,
                what=f"pull request {opened.number}: {opened.url}",
                sha=opened.head_sha,
            ),
        )

    @activity.defn
    async def merge_pull_request(self, request: MergeRequest) -> Merged:
        """Merge with the head SHA as precondition, and record it."""
        place = request.place
        repository = repository_of(place.repository)
        merge = await self._workspace.merge_to_base(
            repository,
            place.branch,
            place.head_sha,
            f"Merge {place.branch}: {clean_line(request.title, 100)}",
        )
        host = forge(checkout_of(place.repository, "repo.platform local"))
        record = await host.mark_merged(request.number, merge)
        return Merged(
            merge_sha=merge,
            evidence=Evidence(
                phase="release",
                kind="merge",
                ok=record.merge_sha == merge,
                what=f"merged {place.head_sha[:12]} into {place.repository.default_branch}",
                sha=merge,
            ),
        )

"""Single steps by hand as workflows: the worker does them, which has the tracker and the code host at hand."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.by_hand import ByHand
    from faber.contract.by_hand import (
        CommentInput,
        CommentWritten,
        OpenedPullRequest,
        PullRequestInput,
        SpecificationInput,
        WorkItemInput,
    )
    from faber.contract.delivery import Issue, Specification
    from faber.contract.names import EXEC_QUEUE
    from workflows.asking import asked
    from workflows.presets import HTTP
    from workflows.words import required


@workflow.defn(name="FaberWorkItem")
class FaberWorkItem:
    @workflow.run
    async def run(self, input: WorkItemInput | None = None) -> Issue:
        if input is None:
            raise required(', {"work_id": "..."}')
        return await asked(ByHand.fetch_work_item, input, HTTP, EXEC_QUEUE)


@workflow.defn(name="FaberComment")
class FaberComment:
    @workflow.run
    async def run(self, input: CommentInput | None = None) -> CommentWritten:
        if input is None:
            raise required(', {"work_id": "...", "body": "..."}')
        return await asked(ByHand.comment_on_work_item, input, HTTP, EXEC_QUEUE)


@workflow.defn(name="FaberSpecification")
class FaberSpecification:
    @workflow.run
    async def run(self, input: SpecificationInput | None = None) -> Specification:
        if input is None:
            raise required(', {"work_id": "...", "title": "..."}')
        return await asked(ByHand.create_specification, input, HTTP, EXEC_QUEUE)


@workflow.defn(name="FaberPullRequest")
class FaberPullRequest:
    @workflow.run
    async def run(self, input: PullRequestInput | None = None) -> OpenedPullRequest:
        if input is None:
            raise required(', {"title": "...", "head": "<branch>"}')
        return await asked(ByHand.create_pull_request, input, HTTP, EXEC_QUEUE)

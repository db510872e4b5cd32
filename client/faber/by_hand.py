"""Asks a worker for single steps: read a work item, comment on it, write a specification, open a pull request."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.client import WorkflowFailureError

from faber.client import Faber
from faber.connection import temporal_errors
from faber.contract.by_hand import (
    CommentInput,
    CommentWritten,
    OpenedPullRequest,
    PullRequestInput,
    SpecificationInput,
    WorkItemInput,
)
from faber.contract.delivery import Issue, Specification
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import FaberComment, FaberPullRequest, FaberSpecification, FaberWorkItem
from faber.converter import describe
from faber.errors import UsageError, WorkflowError
from faber.identity import require_repository
from faber.starting import home_of
from faber.upkeep import reason

# Somebody waits for the answer, and each of these steps takes a second.
WITHIN = timedelta(minutes=3)

Input = TypeVar("Input", bound=BaseModel)
Answer = TypeVar("Answer")


async def fetch_work_item(faber: Faber, work_id: str) -> Issue:
    """The work item with its comments. Raises WorkflowError naming what there is instead."""
    return await _asked(faber, FaberWorkItem.run, WorkItemInput, work_id=work_id)


async def comment(faber: Faber, work_id: str, body: str) -> CommentWritten:
    """Writes one comment more. Raises WorkflowError when there is no such work item."""
    return await _asked(faber, FaberComment.run, CommentInput, work_id=work_id, body=body)


async def create_specification(faber: Faber, work_id: str, title: str, **said: Any) -> Specification:
    """Writes the document into the caller's checkout and leaves it to them to commit it. `said`: the fields of
    SpecificationInput. Raises WorkflowError when another document is there."""
    return await _asked(
        faber, FaberSpecification.run, SpecificationInput, work_id=work_id, title=title, **said
    )


async def create_pull_request(faber: Faber, title: str, **said: Any) -> OpenedPullRequest:
    """Opens the pull request of a branch that was pushed, or brings its open one up to date. `said`: the fields of
    PullRequestInput. Raises WorkflowError for a branch that the origin does not have."""
    return await _asked(faber, FaberPullRequest.run, PullRequestInput, title=title, **said)


async def _asked(
    faber: Faber, run: Callable[[Any, Input | None], Awaitable[Answer]], kind: type[Input], **said: Any
) -> Answer:
    try:
        input = kind(repo=str(home_of(faber.where, require_repository(faber.where))), **said)
    except ValidationError as error:
        raise UsageError(describe(error)) from error
    await faber.require_worker()
    async with temporal_errors("ask the worker"):
        try:
            return await faber.client.execute_workflow(
                run,
                input,
                id=f"faber-by-hand-{uuid.uuid4()}",
                task_queue=TASK_QUEUE,
                execution_timeout=WITHIN,
            )
        except WorkflowFailureError as error:
            raise WorkflowError(reason(error)) from error

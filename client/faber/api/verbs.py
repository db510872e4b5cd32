"""Every verb of the command line as a Python function: `status` blocks, `astatus` is for async code.

Each connects for itself, to the Temporal that the environment names. A `run_id` may be a unique beginning of one,
or a work id of the repository that the caller's folder is in. All raise `faber.errors.Unreachable` when Temporal
or a worker is away, and `faber.errors.UsageError` for what the caller said wrongly.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Literal, ParamSpec, TypeVar

from faber import by_hand
from faber.artifacts import show as show_of
from faber.client import Faber
from faber.contract.by_hand import CommentWritten, OpenedPullRequest
from faber.contract.config import Autonomy
from faber.contract.delivery import (
    Decision,
    DecisionWord,
    GateView,
    Issue,
    RunResult,
    Specification,
    Status,
)
from faber.contract.listed import Shown
from faber.contract.upkeep import MergeResult, PruneResult
from faber.errors import UsageError
from faber.gates import until_gate
from faber.listing import ListedStatus
from faber.logs import log_lines
from faber.outcomes import raise_for
from faber.overview import refuse_definition
from faber.starting import run_input

P = ParamSpec("P")
R = TypeVar("R")


def blocking(verb: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """The same for code without an event loop."""

    @functools.wraps(verb)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(verb(*args, **kwargs))
        raise UsageError(f"an event loop is running here: await {verb.__name__}(...) instead")

    call.__name__ = call.__qualname__ = verb.__name__.removeprefix("a")
    return call


@asynccontextmanager
async def _at(run_id: str) -> AsyncIterator[tuple[Faber, str]]:
    faber = await Faber.connect()
    yield faber, await faber.resolve(run_id)


@asynccontextmanager
async def _at_delivery(run_id: str) -> AsyncIterator[tuple[Faber, str]]:
    """Before anything is done to a run of another kind, whose document is not what the verb answers with."""
    async with _at(run_id) as (faber, found):
        instead = "`Faber.definitions` has its result, and `Faber.cancel` and `Faber.terminate` end it"
        await refuse_definition(faber.client, found, instead)
        yield faber, found


async def arun(
    work_id: str,
    *,
    autonomy: Autonomy | None = None,
    budget_usd: float | None = None,
    max_retries: int | None = None,
    approve: dict[Literal["architect", "release"], Literal["never", "always"]] | None = None,
    on_budget: Literal["ask", "fail"] | None = None,
    dry_run: bool = False,
    again: bool = False,
    repo: str | None = None,
    project: str | None = None,
    wait: bool = False,
) -> RunResult:
    """Delivers a work item: starts its run, or follows the open one, or answers with the completed one's result.

    `budget_usd` is in dollars. Options left out follow the configuration. `repo` is a folder or a URL; left out,
    it is the repository that the caller is in. `again` runs a completed item once more.

    Raises PhaseApprovalRequired or BudgetApprovalRequired while the run goes on waiting for a person (with `wait`
    it is waited for), BudgetExceeded, RunCancelled, or WorkflowError with `details["result"]` when it failed.
    """
    input = run_input(
        work_id=work_id,
        autonomy=autonomy,
        budget_usd=budget_usd,
        max_retries=max_retries,
        approve=approve or {},
        on_budget=on_budget,
        dry_run=dry_run,
        again=again,
        repo=repo,
        project=project,
    )
    faber = await Faber.connect()
    return await _delivered(faber, await faber.start(input), wait)


async def aretry(
    run_id: str, *, from_phase: str | None = None, budget_usd: float | None = None, wait: bool = False
) -> RunResult:
    """Goes on with a failed run where it failed or at `from_phase`, under a new limit where one is given.
    Errors: as `run`."""
    async with _at(run_id) as (faber, found):
        return await _delivered(faber, await faber.retry(found, from_phase, budget_usd=budget_usd), wait)


async def _delivered(faber: Faber, run_id: str, wait: bool) -> RunResult:
    result = await until_gate(faber, run_id, wait=wait)
    raise_for(result)
    return result


async def astatus(run_id: str) -> Status:
    """Where the run is, what it waits for, what it has spent."""
    async with _at(run_id) as (faber, found):
        return await faber.status(found)


async def aresult(run_id: str, *, wait: bool = False) -> RunResult:
    """The document of an ended run, a failed one's too. An open one is followed; raises at a gate as `run`."""
    async with _at_delivery(run_id) as (faber, found):
        return await until_gate(faber, found, wait=wait)


async def alogs(run_id: str) -> list[dict[str, str]]:
    """What happened so far: {at, event, what}, oldest first."""
    async with _at(run_id) as (faber, found):
        return [line async for line in log_lines(faber, found)]


async def ashow(run_id: str, name: str | None = None) -> Shown:
    """The specification, the diff, the checks or the transcript; left out, what the open gate is about."""
    async with _at(run_id) as (faber, found):
        return await show_of(faber, found, name)


async def alist_runs(
    status: ListedStatus | None = None,
    limit: int = 20,
    *,
    project: str | None = None,
    work_id: str | None = None,
) -> list[dict[str, Any]]:
    """Runs, newest first, as result documents with `started_at`, `current_phase`, `waiting_on`."""
    return await (await Faber.connect()).list(status, limit, project=project, work_id=work_id)


async def adecide(
    run_id: str, decision: DecisionWord, *, request_id: str | None = None, comment: str = ""
) -> GateView:
    """Answers a gate. Without `request_id` exactly one must be open. Raises WorkflowError when it is refused."""
    async with _at(run_id) as (faber, found):
        return await faber.decide(found, Decision(decision=decision, request_id=request_id, comment=comment))


async def aapprove(run_id: str, *, request_id: str | None = None, comment: str = "") -> GateView:
    """Says yes to a gate. Errors: as `decide`."""
    return await adecide(run_id, "approve", request_id=request_id, comment=comment)


async def areject(run_id: str, *, request_id: str | None = None, comment: str = "") -> GateView:
    """Says no, which fails the run. Errors: as `decide`."""
    return await adecide(run_id, "reject", request_id=request_id, comment=comment)


async def arevise(run_id: str, comment: str, *, request_id: str | None = None) -> GateView:
    """Has the gated phase done again with the comment. Errors: as `decide`."""
    return await adecide(run_id, "revise", request_id=request_id, comment=comment)


async def araise_budget(run_id: str, limit_usd: float, *, request_id: str | None = None) -> GateView:
    """Sets a new limit in dollars for the whole run, and answers an open budget gate."""
    async with _at(run_id) as (faber, found):
        return await faber.raise_budget(found, limit_usd, request_id=request_id)


async def apause(run_id: str, reason: str = "") -> GateView:
    """Stops the run before its next step."""
    async with _at(run_id) as (faber, found):
        return await faber.pause(found, reason)


async def aresume(run_id: str, reason: str = "") -> GateView:
    """Lets a paused run go on."""
    async with _at(run_id) as (faber, found):
        return await faber.resume(found, reason)


async def acancel(run_id: str, reason: str = "") -> RunResult:
    """Asks the run to end and waits until it has: its processes are ended, its work is kept."""
    async with _at_delivery(run_id) as (faber, found):
        await faber.cancel(found, reason)
        return await faber.result(found)


async def aterminate(run_id: str, reason: str = "") -> RunResult:
    """Ends the run at once, without any cleaning up: for one that `cancel` does not end."""
    async with _at_delivery(run_id) as (faber, found):
        await faber.terminate(found, reason)
        return await faber.result(found)


async def amerge(run_id: str) -> MergeResult:
    """Merges the pull request of a completed run. Raises WorkflowError when it cannot be, saying why."""
    async with _at(run_id) as (faber, found):
        return await faber.merge(found)


async def aprune(*, older_than_days: float = 30.0, dry_run: bool = False) -> PruneResult:
    """Puts away this repository's runs that ended longer ago."""
    return await (await Faber.connect()).prune(older_than_days=older_than_days, dry_run=dry_run)


async def afetch_work_item(work_id: str) -> Issue:
    """A work item of the caller's repository, with its comments. Raises WorkflowError when there is none."""
    return await by_hand.fetch_work_item(await Faber.connect(), work_id)


async def acomment(work_id: str, body: str) -> CommentWritten:
    """Writes a comment on a work item. Errors: as `fetch_work_item`."""
    return await by_hand.comment(await Faber.connect(), work_id, body)


async def acreate_specification(work_id: str, title: str, **said: Any) -> Specification:
    """Writes a specification into the checkout. `said`: the other fields of SpecificationInput."""
    return await by_hand.create_specification(await Faber.connect(), work_id, title, **said)


async def acreate_pull_request(title: str, **said: Any) -> OpenedPullRequest:
    """Opens the pull request of a pushed branch. `said`: the other fields of PullRequestInput."""
    return await by_hand.create_pull_request(await Faber.connect(), title, **said)


run = blocking(arun)
retry = blocking(aretry)
status = blocking(astatus)
result = blocking(aresult)
logs = blocking(alogs)
show = blocking(ashow)
list_runs = blocking(alist_runs)
decide = blocking(adecide)
approve = blocking(aapprove)
reject = blocking(areject)
revise = blocking(arevise)
raise_budget = blocking(araise_budget)
pause = blocking(apause)
resume = blocking(aresume)
cancel = blocking(acancel)
terminate = blocking(aterminate)
merge = blocking(amerge)
prune = blocking(aprune)
fetch_work_item = blocking(afetch_work_item)
comment = blocking(acomment)
create_specification = blocking(acreate_specification)
create_pull_request = blocking(acreate_pull_request)

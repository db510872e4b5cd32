"""Starts a run, or finds the one that its work item has; starts a failed one again where it stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from faber.configuration import find_configuration, read_configuration
from faber.connection import RPC_TIMEOUT
from faber.contract.delivery import RunInput, RunResult, Status
from faber.contract.names import PHASES, TASK_QUEUE, left_out
from faber.contract.wire import GoesOn
from faber.contract.workflows import FaberRun
from faber.converter import describe
from faber.errors import Conflict, UsageError
from faber.identity import require_repository
from faber.outcomes import read_failure

REPOSITORY = "faber_repository"
SHOWN = "faber"
M = TypeVar("M", bound=GoesOn)
COMPARED = ("autonomy", "budget_usd", "max_retries", "approve", "on_budget")


@dataclass(frozen=True)
class Started:
    """`created` is false when the run was there already. `origin` is the first execution's run id of one that was
    created."""

    run_id: str
    created: bool
    origin: str | None = None


def run_input(**options: Any) -> RunInput:
    """A RunInput, or UsageError with each field that does not fit."""
    try:
        return RunInput(**options)
    except ValidationError as error:
        raise UsageError(describe(error)) from error


def prepare(input: RunInput, where: Path, actor: str) -> RunInput:
    """The input with what the caller's folder says: repository, project, who started it."""
    remote = input.repo is not None and ("://" in input.repo or input.repo.startswith("git@"))
    if remote:
        project = str(input.repo).rstrip("/").removesuffix(".git").replace(":", "/").rsplit("/", 1)[-1]
        found: dict[str, Any] = {"project": input.project or project}
    else:
        start = where / os.path.expanduser(input.repo or ".")
        root = require_repository(start)
        found = {"repo": str(home_of(start, root)), "project": input.project or project_of(start, root)}
    return input.model_copy(update={**found, "started_by": input.started_by or actor})


def home_of(start: Path, root: Path) -> Path:
    """The folder whose `.fractary/config.yaml` counts for who is at `start`; the repository's root without one."""
    file = find_configuration(start, root)
    return file.parent.parent if file else root


def project_of(start: Path, root: Path) -> str:
    """The configuration's `project`, else the name of the repository's folder."""
    file = find_configuration(start, root)
    if file is not None:
        configuration, _ = read_configuration(file.read_text(errors="replace"), str(file))
        if configuration.project:
            return configuration.project
    return root.name or "project"


async def start(client: Client, run_id: str, input: RunInput) -> bool:
    """Whether a run was started; False when an open or a completed one is there.

    Errors: temporalio.service.RPCError."""
    again = input.again or input.dry_run
    try:
        await client.start_workflow(
            FaberRun.run,
            input,
            id=run_id,
            task_queue=TASK_QUEUE,
            # An open run is attached to by the caller. Temporal attaching to it would not say whether it did.
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=(
                WorkflowIDReusePolicy.ALLOW_DUPLICATE
                if again
                else WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
            ),
            static_summary=f"{input.project}: {input.work_id}",
            memo=memo(input),
            rpc_timeout=RPC_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def memo(input: RunInput) -> dict[str, Any]:
    """What lists show of a run until it shows itself."""
    shown = input.model_dump(mode="json", include={"work_id", "project", "tenant"})
    return {REPOSITORY: input.repo, SHOWN: shown}


async def refuse_other_repository(asked: RunInput, execution: WorkflowExecution) -> None:
    """Two folders of one name would share their run ids: raises UsageError when the run is another one's."""
    has = (await execution.memo()).get(REPOSITORY)
    if has and has != asked.repo:
        raise Conflict(
            f"{execution.id} is a run of {has}, not of {asked.repo}. Give this one a name of its own: "
            "`project:` in .fractary/config.yaml, or --project."
        )


def refuse_other_options(asked: RunInput, open_run: Status) -> None:
    """Raises UsageError naming each option that was asked for and that the open run does not have."""
    differing: dict[str, str] = {}
    for name in COMPARED:
        wanted, has = getattr(asked, name), open_run.options.get(name)
        if name == "budget_usd" and has != wanted and open_run.cost.limit_usd:
            # Raised since, or the configuration's: what holds now counts.
            has = open_run.cost.limit_usd
        if wanted not in (None, {}) and not _same(wanted, has):
            option = name.removesuffix("_usd").replace("_", "-")
            differing[name] = f"--{option} {_shown(wanted)} (it has {_shown(has)})"
    if not differing:
        return
    run_id, ways = open_run.run_id, ["Leave them out to follow it"]
    if "budget_usd" in differing:
        limit = _shown(asked.budget_usd)
        ways.append(f"set another limit: python -m faber.api raise-budget {run_id} {limit}")
    if set(differing) != {"budget_usd"}:
        ways.append(f"end it first: python -m faber.api cancel {run_id}")
    options = "; ".join(differing.values())
    raise Conflict(f"{run_id} is open with other options: {options}. {', or '.join(ways)}")


def _same(wanted: Any, has: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(has, dict) and all(has.get(key) == value for key, value in wanted.items())
    return bool(wanted == has)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={word}" for key, word in value.items()) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


async def retry(
    client: Client,
    handle: WorkflowHandle[FaberRun, RunResult],
    from_phase: str | None,
    budget_usd: float | None = None,
) -> None:
    """Starts the failed run's id again with what it carried, under a new budget when one is given.

    Errors: UsageError, RPCError."""
    if from_phase is not None and from_phase not in PHASES:
        raise UsageError(f"--from {from_phase}: not a phase. They are {', '.join(PHASES)}.")
    budget = (
        {}
        if budget_usd is None
        else {"budget_usd": run_input(work_id="any", budget_usd=budget_usd).budget_usd}
    )

    def shown(input: RunInput) -> Shown:
        return Shown(f"{input.project}: {input.work_id}, again", memo(input))

    await again(client, FaberRun.run, handle, RunInput, shown, {"from_phase": from_phase}, budget)


@dataclass(frozen=True)
class Shown:
    """What Temporal's lists show of a run from its start."""

    summary: str
    memo: dict[str, Any]


async def again(
    client: Client,
    run: Any,
    handle: WorkflowHandle[Any, Any],
    model: type[M],
    shown: Callable[[M], Shown],
    resume: dict[str, Any] | None = None,
    changed: dict[str, Any] | None = None,
) -> None:
    """Starts a failed run's id again with what it carried: `resume` goes along, `changed` replaces parts of its input.

    Errors: Conflict, RPCError."""
    execution = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    if execution.status != WorkflowExecutionStatus.FAILED:
        word = execution.status.name.lower() if execution.status else "unknown"
        advice = {"completed": "`run --again` does it once more", "running": "`status` shows where it is"}
        raise Conflict(
            f"{handle.id} is {word}: only a failed run is retried. {advice.get(word, '`run` starts it anew')}."
        )
    failed = client.get_workflow_handle_for(run, handle.id, run_id=execution.run_id)
    carried = {**await carried_over(failed), "why": "retry", **(resume or {})}
    if begin := carried.get("from_phase"):
        _refuse_to_leave_out(begin, carried)
    input = await given_input(client, failed, model)
    told = shown(input)
    await client.start_workflow(
        run,
        input.going_on(carried).model_copy(update=changed or {}),
        id=handle.id,
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        static_summary=told.summary,
        memo=told.memo,
        rpc_timeout=RPC_TIMEOUT,
    )


def _refuse_to_leave_out(begin: str, carried: dict[str, Any]) -> None:
    completed = (carried.get("state") or {}).get("completed")
    if completed is not None and (undone := left_out(begin, completed)):
        raise Conflict(
            f"--from {begin}: {undone} is not done yet, and no phase is left out. Begin there, or earlier."
        )


async def carried_over(failed: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    try:
        await failed.result()
    except WorkflowFailureError as error:
        if carried := read_failure(error).carried:
            return carried
    raise Conflict(f"{failed.id} left nothing to go on from. Start it anew with `run`.")


async def given_input(client: Client, failed: WorkflowHandle[Any, Any], model: type[M]) -> M:
    async for event in failed.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        if payloads:
            [input] = await client.data_converter.decode(payloads[:1], [model])
            return model.model_validate(input)
    raise Conflict(f"{failed.id} was started without an input. Start it anew with `run`.")

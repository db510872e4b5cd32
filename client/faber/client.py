"""The only door to Temporal: starts runs, answers their gates, says where they stand."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import (
    Client,
    Interceptor,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from faber import connection, ending, listing, overview, starting, upkeep
from faber.answers import answer, answering
from faber.connection import RPC_TIMEOUT, temporal_errors
from faber.contract.delivery import BudgetRaise, Decision, GateView, Pause, RunInput, RunResult, Status
from faber.contract.listed import Trying
from faber.contract.upkeep import MergeInput, MergeResult, PruneInput, PruneResult
from faber.contract.workflows import FaberRun
from faber.defining import Definitions
from faber.errors import Conflict, NoSuchRun, Unreachable, UsageError, WorkflowError
from faber.following import Tried, follow
from faber.identity import PREFIX, actor, repository_root, run_id_of
from faber.listing import ListedStatus
from faber.overview import Filter, Page, RunSummary
from faber.records import Records
from faber.settings import Settings
from faber.starting import Started
from faber.trying import tried_again

MATCHES_SHOWN = 10


@dataclass(frozen=True)
class Faber:
    """One connection to Temporal, from one folder. Use it in the event loop that it was made in.

    `where` is the folder that runs are started from; `via` is recorded with every decision, and `by`: None is
    this process's own user. Every method raises Unreachable when Temporal, or a worker that must answer, is away.
    """

    client: Client
    settings: Settings
    where: Path
    via: str = "python"
    by: str | None = None

    @classmethod
    async def connect(
        cls,
        settings: Settings | None = None,
        *,
        where: Path | None = None,
        via: str = "python",
        interceptors: Sequence[Interceptor] = (),
    ) -> Faber:
        """Raises Unreachable within seconds, saying what to do."""
        settings = settings or Settings.read()
        client = await connection.connect(settings, interceptors)
        return cls(client, settings, where or Path.cwd(), via)

    @property
    def actor(self) -> str:
        return self.by or actor(self.settings.environment)

    @property
    def records(self) -> Records:
        kept = self.settings.artifacts
        return Records(repository_root(self.where), None if "://" in kept else Path(kept))

    @property
    def project(self) -> str | None:
        """What runs of this folder's repository go by; None outside of one."""
        root = repository_root(self.where)
        return starting.project_of(self.where, root) if root else None

    def handle(self, run_id: str) -> WorkflowHandle[FaberRun, RunResult]:
        return self.client.get_workflow_handle_for(FaberRun.run, run_id)

    async def require_worker(self) -> None:
        if not await connection.worker_polls(self.client):
            raise Unreachable(connection.NO_WORKER)

    async def start(self, input: RunInput) -> str:
        """As `begin`. Returns the run id."""
        return (await self.begin(input)).run_id

    async def begin(self, input: RunInput) -> Started:
        """Starts the run, or finds the one that the work item has: an open or a completed one is not repeated
        (`again` starts over), a failed or cancelled one starts anew.

        Raises Conflict when the open run was started with other options.
        """
        await self.require_worker()
        prepared = starting.prepare(input, self.where, self.actor)
        run_id = run_id_of(
            prepared.project or "", prepared.work_id, dry_run=prepared.dry_run, tenant=prepared.tenant
        )
        async with temporal_errors(f"start {run_id}"):
            fresh = await starting.start(self.client, run_id, prepared)
            execution = None if fresh else await self.handle(run_id).describe(rpc_timeout=RPC_TIMEOUT)
        if execution is not None:
            await starting.refuse_other_repository(prepared, execution)
            if execution.status == WorkflowExecutionStatus.RUNNING:
                starting.refuse_other_options(prepared, await self.status(run_id))
        return Started(run_id, fresh)

    async def resolve(self, short: str) -> str:
        """The run id that `short` is, begins, or is the work id of in this repository.

        Raises UsageError when there is none, or several: then it lists them."""
        if not short.strip():  # An unset variable would mean the only run that there is.
            raise UsageError("the run id is empty. `python -m faber.api workflow list` shows them.")
        if await self._exists(short):
            return short
        forms = (short, f"{PREFIX}-{short}", *([run_id_of(self.project, short)] if self.project else []))
        if await self._exists(forms[-1]):
            return forms[-1]
        async with temporal_errors(f"look for {short}"):
            found = await listing.executions(self.client, listing.query(starts_with=forms), 100)
        known = {run.id for run in found} | {run for run in self.records.run_ids() if run.startswith(forms)}
        exact = [form for form in forms if form in known]
        if len(known) == 1 or exact:
            return (exact or sorted(known))[0]
        if not known:
            raise UsageError(f"no run is called {short!r}. `python -m faber.api workflow list` shows them.")
        names = ", ".join(sorted(known)[:MATCHES_SHOWN])
        raise UsageError(f"{short!r} begins {len(known)} run ids: {names}. Write more of the one you mean.")

    async def _exists(self, run_id: str) -> bool:
        try:
            await self.handle(run_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                return False
            async with temporal_errors(f"look for {run_id}"):
                raise
        return True

    async def status(self, run_id: str) -> Status:
        """The run's snapshot; from its derived copy when Temporal no longer knows the run."""
        try:
            async with self.querying(run_id):
                return await ending.snapshot(self.handle(run_id), FaberRun.status)
        except NoSuchRun:
            if recorded := self.records.status(run_id):
                return recorded
            raise

    @asynccontextmanager
    async def querying(self, run_id: str) -> AsyncIterator[None]:
        """Around a query. Raises NoSuchRun; Unreachable when no worker is there to answer; WorkflowError when the run
        cannot, because it never took its input."""
        try:
            yield
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            raise WorkflowError(f"{run_id} cannot say where it stands: {error}") from error
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                await self.require_worker()
            async with temporal_errors(f"read the status of {run_id}"):
                raise

    @property
    def definitions(self) -> Definitions:
        """Runs of step definitions."""
        return Definitions(self)

    async def door(self, run_id: str) -> Faber | Definitions:
        """Where a run of its kind is waited for: this, or `definitions`."""
        try:
            return self.definitions if (await self.find(run_id)).kind == "definition" else self
        except NoSuchRun:
            return self

    async def result(self, run_id: str) -> RunResult:
        """Waits for the end, however long, and answers with the document, `failed` ones included."""
        async with temporal_errors(f"read the result of {run_id}"):
            try:
                return await ending.result(self.handle(run_id))
            except RPCError as error:
                recorded = self.records.result(run_id)
                if error.status == RPCStatusCode.NOT_FOUND and recorded:
                    return recorded
                raise

    async def trying(self, run_id: str) -> list[Trying]:
        """What of the run failed and is tried again by itself; nothing of one that Temporal no longer knows."""
        try:
            async with temporal_errors(f"ask what {run_id} tries"):
                return tried_again(await self.handle(run_id).describe(rpc_timeout=RPC_TIMEOUT))
        except NoSuchRun:
            return []

    def watch(self, run_id: str, tried: Tried | None = None) -> AsyncGenerator[Status | None, None]:
        """Snapshots while the run is open, each when it differs from the last; None while nobody answers. `tried` is
        told each time what is tried again.

        Raises Unreachable when that lasts. Returns when the run has ended.
        """
        return follow(self.handle(run_id), self.require_worker, tried)

    async def decide(self, run_id: str, decision: Decision) -> GateView:
        """Answers a gate. Raises WorkflowError when the run does not take the answer, saying why."""
        signed = decision.model_copy(update={"actor": self.actor, "via": self.via})
        async with self._answering(run_id) as handle:
            return await answer(handle, FaberRun.decide, signed)

    async def raise_budget(self, run_id: str, limit_usd: float, *, request_id: str | None = None) -> GateView:
        """Sets a new limit, in dollars for the whole run. Errors: as `decide`."""
        budget = BudgetRaise(limit_usd=limit_usd, request_id=request_id, actor=self.actor, via=self.via)
        async with self._answering(run_id) as handle:
            return await answer(handle, FaberRun.raise_budget, budget)

    async def pause(self, run_id: str, reason: str = "") -> GateView:
        """Stops the run before its next step, until `resume`. Errors: as `decide`."""
        pause = Pause(reason=reason, actor=self.actor, via=self.via)
        async with self._answering(run_id) as handle:
            return await answer(handle, FaberRun.pause, pause)

    async def resume(self, run_id: str, reason: str = "") -> GateView:
        """Lets a paused run go on. Errors: as `decide`."""
        pause = Pause(reason=reason, actor=self.actor, via=self.via)
        async with self._answering(run_id) as handle:
            return await answer(handle, FaberRun.resume, pause)

    @asynccontextmanager
    async def _answering(self, run_id: str) -> AsyncIterator[WorkflowHandle[FaberRun, RunResult]]:
        await self.require_worker()
        async with answering(run_id):
            yield self.handle(run_id)

    async def cancel(self, run_id: str, reason: str = "") -> None:
        """Asks the run to end; its processes are ended and its work is kept. Returns before it has."""
        said = f"cancelled by {self.actor}" + (f": {reason}" if reason else "")
        async with temporal_errors(f"cancel {run_id}"):
            await self.handle(run_id).cancel(reason=said, rpc_timeout=RPC_TIMEOUT)

    async def terminate(self, run_id: str, reason: str = "") -> None:
        """Ends the run at once, without its own end: for one that `cancel` does not end."""
        said = f"terminated by {self.actor}" + (f": {reason}" if reason else "")
        with suppress(Conflict):  # It has ended already, and stays as it is.
            async with temporal_errors(f"terminate {run_id}"):
                await self.handle(run_id).terminate(reason=said, rpc_timeout=RPC_TIMEOUT)

    async def retry(
        self, run_id: str, from_phase: str | None = None, *, budget_usd: float | None = None
    ) -> str:
        """Goes on with a failed run where it failed, or at an earlier phase, under the same id and ledger.
        `budget_usd` is a new limit for all of it. Raises Conflict when the run has not failed, or left
        nothing to go on from, UsageError for a definition's run."""
        await self.require_worker()
        await overview.refuse_definition(self.client, run_id, "`Faber.definitions` retries it")
        async with temporal_errors(f"retry {run_id}"):
            await starting.retry(self.client, self.handle(run_id), from_phase, budget_usd)
        return run_id

    async def merge(self, run_id: str) -> MergeResult:
        """Merges the pull request of a completed run. Raises WorkflowError when it cannot be, saying why."""
        await self.require_worker()
        async with temporal_errors(f"merge {run_id}"):
            return await upkeep.merge(self.client, MergeInput(run_id=run_id, actor=self.actor))

    async def prune(self, *, older_than_days: float = 30.0, dry_run: bool = False) -> PruneResult:
        """Puts away this repository's runs that ended before: worktrees, refs, copies, artifacts."""
        await self.require_worker()
        root = repository_root(self.where)
        input = PruneInput(repo=root and str(root), older_than_days=older_than_days, dry_run=dry_run)
        async with temporal_errors("put old runs away"):
            return await upkeep.prune(self.client, input)

    async def page(self, filter: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """Runs of every kind, open ones first. Raises UsageError for a cursor that no page gave."""
        return await overview.page(self.client, filter, limit, cursor)

    async def find(self, run_id: str) -> RunSummary:
        """One run of any kind, as a page shows it. Raises NoSuchRun when Temporal does not know it."""
        return await overview.find(self.client, run_id)

    async def list(
        self,
        status: ListedStatus | None = None,
        limit: int = 20,
        *,
        project: str | None = None,
        work_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Runs, newest first, each a result document with `started_at`, `current_phase`, `waiting_on`."""
        filter = listing.query(status, project=project, work_id=work_id)
        async with temporal_errors("list runs"):
            found = await listing.executions(self.client, filter, limit)
            return [await listing.row(run) for run in found]

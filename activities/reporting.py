"""Telling the world where a run stands: its one comment, the derived copy beside the repository, and its end."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

from temporalio import activity

from activities.chronicle import Chronicle, Happening, ended, moment, of_gates, of_phases
from activities.places import RUNS, made_within, repository_of
from activities.platforms import work_items
from adapters.artifacts import Artifacts
from adapters.processes import Processes
from adapters.workspace import Claim, Workspace
from domain.documents import marker, safe_name, status_comment
from faber.contract.activities import Finished, FinishRequest, Reported, ReportRequest
from faber.contract.delivery import PhaseResult
from faber.errors import LeaseLost, PushRefused


class Reporting:
    def __init__(
        self, *, workspace: Workspace, artifacts: Artifacts, chronicle: Chronicle, processes: Processes
    ) -> None:
        self._workspace = workspace
        self._artifacts = artifacts
        self._chronicle = chronicle
        self._processes = processes

    @activity.defn
    async def report_progress(self, request: ReportRequest) -> Reported:
        self._chronicle.tell(request.place.key, happened(request))
        return await self._report(request)

    @activity.defn
    async def finish_run(self, request: FinishRequest) -> Finished:
        """End what still runs, clean the worktree, keep the outcome in the claim, and write the last report."""
        report, place = request.report, request.report.place
        run_id = place.key.run_id
        receipt: dict[str, object] = {"outcome": request.outcome}
        receipt["processes_ended"] = list(await self._processes.end(run_id=run_id))
        if place.repository.checkout or place.repository.url:
            repository = repository_of(place.repository)
            if request.claimed:
                receipt.update(await self._workspace.clean(repository, run_id, quarantine=request.quarantine))
                try:
                    await self._settle_claim(request)
                except (LeaseLost, PushRefused) as error:
                    # Trying again changes nothing, and the work item must still hear how the run ended.
                    receipt["claim"] = f"not settled: {error.message}"
            receipt["branch"] = place.branch
            receipt["head_sha"] = place.head_sha
        report.status.receipt = receipt
        self._chronicle.tell(place.key, [*happened(report), *end_of(report, request.outcome)])
        await self._report(report)
        return Finished(receipt=receipt)

    async def _settle_claim(self, request: FinishRequest) -> None:
        place = request.report.place
        repository = repository_of(place.repository)
        mine = (place.key.run_id, place.key.origin)
        item, standing = request.item, await self._workspace.read_claim(repository, request.item)
        if standing is None or (standing.run_id, standing.first_execution_run_id) != mine:
            # A run that claimed before items were claimed by their own id.
            item = place.key.work_id
            standing = await self._workspace.read_claim(repository, item)
        ended = Claim(place.key.run_id, place.key.origin, request.outcome, request.pr_url)
        if standing == ended:
            return
        if standing is None or (standing.run_id, standing.first_execution_run_id) != mine:
            raise LeaseLost(f"the claim of {item} is held by {standing and standing.run_id} now")
        await self._workspace.write_claim(repository, item, standing, ended)

    async def _report(self, request: ReportRequest) -> Reported:
        checkout = request.place.repository.checkout
        if checkout is None:
            return Reported()
        if Path(checkout).is_dir():
            run_id = safe_name(request.place.key.run_id)
            shown = {name: await self._artifacts.get(sha) for name, sha in request.status.shows.items()}
            await asyncio.to_thread(write_copy, Path(checkout), run_id, document(request), shown)
        if not request.comment:
            return Reported()
        items = work_items(Path(checkout), request.work_path)
        key = request.place.key
        identifier = await items.upsert_comment(
            key.work_id, marker(key.run_id), status_comment(request.status)
        )
        return Reported(comment_id=identifier)


def document(report: ReportRequest) -> dict[str, object]:
    """The whole state for whoever reads the copy; what there is none of is left out."""
    status = report.status.model_dump(mode="json")
    always = {"error", "error_phase"}
    return {
        **report.state,
        **{name: value for name, value in status.items() if value is not None or name in always},
    }


def happened(report: ReportRequest) -> list[Happening]:
    """What a snapshot says that has happened so far."""
    status = report.status
    results = [PhaseResult.model_validate(result) for result in report.state.get("phase_results", ())]
    at = activity.info().current_attempt_scheduled_time
    return [*of_phases(status, results, at), *of_gates(status)]


def end_of(report: ReportRequest, outcome: str) -> Iterator[Happening]:
    status = report.status
    at = activity.info().current_attempt_scheduled_time
    return ended(report.place.key, outcome, status.error, began=moment(status.started_at), at=at)


def write_copy(checkout: Path, run_id: str, state: dict[str, object], shown: dict[str, bytes]) -> None:
    """`state.json` and `artifacts/` of one run, replaced whole so that a reader never sees half of one.
    Errors: FileNotFoundError when the checkout is away, which may be so from one line to the next."""
    artifacts = made_within(checkout, f"{RUNS}/{run_id}/artifacts")
    folder = artifacts.parent
    ignore = folder.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    for name, content in shown.items():
        replace(artifacts / name, content)
    replace(folder / "state.json", json.dumps(state, indent=2, ensure_ascii=False).encode())


def replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)

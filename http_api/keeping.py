"""The records of runs where no worker writes them: of one just begun, and of one that was ended from outside."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from adapters.records import RunRecord
from faber.contract.definition_runs import DefinitionInput, DefinitionStatus, ExecutionStatus
from faber.errors import NoSuchRun, RecordsUnavailable
from faber.overview import RunSummary
from http_api.reach import Reach, Visit

log = logging.getLogger(__name__)

FORGOTTEN = "Temporal does not know it any more, and it did not live to say how it ended"


async def keep_begun(visit: Visit, origin: str, found: RunSummary, input: DefinitionInput) -> None:
    """Whoever starts a run finds it in the next list, and its definition cannot be deleted meanwhile."""
    began, version = found.started_at, input.version or 1
    status = DefinitionStatus(
        run_id=found.run_id,
        work_id=found.work_id,
        project=found.project,
        status="queued",
        current_phase=None,
        started_at=began,
        updated_at=began,
        tenant=input.tenant,
        workflow_id=found.work_id,
        workflow_version=version,
        idempotency_key=input.idempotency_key,
        initiator=input.initiator,
    )
    record = RunRecord(
        origin=origin,
        run_id=found.run_id,
        definition_id=found.work_id,
        version=version,
        status="queued",
        started_at=datetime.fromisoformat(began),
        # By Temporal's clock, so that whatever the worker says later counts.
        updated_at=datetime.fromisoformat(began),
        tenant=input.tenant,
        idempotency_key=input.idempotency_key,
        document=status.model_dump(mode="json"),
    )
    try:
        await (await visit.reach.records()).save_run(record)
    except RecordsUnavailable as error:
        # The run is under way, and its worker will write the record.
        log.warning("%s is not listed yet: %s", found.run_id, error)


async def version_of(visit: Visit, run_id: str, otherwise: int) -> int:
    """The version that a run was started with, which need not be the newest one any more."""
    record = await (await visit.reach.records()).get_run(run_id, tenant=visit.caller.tenant)
    return record.version if record is not None else otherwise


async def has_open_runs(reach: Reach, definition_id: str) -> bool:
    """Of any tenant. Temporal knows better than a record that was not told of an end. Errors: Unreachable."""
    for run_id in await (await reach.records()).active_runs(definition_id):
        try:
            found = await (await reach.faber()).find(run_id)
        except NoSuchRun:
            continue
        if found.ended_at is None:
            return True
        await keep_ended(reach, found)
    return False


async def keep_ended(reach: Reach, found: RunSummary, origin: str | None = None) -> None:
    """A run that was terminated could not write how it ended."""
    records = await reach.records()
    record = await records.get_run(found.run_id, tenant=found.tenant, origin=origin)
    if record is None or record.ended_at is not None or found.ended_at is None:
        return
    status: ExecutionStatus = "canceled" if found.status == "cancelled" else "failed"
    ended = max(datetime.fromisoformat(found.ended_at), record.updated_at)
    await records.save_run(_ended(record, status, found.error, ended))


async def keep_forgotten(reach: Reach, record: RunRecord) -> RunRecord:
    """Temporal forgets no open run. It ends as of its last word, so that whatever a worker says later counts."""
    ended = _ended(record, "failed", FORGOTTEN, record.updated_at)
    await (await reach.records()).save_run(ended)
    return ended


def _ended(record: RunRecord, status: ExecutionStatus, error: str | None, at: datetime) -> RunRecord:
    word = "cancelled" if status == "canceled" else status
    said: dict[str, Any] = {"status": word, "waiting_on": [], "error": error, "updated_at": at.isoformat()}
    changed = {"status": status, "ended_at": at, "updated_at": at}
    return record.model_copy(update={**changed, "document": {**record.document, **said}})

"""Keeping a definition's run where it outlives Temporal's retention, and telling what happened in it."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from activities.chronicle import Chronicle, Happening, begun, ended, moment, of_gates, of_steps
from adapters.records import Records, RunRecord
from faber.contract.definition_runs import ExecutionStatus
from faber.contract.steps import Recorded, RecordRequest

EDGE: dict[str, ExecutionStatus] = {
    "queued": "queued",
    "running": "running",
    "waiting": "waiting",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "canceled",
}


class Recording:
    def __init__(self, *, records: Records, chronicle: Chronicle) -> None:
        self._records = records
        self._chronicle = chronicle

    @activity.defn
    async def record_run(self, request: RecordRequest) -> Recorded:
        """Errors: RecordsUnavailable, which is tried again."""
        status, key = request.status, request.key
        word = EDGE[status.status]
        over = word in ("completed", "failed", "canceled")
        document: dict[str, Any] = status.model_dump(mode="json")
        if request.context is not None:
            document["context"] = request.context.model_dump(mode="json")
        record = RunRecord(
            origin=key.origin,
            run_id=key.run_id,
            definition_id=status.workflow_id or "unknown",
            version=status.workflow_version,
            status=word,
            current_step=status.current_step,
            started_at=status.started_at,
            updated_at=status.updated_at,
            ended_at=status.updated_at if over else None,
            tenant=status.tenant,
            idempotency_key=status.idempotency_key,
            document=document,
        )
        kept = await self._records.save_run(record)
        self._chronicle.tell(key, list(happened(request, over)))
        return Recorded(kept=kept)


def happened(request: RecordRequest, over: bool) -> list[Happening]:
    status = request.status
    told = [*begun(request.key), *of_gates(status), *of_steps(status.steps)]
    if not over:
        return told
    began, at = moment(status.started_at), moment(status.updated_at)
    return [*told, *ended(request.key, status.status, status.error, began=began, at=at)]

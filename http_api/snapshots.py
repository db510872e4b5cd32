"""Where one run stands, of whichever kind: as it says itself, or as it was kept when Temporal has forgotten it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from domain.redaction import conceal
from faber.contract.definition_runs import DefinitionStatus
from faber.contract.delivery import Status
from faber.contract.names import RunKind
from faber.errors import NoSuchRun
from http_api.keeping import keep_forgotten
from http_api.reach import Visit


class DeliverySnapshot(Status):
    kind: Literal["delivery"] = "delivery"


class DefinitionSnapshot(DefinitionStatus):
    kind: Literal["definition"] = "definition"


Snapshot = Annotated[DeliverySnapshot | DefinitionSnapshot, Field(discriminator="kind")]


async def snapshot(visit: Visit, run_id: str) -> DeliverySnapshot | DefinitionSnapshot:
    """Errors: NoSuchRun, Unreachable."""
    try:
        found = await visit.run(run_id)
    except NoSuchRun:
        return await _kept(visit, run_id)
    return await _asked(visit, run_id, found.kind)


async def _asked(visit: Visit, run_id: str, kind: RunKind) -> DeliverySnapshot | DefinitionSnapshot:
    faber = await visit.faber()
    if kind == "definition":
        return await _concealed(await faber.definitions.status(run_id))
    return DeliverySnapshot(**dict(await faber.status(run_id)))


async def _kept(visit: Visit, run_id: str) -> DeliverySnapshot | DefinitionSnapshot:
    record = await (await visit.reach.records()).get_run(run_id, tenant=visit.caller.tenant)
    if record is not None:
        if record.ended_at is None:
            record = await keep_forgotten(visit.reach, record)
        return await _concealed(DefinitionStatus.model_validate(record.document))
    state = (await visit.faber()).records.status(run_id)
    if state is None or state.tenant != visit.caller.tenant:
        raise NoSuchRun(f"no run is called {run_id!r} here")
    return DeliverySnapshot(**dict(state))


async def _concealed(status: DefinitionStatus) -> DefinitionSnapshot:
    outputs = await asyncio.to_thread(conceal, [step.output for step in status.steps])
    made = zip(status.steps, outputs, strict=True)
    steps = [step.model_copy(update={"output": output}) for step, output in made]
    return DefinitionSnapshot(**{**dict(status), "steps": steps})

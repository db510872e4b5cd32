"""What a run shows of its work, and what happened in it."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from domain.redaction import redact
from faber.contract.listed import Event, Shown
from faber.errors import WorkerError
from faber.gates import first_gate
from faber.logs import log_lines
from http_api.parts import RunId, StrictRoute, Viewer
from http_api.problems import Refused
from http_api.reach import Visit
from http_api.snapshots import snapshot

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["looking"], route_class=StrictRoute)

DIFF = "diff"


class Artifact(BaseModel):
    name: str
    sha256: str


class Artifacts(BaseModel):
    items: list[Artifact]


class History(BaseModel):
    """Oldest first. `next_cursor` asks for what follows; null: there is no more, yet."""

    items: list[Event]
    next_cursor: str | None = None


@router.get("/artifacts")
async def list_artifacts(visit: Viewer, run_id: RunId) -> Artifacts:
    """The names of what there is to look at: specification, diff, checks, transcript."""
    shows = (await snapshot(visit, run_id)).shows
    return Artifacts(items=[Artifact(name=name, sha256=sha256) for name, sha256 in shows.items()])


@router.get("/artifacts/{name}")
async def get_artifact(
    visit: Viewer, run_id: RunId, name: Annotated[str, Path(min_length=1, max_length=100)]
) -> Shown:
    """One thing, as text. `request_id` is the open gate's: an answer that bears it is bound to exactly this text."""
    return await _shown(visit, run_id, name)


@router.get("/diff")
async def get_diff(visit: Viewer, run_id: RunId) -> Shown:
    """The change as it would be released. 404 before there is one."""
    return await _shown(visit, run_id, DIFF)


async def _shown(visit: Visit, run_id: str, name: str) -> Shown:
    status = await snapshot(visit, run_id)
    sha256 = status.shows.get(name)
    if sha256 is None:
        has = ", ".join(status.shows) or "nothing yet"
        raise Refused(404, "NO_SUCH_ARTIFACT", f"{run_id} has no {name!r} to show: it has {has}")
    try:
        content = await visit.reach.artifacts.get(sha256)
    except WorkerError as error:
        said = f"{name} of {run_id} ({sha256}) is not kept here any more, or where its worker runs"
        raise Refused(404, "NO_SUCH_ARTIFACT", said) from error
    request_id = first_gate(status).request_id if status.waiting_on else None
    text = content.decode(errors="replace")
    return Shown(run_id=run_id, name=name, request_id=request_id, sha256=sha256, text=text)


@router.get("/history")
async def get_history(
    visit: Viewer,
    run_id: RunId,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 500,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,9}$")] = None,
) -> History:
    """What happened, line by line, as Temporal's history has it: activities, answers, signals, the end."""
    run, begin = await visit.run(run_id), int(cursor or 0)
    items: list[Event] = []
    async with aclosing(log_lines(await visit.faber(), run.run_id)) as lines:
        at = 0
        async for line in lines:
            at += 1
            if at > begin + limit:
                return History(items=items, next_cursor=str(begin + limit))
            if at > begin:
                items.append(Event(**{**line, "what": redact(line["what"])}))
    return History(items=items)

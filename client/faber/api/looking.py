"""The commands that only look: status, why, logs, show, workflow list, run-inspect, workflow-inspect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from faber.api.parameters import Json, RunId
from faber.api.session import Session, answer, as_document, session
from faber.errors import UsageError

if TYPE_CHECKING:
    from faber.client import Faber


def status(run_id: RunId, json: Json = False) -> None:
    """Where a run is, what it waits for, what it has spent."""

    async def look(faber: Faber) -> Any:
        return await faber.status(await faber.resolve(run_id))

    answer(look)


def why(run_id: RunId, json: Json = False) -> None:
    """Why a run does not go on, and the exact command that unblocks it."""
    with session() as current:
        found = current.ask(current.faber.resolve(run_id))
        now = current.ask(current.faber.status(found))
        trying = current.ask(current.faber.trying(found))
        if json or not current.console.shows_tables:
            from faber.contract.listed import Why

            told = Why(**now.model_dump(include=set(Why.model_fields)), trying=trying)
            current.console.document(as_document(told))
            return
        from faber.trying import in_words

        for again in trying:
            current.console.text(in_words(again))
        for item in now.waiting_on:
            by_itself = f"{item.by_itself} {item.at or ''}".strip()
            current.console.text(
                f"{item.what}\n  since {item.since}\n  by itself: {by_itself}\n  {item.command}"
            )
        if not now.waiting_on:
            current.console.text(f"{now.run_id} is {now.status}" + (f": {now.error}" if now.error else ""))
            for note in now.notes[-1:]:
                current.console.text(f"  {note}")


def logs(
    run_id: RunId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Until the run ends.")] = False,
    json: Json = False,
) -> None:
    """What happened in a run, oldest first."""
    with session(f"interrupted: {run_id} goes on") as current:
        found = current.ask(current.faber.resolve(run_id))
        if current.console.shows_tables and not json:
            current.ask(_print_lines(current, found, follow))
        else:
            from faber.logs import log_lines

            lines = log_lines(current.faber, found, follow=follow)
            current.ask(current.console.stream({"run_id": found}, "events", lines))


async def _print_lines(current: Session, run_id: str, follow: bool) -> None:
    from faber.logs import log_lines

    async for line in log_lines(current.faber, run_id, follow=follow):
        current.console.text(f"{line['at']}  {line['event']:<24} {line['what']}")


def show(
    run_id: RunId,
    name: Annotated[
        Literal["spec", "diff", "checks", "transcript"] | None,
        typer.Argument(help="Left out: what the open gate is about."),
    ] = None,
    json: Json = False,
) -> None:
    """The thing that an answer is about, and its request id."""
    with session() as current:
        from faber.artifacts import show as show_of

        found = current.ask(current.faber.resolve(run_id))
        shown = current.ask(show_of(current.faber, found, name))
        if json or not current.console.shows_tables:
            current.console.document(as_document(shown))
            return
        current.console.text(shown.text)
        if shown.request_id:
            current.console.say(f"\nrequest {shown.request_id}")


def list_runs(
    status: Annotated[
        Literal["queued", "running", "waiting", "completed", "failed", "cancelled"] | None,
        typer.Option("--status", "-s", help="failed includes cancelled ones, whose documents say failed."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="At most so many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List runs, newest first."""
    with session() as current:
        rows = current.ask(current.faber.list(status, limit))
        if json or not current.console.shows_tables:
            current.console.document({"workflows": rows})
        else:
            from faber.api.tables import runs_table

            runs_table(rows)


def run_inspect(
    work_id: Annotated[str, typer.Option("--work-id", metavar="WORK_ID", help="The work item.")],
    project: Annotated[str | None, typer.Option(help="Else this repository's.")] = None,
) -> None:
    """The newest run of a work item: its status, and its result once it has ended."""
    answer(lambda faber: _inspected(faber, work_id=work_id, project=project or faber.project))


def workflow_inspect(
    run_id: Annotated[
        str | None, typer.Argument(metavar="RUN_ID", help="Else this repository's newest.")
    ] = None,
) -> None:
    """One run in detail: status, result, and what happened."""

    async def look(faber: Faber) -> Any:
        from faber.logs import log_lines

        found = await faber.resolve(run_id) if run_id else await _newest(faber, project=faber.project)
        document = await _details(faber, found)
        return {**document, "events": [line async for line in log_lines(faber, found)]}

    answer(look)


async def _inspected(faber: Faber, *, work_id: str, project: str | None) -> Any:
    from faber.identity import run_id_of

    if project is not None:
        # A run that has only just begun is not in any list yet.
        return await _details(faber, await faber.resolve(run_id_of(project, work_id)))
    return await _details(faber, await _newest(faber, work_id=work_id))


async def _newest(faber: Faber, *, project: str | None = None, work_id: str | None = None) -> str:
    rows = await faber.list(limit=1, project=project, work_id=work_id)
    if not rows:
        raise UsageError("no run yet. Start one: python -m faber.api run <work_id>")
    return str(rows[0]["workflow_id"])


async def _details(faber: Faber, run_id: str) -> dict[str, Any]:
    status = await faber.status(run_id)
    ended = status.status in ("completed", "failed", "cancelled")
    result = await (await faber.door(run_id)).result(run_id) if ended else None
    return {"status": as_document(status), "result": as_document(result) if result else None}

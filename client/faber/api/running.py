"""The commands that follow a run to its end: run, result, retry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from faber.api.defining import finish
from faber.api.exits import exits
from faber.api.interrupts import interrupted
from faber.api.parameters import ExitCode, Json, RunId, Wait
from faber.api.session import Session, as_document, session

if TYPE_CHECKING:
    from faber.client import Faber
    from faber.contract.delivery import RunResult

APPROVABLE = ("architect", "release")


def run(
    work_id: Annotated[
        str, typer.Argument(metavar="WORK_ID", help="The work item, as its tracker names it.")
    ],
    repeated: Annotated[list[str] | None, typer.Argument(hidden=True, metavar=" ")] = None,
    autonomy: Annotated[
        Literal["assisted", "guarded", "autonomous"] | None,
        typer.Option("--autonomy", "-a", help="Who approves what; replaces workflow.autonomy."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", "-b", metavar="USD", help="The most to spend, in dollars.")
    ] = None,
    max_retries: Annotated[
        int | None, typer.Option("--max-retries", "-r", min=0, help="Builds after the first; 0 is none.")
    ] = None,
    approve: Annotated[
        list[str] | None,
        typer.Option(metavar="PHASE=WHEN", help="architect or release = never or always; beats everything."),
    ] = None,
    on_budget: Annotated[
        Literal["ask", "fail"] | None,
        typer.Option("--on-budget", help="At the budget: ask a person, or fail."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; spend nothing.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Deliver a completed item once more.")] = False,
    repo: Annotated[
        str | None, typer.Option(help="The repository: a folder or a URL; else this one.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="What the run id is made of; else the repository.")
    ] = None,
    wait: Wait = False,
    exit_code: ExitCode = False,
    json: Json = False,
) -> None:
    """Deliver a work item: start its run, follow the open one, or print a completed one's result."""
    options: dict[str, Any] = {
        "work_id": work_id,
        "autonomy": autonomy,
        "budget_usd": _budget(budget),
        "max_retries": max_retries,
        "approve": _approve(approve or []),
        "on_budget": on_budget,
        "dry_run": dry_run,
        "again": again,
        "repo": repo,
        "project": project,
    }
    _same_twice(work_id, repeated or [])
    with session(_interrupted_early("was started", work_id)) as current:
        current.console.note_all(_notes(current, repo))
        from faber.starting import run_input

        run_id = current.ask(current.faber.start(run_input(**options)))
        with exits(current.console, interrupted(f"run {work_id}", work_id)):
            _finish(current, run_id, wait=wait, exit_code=exit_code)


def result(run_id: RunId, wait: Wait = False, json: Json = False) -> None:
    """Print a run's result document; an open run is followed first."""
    with session(interrupted(f"result {run_id}", run_id)) as current:
        found = current.ask(current.faber.resolve(run_id))
        if current.ask(_is_definition(current.faber, found)):
            finish(current, found, wait=wait, exit_code=False)
            return
        current.console.document(as_document(_followed(current, found, wait=wait)))


def retry(
    run_id: RunId,
    from_phase: Annotated[
        str | None, typer.Option("--from", metavar="PHASE", help="Do again from here.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", "-b", metavar="USD", help="A new limit for the whole run.")
    ] = None,
    wait: Wait = False,
    exit_code: ExitCode = False,
) -> None:
    """Go on with a failed run without paying again for what is done."""
    limit = _budget(budget)
    with session(_interrupted_early("goes on", run_id)) as current:
        found = current.ask(current.faber.resolve(run_id))
        defined = current.ask(_is_definition(current.faber, found))
        if defined and (from_phase or limit):
            raise typer.BadParameter("a definition's run goes on at its failed step, within its budget")
        if defined:
            current.ask(current.faber.definitions.retry(found))
        else:
            current.ask(current.faber.retry(found, from_phase, budget_usd=limit))
        with exits(current.console, interrupted(f"result {run_id}", run_id)):
            (finish if defined else _finish)(current, found, wait=wait, exit_code=exit_code)


async def _is_definition(faber: Faber, run_id: str) -> bool:
    return await faber.door(run_id) is not faber


def _same_twice(work_id: str, repeated: list[str]) -> None:
    # A caller in the field spawns `run 123 run 123`.
    if repeated and repeated != ["run", work_id]:
        raise typer.BadParameter(
            f"{' '.join(repeated)!r} after {work_id!r}: one work item at a time", param_hint="WORK_ID"
        )


def _budget(budget: float | None) -> float | None:
    if budget is not None and not (math.isfinite(budget) and budget > 0):
        raise typer.BadParameter(
            f"{budget:g} is not an amount to spend: give dollars above 0", param_hint="--budget"
        )
    return budget


def _approve(given: list[str]) -> dict[str, str]:
    chosen = {}
    for item in given:
        phase, _, when = item.partition("=")
        if phase not in APPROVABLE or when not in ("never", "always"):
            raise typer.BadParameter(
                f"{item!r} is not architect|release=never|always", param_hint="--approve"
            )
        chosen[phase] = when
    return chosen


def _interrupted_early(done: str, run: str) -> str:
    return f"interrupted before the run was followed.\nwhether it {done}: python -m faber.api status {run}"


def _notes(current: Session, repo: str | None) -> list[str]:
    """What the caller's configuration and environment leave without effect; raises for a mistaken file."""
    from faber.configuration import environment_notes, find_configuration, read_configuration
    from faber.contract.config import Configuration
    from faber.identity import repository_root

    start = current.faber.where / (repo or ".")
    root = None if repo is not None and "://" in repo else repository_root(start)
    file = find_configuration(start, root) if root else None
    configuration, notes = Configuration(), list[str]()
    if file is not None:
        configuration, _ = read_configuration(file.read_text(errors="replace"), str(file))
    elif root and (other := find_configuration(root)) is not None:
        notes = [
            f"{other} is outside of {root} and does not count: `python -m faber.api init` writes one there"
        ]
    return notes + environment_notes(configuration, current.faber.settings.environment)


def _finish(current: Session, run_id: str, *, wait: bool, exit_code: bool) -> None:
    from faber.errors import WorkflowError
    from faber.outcomes import raise_for

    document = _followed(current, run_id, wait=wait)
    try:
        raise_for(document)
    except WorkflowError as failed:
        if type(failed) is not WorkflowError or exit_code or current.console.interactive:
            raise
        current.console.say(f"failed in {document.error_phase or 'the run'}: {failed.message}")
    current.console.document(as_document(document))


def _followed(current: Session, run_id: str, *, wait: bool) -> RunResult:
    if current.console.interactive:
        from faber.api.live import follow_on_terminal

        return follow_on_terminal(current, run_id)
    from faber.api.progress import Progress
    from faber.gates import until_gate

    current.console.say(f"run {run_id}")
    progress = Progress(current.console)
    ended = current.ask(until_gate(current.faber, run_id, wait=wait, seen=progress, tried=progress.tried))
    progress.passed(ended.completed_phases)
    return ended

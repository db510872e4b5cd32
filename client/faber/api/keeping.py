"""The commands around runs: init, doctor, schema, merge, prune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faber.api.console import Console
from faber.api.exits import exits
from faber.api.parameters import RunId
from faber.api.session import answer
from faber.errors import UsageError

if TYPE_CHECKING:
    from faber.client import Faber


def init(
    example_issue: Annotated[
        bool, typer.Option("--example-issue", help="Write a work item `1` too.")
    ] = False,
) -> None:
    """Write a commented configuration and ignore lines into this repository; keeps what is there."""
    console = Console()
    with exits(console):
        from faber.identity import require_repository
        from faber.template import write_template

        root = require_repository(Path.cwd())
        try:
            done = write_template(root, example=example_issue)
        except OSError as error:
            raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error
        console.document(done)


def merge(run_id: RunId) -> None:
    """Merge the pull request of a completed run."""

    async def merged(faber: Faber) -> Any:
        return await faber.merge(await faber.resolve(run_id))

    answer(merged)


def prune(
    older_than_days: Annotated[
        float, typer.Option("--older-than-days", min=0, help="Only runs that ended longer ago.")
    ] = 30.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
) -> None:
    """Put away this repository's old runs: worktrees, refs, copies, artifacts."""
    answer(lambda faber: faber.prune(older_than_days=older_than_days, dry_run=dry_run))


def doctor() -> None:
    """Check what a run needs on this host, with what to do about what is missing."""
    console = Console()
    with exits(console):
        import asyncio

        from faber.doctor import examine
        from faber.settings import Settings

        checks = asyncio.run(examine(Settings.read(), Path.cwd()))
        console.document({"checks": [check.model_dump() for check in checks]})


def schema(
    name: Annotated[str, typer.Argument(metavar="WORKFLOW_TYPE", help="FaberRun, WorkflowState, ...")],
) -> None:
    """Print the JSON Schema (2020-12) of a workflow's input, or of a document."""
    console = Console()
    with exits(console):
        from faber.schemas import schema as schema_of

        console.document(schema_of(name))

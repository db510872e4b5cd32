"""The commands around runs: init, doctor, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faber.api.console import Console
from faber.api.exits import exits
from faber.errors import UsageError


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

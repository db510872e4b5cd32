"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="A run id, or a unique beginning of one.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on a terminal too.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for people instead of exiting at a gate.")]
ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="Exit 1 when the run failed, as it does on a terminal.")
]
Request = Annotated[str | None, typer.Option("--request", metavar="ID", help="The request that is answered.")]
Comment = Annotated[str, typer.Option("--comment", help="Recorded with the answer.")]
Reason = Annotated[str, typer.Option("--reason", help="Recorded with your name.")]

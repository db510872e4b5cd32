"""`python -m faber.api`: the command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn

import typer

from faber.api import deciding, keeping, looking, running
from faber.api.exits import INTERRUPTED

app = typer.Typer(
    name="python -m faber.api",
    help="Turns a work item into a reviewed, tested change.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
workflow = typer.Typer(help="FABER workflow commands.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(workflow, name="workflow")


def _register(*commands: Callable[..., None]) -> None:
    for command in commands:
        app.command(command.__name__.replace("_", "-"))(command)


_register(running.run, running.result, running.retry, looking.status, looking.why, looking.logs, looking.show)
_register(deciding.approve, deciding.reject, deciding.revise, deciding.raise_budget)
_register(deciding.pause, deciding.resume, deciding.cancel, deciding.terminate)
_register(looking.run_inspect, looking.workflow_inspect, keeping.merge, keeping.prune)
_register(keeping.init, keeping.doctor, keeping.schema)
workflow.command("run")(running.run)
workflow.command("list")(looking.list_runs)


def main() -> None:
    sys.excepthook = _unexpected
    try:
        app(prog_name="python -m faber.api")
    except SystemExit as end:
        _leave(end.code if isinstance(end.code, int) else int(end.code is not None))


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(kind, error, trace, limit=-5)
    _leave(INTERRUPTED if issubclass(kind, KeyboardInterrupt) else 1)


def _leave(code: int) -> NoReturn:
    # A call to Temporal that an interrupt left open aborts an interpreter that ends in the usual way.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

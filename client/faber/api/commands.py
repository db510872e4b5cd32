"""Every command by its name. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from collections.abc import Callable

import typer

from faber.api import by_hand, deciding, defining, keeping, looking, running, watching

app = typer.Typer(
    name="python -m faber.api",
    help="Turns a work item into a reviewed, tested change.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _group(name: str, help: str) -> typer.Typer:
    made = typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(made, name=name)
    return made


def _register(*commands: Callable[..., None], group: typer.Typer = app) -> None:
    for command in commands:
        group.command(command.__name__.replace("_", "-"))(command)


_register(running.run, running.result, running.retry, looking.status, looking.why, looking.logs, looking.show)
_register(deciding.approve, deciding.reject, deciding.revise, deciding.raise_budget)
_register(deciding.pause, deciding.resume, deciding.cancel, deciding.terminate)
_register(looking.run_inspect, looking.workflow_inspect, keeping.merge, keeping.prune)
_register(keeping.init, keeping.doctor, keeping.schema, watching.watch)
workflow = _group("workflow", "FABER workflow commands.")
workflow.command("list")(looking.list_runs)
_register(running.run, looking.status, looking.show, group=workflow)
_register(deciding.approve, deciding.reject, deciding.revise, group=workflow)
definition = _group("definition", "Step definitions.")
definition.command("list")(defining.list_definitions)
_register(defining.validate, defining.put, defining.get, defining.delete, group=definition)
_register(defining.run, defining.dual_run, defining.put_template, group=definition)
_register(defining.submit)
_register(by_hand.fetch, by_hand.comment, group=_group("work", "Work items by hand."))
_register(by_hand.create, group=_group("spec", "Specifications by hand."))
_register(by_hand.create_pr, group=_group("repo", "Pull requests by hand."))

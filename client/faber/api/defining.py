"""The commands of step definitions: definition validate|put|get|list|delete|run|dual-run, and submit for forms."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faber.api.exits import exits
from faber.api.interrupts import interrupted
from faber.api.parameters import ExitCode, Json, Request, RunId, Wait
from faber.api.session import Session, answer, as_document, session
from faber.errors import DefinitionInvalid, UsageError, WorkflowError, named

if TYPE_CHECKING:
    from faber.client import Faber
    from faber.contract.registry import RegistryResult

Source = Annotated[
    str, typer.Argument(metavar="FILE", help="A definition in YAML or JSON; - reads it from stdin.")
]
DefinitionId = Annotated[str, typer.Argument(metavar="ID", help="A registered definition.")]
Version = Annotated[int | None, typer.Option("--version", min=1, help="Else the newest.")]
Inputs = Annotated[
    str,
    typer.Option("--inputs", metavar="JSON", help="The inputs as a JSON object; @file reads it from there."),
]
INTERRUPTED_EARLY = (
    "interrupted before the run was followed.\nwhether it was started: python -m faber.api workflow list"
)
Mock = Annotated[bool, typer.Option("--mock-ai", help="Answer model calls with invented text.")]


def validate(file: Source) -> None:
    """Say everything that is wrong with a definition; exit 2 when there is anything."""
    with session() as current:
        found = current.ask(_consult(current.faber, "validate", definition=_read(file)))
        if not found.valid:
            raise DefinitionInvalid(
                "\n".join(f"{item.severity}: {item}" for item in found.problems)
                or "the definition is not valid"
            )
        current.console.document(as_document(found))


def put(file: Source) -> None:
    """Register a definition, or a new version of one."""
    answer(lambda faber: _consult(faber, "put", definition=_read(file)))


def put_template(
    id: Annotated[str, typer.Argument(metavar="ID", help="What `template_id` of a step names.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The prompt; - reads it from stdin.")],
) -> None:
    """Register a prompt template, or a new version of one."""
    answer(lambda faber: _consult(faber, "put_template", template_id=id, template=_read(file)))


def get(id: DefinitionId, version: Version = None) -> None:
    """A registered definition."""
    answer(lambda faber: _consult(faber, "get", definition_id=id, version=version))


def list_definitions(
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(help="The next_cursor of the page before.")] = None,
    json: Json = False,
) -> None:
    """The registered definitions."""
    answer(lambda faber: _consult(faber, "list", limit=limit, cursor=cursor))


def delete(id: DefinitionId) -> None:
    """Take a definition out of the registry; refused while it has open runs."""
    answer(lambda faber: _consult(faber, "delete", definition_id=id))


def run(
    definition: Annotated[
        str, typer.Argument(metavar="FILE|ID", help="A file, or the id of a registered definition.")
    ],
    inputs: Inputs = "{}",
    version: Version = None,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", metavar="KEY", help="One run for one key.")
    ] = None,
    automatic: Annotated[
        bool, typer.Option("--idempotent", help="The key is made of the definition's id and the inputs.")
    ] = False,
    mock_ai: Mock = False,
    budget: Annotated[float | None, typer.Option("--budget", "-b", metavar="USD", help="In dollars.")] = None,
    wait: Wait = False,
    exit_code: ExitCode = False,
) -> None:
    """Run a definition; exits 3 where it waits for a form or an approval."""
    from faber.defining import definition_input

    source: dict[str, Any] = (
        {"definition": _read(definition)}
        if definition == "-" or Path(definition).is_file()
        else {"definition_id": definition, "version": version}
    )
    input = definition_input(**source, inputs=_object(inputs, "--inputs"), mock_ai=mock_ai, budget_usd=budget)
    with session(INTERRUPTED_EARLY) as current:
        started = current.ask(current.faber.definitions.start(input, key=key, automatic=automatic))
        with exits(current.console, interrupted(f"result {started.run_id}", started.run_id)):
            finish(current, started.run_id, wait=wait, exit_code=exit_code)


def finish(current: Session, run_id: str, *, wait: bool, exit_code: bool) -> None:
    """Follows a definition's run to its end, or to where it waits, and prints its document."""
    current.console.say(f"run {run_id}")
    result = current.ask(_ended(current.faber, run_id, wait=wait))
    mistaken = named(result.error_code or "", result.error or "", {})
    if isinstance(mistaken, UsageError):
        raise mistaken
    if result.status != "completed" and (exit_code or current.console.interactive):
        raise WorkflowError(f"{run_id} {result.status}: {result.error}")
    current.console.document(as_document(result))


def dual_run(
    definition: Annotated[str | None, typer.Argument(metavar="ID", help="A registered definition.")] = None,
    inputs: Inputs = "{}",
    old: Annotated[
        str | None, typer.Option(help="A version or a file; else the one before the newest.")
    ] = None,
    new: Annotated[str | None, typer.Option(help="A version or a file; else the newest.")] = None,
    mock_ai: Mock = False,
) -> None:
    """Run two versions side by side, nobody being asked, and say where they ended differently."""

    async def compared(faber: Faber) -> Any:
        from faber.contract.dual_run import DualRunInput

        asked = DualRunInput(
            workflow_id=definition,
            inputs=_object(inputs, "--inputs"),
            old=_which(old),
            new=_which(new),
            mock_ai=mock_ai,
        )
        return await faber.definitions.dual_run(asked)

    answer(compared)


def submit(
    run_id: RunId,
    values: Annotated[
        str, typer.Argument(metavar="JSON", help="The form's values; @file reads them from there.")
    ],
    step: Annotated[str | None, typer.Option(help="The form, when several wait.")] = None,
    request: Request = None,
) -> None:
    """Fill in the form that a run waits for."""

    async def submitted(faber: Faber) -> Any:
        from faber.contract.definition_runs import FormAnswer

        given = FormAnswer(values=_json(values, "JSON"), step_id=step, request_id=request)
        return await faber.definitions.submit_form(await faber.resolve(run_id), given)

    answer(submitted)


async def _consult(faber: Faber, action: Any, **given: Any) -> RegistryResult:
    from pydantic import ValidationError

    from faber.contract.registry import RegistryInput
    from faber.converter import describe

    try:
        asked = RegistryInput(action=action, **given)
    except ValidationError as error:
        raise UsageError(describe(error)) from error
    return await faber.definitions.registry(asked)


async def _ended(faber: Faber, run_id: str, *, wait: bool) -> Any:
    from faber.gates import until_ended

    await until_ended(faber, run_id, wait=wait)
    return await faber.definitions.result(run_id)


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}", param_hint="FILE") from None


def _which(given: str | None) -> int | str | None:
    return given if given is None else int(given) if given.isdigit() else _read(given)


def _json(text: str, option: str) -> Any:
    text = _read(text[1:]) if text.startswith("@") else text
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint=option) from None


def _object(text: str, option: str) -> dict[str, Any]:
    value = _json(text, option)
    if not isinstance(value, dict):
        raise typer.BadParameter('a JSON object, such as \'{"name": "x"}\'', param_hint=option)
    return value

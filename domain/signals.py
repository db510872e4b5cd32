"""Signals of any shape: what a person sent by hand, or why it counts for nothing."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from faber.contract.definition_runs import FormAnswer
from faber.contract.delivery import BudgetRaise, Decision, Pause

Asked = Decision | FormAnswer | BudgetRaise | Pause
_MODELS: dict[str, type[Decision] | type[FormAnswer] | type[BudgetRaise] | type[Pause]] = {
    "decide": Decision,
    "submit_form": FormAnswer,
    "raise_budget": BudgetRaise,
    "pause": Pause,
    "resume": Pause,
}


def parse_signal(name: str, args: list[Any]) -> Asked | str:
    """What the signal `name` with these decoded JSON values asks for; a str is the reason to ignore it.

    `decide` takes an object or a bare word such as "approve", `submit_form` and `raise_budget` an object, `pause`
    and `resume` an object or nothing. Never raises: a signal that fails its handler would stop the run."""
    model = _MODELS.get(name)
    if model is None:
        return _ignored(name, f"unknown; known are {', '.join(_MODELS)}")
    if len(args) > 1:
        return _ignored(name, f"it has {len(args)} inputs and takes one JSON object")
    value = _object(name, args[0] if args else None)
    if not isinstance(value, dict):
        found = "nothing" if value is None else f"a {type(value).__name__}"
        return _ignored(name, f"it takes one JSON object, not {found}")
    try:
        parsed = model.model_validate(value)
    except ValidationError as error:
        return _ignored(name, _reason(error))
    return parsed


def _object(name: str, value: Any) -> Any:
    if name == "decide" and isinstance(value, str):
        return {"decision": value}
    return {} if name in {"pause", "resume"} and value is None else value


def _reason(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'input'}: {item['msg']}" for item in found[:3]
    )


def _ignored(name: str, why: str) -> str:
    # Keys are the sender's words: an escape sequence among them must not reach a terminal.
    shown = "".join(letter if letter.isprintable() else "?" for letter in why)
    return f"signal {name[:40]!r} ignored: {shown[:240]}"

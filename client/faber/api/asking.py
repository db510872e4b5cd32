"""The question at a gate: shows what it is about, then takes yes, no, revise, or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faber.contract.delivery import ALIASES, Decision, WaitingOn
from faber.errors import FaberError
from faber.gates import gate_text

if TYPE_CHECKING:
    from faber.api.session import Session

LINES_SHOWN = 200
LETTERS = {"y": "approve", "n": "reject", "r": "revise"}


def ask(session: Session, run_id: str, waiting: WaitingOn) -> bool:
    """Whether an answer was sent. Errors: WorkflowError when the run refused it."""
    _show(session, run_id, waiting)
    if waiting.kind == "pause":
        return _resume(session, run_id)
    if waiting.kind == "budget" and "raise-budget" in waiting.command:
        return _raise_budget(session, run_id, waiting)
    return _decide(session, run_id, waiting)


def _show(session: Session, run_id: str, waiting: WaitingOn) -> None:
    from faber.artifacts import show

    if waiting.kind == "approval":
        try:
            shown = session.ask(show(session.faber, run_id))
        except FaberError as absent:
            session.console.say(absent.message)
        else:
            lines = shown.text.splitlines()
            session.console.say("\n".join(lines[:LINES_SHOWN]))
            if len(lines) > LINES_SHOWN:
                session.console.say(
                    f"... {len(lines) - LINES_SHOWN} more: python -m faber.api show {run_id} {shown.name}"
                )
    session.console.say(f"\n{gate_text(waiting)}\n{waiting.what}\nrequest {waiting.request_id}")


def _decide(session: Session, run_id: str, waiting: WaitingOn) -> bool:
    revisable = waiting.kind == "approval"
    choices = "[y]es, [n]o, [r]evise, [l]ater" if revisable else "[y]es, [n]o, [l]ater"
    while True:
        given = _line(session, f"{choices}: ").lower()
        if given in ("", "l", "later"):
            return False
        word = ALIASES.get(LETTERS.get(given, given))
        if word is not None and (revisable or word != "revise"):
            break
    comment = (
        "" if word == "approve" else _line(session, "what should change: " if word == "revise" else "why: ")
    )
    decision = Decision(decision=word, request_id=waiting.request_id, comment=comment)
    session.ask(session.faber.decide(run_id, decision))
    return True


def _raise_budget(session: Session, run_id: str, waiting: WaitingOn) -> bool:
    while True:
        given = _line(session, "new limit in dollars, [n]o, [l]ater: ").lower().lstrip("$")
        if given in ("", "l", "later"):
            return False
        if ALIASES.get(LETTERS.get(given, given)) == "reject":
            decision = Decision(decision="reject", request_id=waiting.request_id)
            session.ask(session.faber.decide(run_id, decision))
            return True
        try:
            limit = float(given)
        except ValueError:
            continue
        if limit > 0:
            session.ask(session.faber.raise_budget(run_id, limit, request_id=waiting.request_id))
            return True


def _resume(session: Session, run_id: str) -> bool:
    if _line(session, "go on now? [y]es, [l]ater: ").lower() not in ("y", "yes"):
        return False
    session.ask(session.faber.resume(run_id))
    return True


def _line(session: Session, question: str) -> str:
    """One line from the person; the end of input answers later. stdout belongs to the document, so the
    question goes to stderr."""
    session.console.err.write(question)
    session.console.err.flush()
    try:
        return input().strip()
    except EOFError:
        return "l"

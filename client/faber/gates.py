"""Follows a run until it ends or waits for a person, and says what it waits for in the contract's words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from faber.client import Faber
from faber.contract.delivery import RunResult, Status, WaitingOn
from faber.errors import BudgetApprovalRequired, PhaseApprovalRequired, WorkflowError
from faber.following import Tried

Seen = Callable[[Status | None], None]


async def until_gate(
    faber: Faber, run_id: str, *, wait: bool = False, seen: Seen | None = None, tried: Tried | None = None
) -> RunResult:
    """The result document once the run has ended, `failed` ones included. Errors: as `until_ended`."""
    await until_ended(faber, run_id, wait=wait, seen=seen, tried=tried)
    return await faber.result(run_id)


async def until_ended(
    faber: Faber, run_id: str, *, wait: bool = False, seen: Seen | None = None, tried: Tried | None = None
) -> None:
    """Follows a run of any kind to its end. `seen` gets each new snapshot, `tried` what is tried again.

    Raises PhaseApprovalRequired or BudgetApprovalRequired when it waits for a person, unless `wait`.
    """
    async with aclosing(faber.watch(run_id, tried)) as snapshots:
        async for status in snapshots:
            if seen is not None:
                seen(status)
            if status is not None and status.waiting_on and not wait:
                raise gate_error(status)


def gate_error(status: Status) -> WorkflowError:
    """`details` are `run_id`, `status`, and `waiting`: the WaitingOn that comes first."""
    waiting = first_gate(status)
    kind = BudgetApprovalRequired if waiting.kind == "budget" else PhaseApprovalRequired
    return kind(gate_text(waiting), run_id=status.run_id, status=status, waiting=waiting)


def first_gate(status: Status) -> WaitingOn:
    """A budget gate is answered last: what else is open may change what is spent."""
    return min(status.waiting_on, key=lambda waiting: waiting.kind == "budget")


def gate_text(waiting: WaitingOn) -> str:
    match waiting.kind:
        case "approval":
            return f"Phase approval required: {waiting.gate}"
        case "form":
            return f"Form to fill in: {waiting.what}"
        case "manual_fix":
            return f"Repair needed: {waiting.what}"
        case "budget" | "pause":
            return waiting.what

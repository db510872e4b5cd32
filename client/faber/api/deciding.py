"""The commands that change a run: answers to gates, the budget, pause, resume, cancel, terminate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faber.api.parameters import Comment, Reason, Request, RunId
from faber.api.session import answer

if TYPE_CHECKING:
    from faber.client import Faber
    from faber.contract.delivery import DecisionWord

CANCELLED_WITHIN_S = 60.0


def approve(run_id: RunId, request: Request = None, comment: Comment = "") -> None:
    """Say yes at a gate."""
    _decide(run_id, "approve", request, comment)


def reject(run_id: RunId, request: Request = None, comment: Comment = "") -> None:
    """Say no at a gate: the run fails, naming you and the comment."""
    _decide(run_id, "reject", request, comment)


def revise(run_id: RunId, request: Request = None, comment: Comment = "") -> None:
    """Have the gated phase done again, with the comment as what to change."""
    if not comment.strip():
        raise typer.BadParameter("say what should change", param_hint="--comment")
    _decide(run_id, "revise", request, comment)


def _decide(run_id: str, word: DecisionWord, request: str | None, comment: str) -> None:
    async def decide(faber: Faber) -> Any:
        from faber.contract.delivery import Decision

        found = await faber.resolve(run_id)
        return await faber.decide(found, Decision(decision=word, request_id=request, comment=comment))

    answer(decide)


def raise_budget(
    run_id: RunId,
    usd: Annotated[float, typer.Argument(metavar="USD", help="The new limit for the whole run, in dollars.")],
    request: Request = None,
) -> None:
    """Set a new budget limit, and answer an open budget gate with it."""
    if not (math.isfinite(usd) and usd > 0):
        raise typer.BadParameter(f"{usd:g} is not an amount to spend: give dollars above 0", param_hint="USD")

    async def raised(faber: Faber) -> Any:
        return await faber.raise_budget(await faber.resolve(run_id), usd, request_id=request)

    answer(raised)


def pause(run_id: RunId, reason: Reason = "") -> None:
    """Stop a run before its next step."""

    async def paused(faber: Faber) -> Any:
        return await faber.pause(await faber.resolve(run_id), reason)

    answer(paused)


def resume(run_id: RunId, reason: Reason = "") -> None:
    """Let a paused run go on."""

    async def resumed(faber: Faber) -> Any:
        return await faber.resume(await faber.resolve(run_id), reason)

    answer(resumed)


def cancel(run_id: RunId, reason: Reason = "") -> None:
    """End a run: its processes are ended, its work is kept. Prints its document."""

    async def cancelled(faber: Faber) -> Any:
        import asyncio

        from faber.contract.listed import CancelRequested

        found = await faber.resolve(run_id)
        await faber.cancel(found, reason)
        try:
            return await asyncio.wait_for((await faber.door(found)).result(found), CANCELLED_WITHIN_S)
        except TimeoutError:
            # No worker may be there to end it; the request is kept until one is.
            return CancelRequested(workflow_id=found)

    answer(cancelled)


def terminate(run_id: RunId, reason: Reason = "") -> None:
    """End a run at once, without cleaning up: for one that `cancel` does not end."""

    async def terminated(faber: Faber) -> Any:
        found = await faber.resolve(run_id)
        await faber.terminate(found, reason)
        return await (await faber.door(found)).result(found)

    answer(terminated)

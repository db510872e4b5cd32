"""Reserving before a call and settling after it, with a person asked when the budget says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.phases import Phases
from domain.ledger import affordable_output, worst_case
from faber.contract.money import Price, micro
from faber.contract.names import LLM_QUEUE
from faber.contract.turns import Spend, SpentRequest
from workflows.asking import asked
from workflows.commands import command
from workflows.desk import Desk
from workflows.failures import Ended, spend_of, told
from workflows.presets import LAST_WORD

A = TypeVar("A")

TRIES = {"TIMEOUT": 3, "NETWORK_ERROR": 10}
LONGEST_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True)
class Reserved:
    """What a call may use: output tokens, and the micro-dollars set aside for it."""

    max_output_tokens: int
    amount: int


async def reserve_call(run: Desk, where: str, key: str, price: Price, bound: int, wanted: int) -> Reserved:
    """Reserve one model call; its output shrinks to what fits before anybody is asked."""
    while True:
        output = affordable_output(price, bound, wanted, run.state.ledger.remaining)
        amount = worst_case(price, bound, output or min(wanted, 1024))
        if await _take(run, where, key, price.model, amount, fits=output > 0):
            return Reserved(output, amount)


async def reserve_session(
    run: Desk, where: str, key: str, price: Price, cap_usd: float, wanted: int
) -> Reserved:
    """Reserve a coding agent's session: its cap, or what is left of the budget when that is less."""
    while True:
        remaining = run.state.ledger.remaining
        amount = micro(cap_usd) if remaining is None else min(micro(cap_usd), remaining)
        if await _take(run, where, key, price.model, max(amount, 1), fits=amount > 0):
            return Reserved(wanted, amount)


async def _take(run: Desk, where: str, key: str, model: str, amount: int, *, fits: bool) -> bool:
    """Whether it was reserved; otherwise a person has changed the budget and it is worth looking again."""
    ledger = run.state.ledger
    if ledger.should_warn():
        ledger.warned = True
        run.note(f"{ledger.summary().spent_usd:.4f} USD spent: the warning threshold is passed")
    if (open_gate := run.state.gates.find("budget")) is not None:
        # Another branch of the run has asked already.
        await run.closed(open_gate)
        return False
    asks = run.budget_mode == "ask"
    if fits and not (asks and ledger.needs_approval(amount)):
        return ledger.reserve(key, where, model, amount)
    if not asks:
        raise Ended("BUDGET_EXCEEDED", ledger.exceeded(amount), where)
    view = await run.gate(
        "budget",
        kind="budget",
        what=ledger.approval_required(amount),
        subject={"spent": ledger.settled, "limit": ledger.limit_microusd, "next": amount},
        round=run.round_of(where),
        # Going on to the limit is no answer when the next call does not fit below it.
        allowed=["approve", "reject"] if fits else ["reject"],
    )
    if view.decision != "approve":
        who = f"rejected by {view.actor}" + (f": {view.comment}" if view.comment else "")
        raise Ended("BUDGET_EXCEEDED", f"{ledger.exceeded(amount)} ({who})", where)
    if fits:
        ledger.allowed_to_limit = True
    return False


def settle(run: Desk, key: str, spend: Spend) -> None:
    """Book what a turn cost over all its attempts."""
    run.state.ledger.settle(
        key,
        cost=spend.cost_microusd + spend.wasted_microusd,
        usage=spend.usage,
        calls=spend.calls,
        priced=spend.priced,
        wasted_cost=spend.wasted_microusd,
        wasted_calls=spend.wasted_calls,
        estimated=spend.estimated,
    )


async def settle_failed(
    run: Desk, key: str, call: SpentRequest, error: ActivityError, queue: str = LLM_QUEUE
) -> None:
    """A failed call's known spend counts; when nobody knows what became of the call, its worst case does. One that is
    cancelled between two tries has no failure to tell of the earlier ones: the journal of `queue` does."""
    code, _, details = told(error)
    spend = spend_of(details)
    if spend is None and (code == "TIMEOUT" or is_cancelled_exception(error)):
        amount = call.reserved_microusd
        worst = Spend(wasted_calls=1, calls=1, wasted_microusd=amount, estimated=True)
        spend = await _told_afterwards(call, queue) or worst
    if spend is None:
        run.state.ledger.release(key)
    else:
        settle(run, key, spend)


async def each_booked(run: Desk, where: str, call: Callable[[], Awaitable[A]]) -> A:
    """A call that reserves and settles; one that was booked although it failed is made again after a pause, with a
    reservation of its own, so that the budget holds however often calls are cut."""
    tries = 1
    while True:
        try:
            return await call()
        except ActivityError as error:
            code, message, details = told(error)
            if not details.get("paid") or tries >= TRIES.get(code, 1):
                raise
        run.state.repairs += 1
        run.note(f"{where}: {code}, so the call was booked and is made again: {message[:300]}")
        pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** (tries - 1)))
        tries += 1
        command()
        await workflow.sleep(pause, summary=f"{where}: try {tries}")


async def _told_afterwards(call: SpentRequest, queue: str) -> Spend | None:
    if not workflow.patched("spend-told-afterwards"):
        return None
    try:
        return await asked(Phases.tell_spend, call, LAST_WORD, queue, "what the attempts cost")
    except ActivityError:
        return None

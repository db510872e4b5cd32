"""Reserving before a call and settling after it, with a person asked when the budget says so."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ledger import affordable_output, worst_case
from faber.contract.money import Price, micro
from faber.contract.names import Phase
from faber.contract.turns import Spend
from workflows.failures import Ended
from workflows.run import Run


@dataclass(frozen=True)
class Reserved:
    """What a call may use: output tokens, and the micro-dollars set aside for it."""

    max_output_tokens: int
    amount: int


async def reserve_call(run: Run, phase: Phase, key: str, price: Price, bound: int) -> Reserved:
    """Reserve one model call; its output shrinks to what fits before anybody is asked."""
    wanted = run.configuration.workflow.max_output_tokens
    while True:
        output = affordable_output(price, bound, wanted, run.state.ledger.remaining)
        amount = worst_case(price, bound, output or min(wanted, 1024))
        if await _take(run, phase, key, price.model, amount, fits=output > 0):
            return Reserved(output, amount)


async def reserve_session(run: Run, phase: Phase, key: str, price: Price, cap_usd: float) -> Reserved:
    """Reserve a coding agent's session: its cap, or what is left of the budget when that is less."""
    while True:
        remaining = run.state.ledger.remaining
        amount = micro(cap_usd) if remaining is None else min(micro(cap_usd), remaining)
        if await _take(run, phase, key, price.model, max(amount, 1), fits=amount > 0):
            return Reserved(run.configuration.workflow.max_output_tokens, amount)


async def _take(run: Run, phase: Phase, key: str, model: str, amount: int, *, fits: bool) -> bool:
    """Whether it was reserved; otherwise a person has changed the budget and it is worth looking again."""
    ledger = run.state.ledger
    if ledger.should_warn():
        ledger.warned = True
        run.note(f"{ledger.summary().spent_usd:.4f} USD spent: the warning threshold is passed")
    asks = run.budget_mode == "ask"
    if fits and not (asks and ledger.needs_approval(amount)):
        return ledger.reserve(key, phase, model, amount)
    if not asks:
        raise Ended("BUDGET_EXCEEDED", ledger.exceeded(amount), phase)
    view = await run.gate(
        "budget",
        kind="budget",
        what=ledger.approval_required(),
        subject={"spent": ledger.settled, "limit": ledger.limit_microusd, "next": amount},
        round=run.state.round(phase),
        # Going on to the limit is no answer when the next call does not fit below it.
        allowed=["approve", "reject"] if fits else ["reject"],
    )
    if view.decision != "approve":
        who = f"rejected by {view.actor}" + (f": {view.comment}" if view.comment else "")
        raise Ended("BUDGET_EXCEEDED", f"{ledger.exceeded(amount)} ({who})", phase)
    if fits:
        ledger.allowed_to_limit = True
    return False


def settle(run: Run, key: str, spend: Spend) -> None:
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

"""The run's money: what was reserved before a call, what was settled after it, what the thresholds say."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from pydantic import Field

from domain.bookings import (
    NEVER_RESERVED,
    Booked,
    Entry,
    LedgerError,
    Reservation,
    lines,
    never_negative,
    place,
)
from domain.budget import (
    affordable_output,
    all_input,
    approval_text,
    dollars,
    exceeded_text,
    input_bound,
    limit_of,
    needed_text,
    worst_case,
)
from faber.contract.delivery import CostSummary
from faber.contract.money import Usage, usd
from faber.contract.wire import FromWorker

__all__ = [
    "Booked",
    "Entry",
    "Ledger",
    "LedgerError",
    "Reservation",
    "affordable_output",
    "all_input",
    "approval_text",
    "exceeded_text",
    "input_bound",
    "limit_of",
    "worst_case",
]


class Ledger(FromWorker):
    """One per run, carried through continue-as-new, retry and reset; a limit of None is unlimited.

    `allowed_to_limit` is set when a person approved going on to the limit, `warned` when the one warning was
    given: both by the caller. `settled_keys` is what makes a repeated settlement count once.
    """

    limit_microusd: int | None = Field(default=None, ge=1)
    warn_at: float = 0.8
    ask_at: float = 0.9
    allowed_to_limit: bool = False
    warned: bool = False
    entries: list[Entry] = Field(default_factory=list)
    reservations: dict[str, Reservation] = Field(default_factory=dict)
    settled_keys: dict[str, Booked] = Field(default_factory=dict)

    @property
    def settled(self) -> int:
        return sum(entry.cost for entry in self.entries)

    @property
    def reserved(self) -> int:
        return sum(reservation.amount for reservation in self.reservations.values())

    @property
    def remaining(self) -> int | None:
        """Micro-dollars that a reservation may still take; None is unlimited."""
        if self.limit_microusd is None:
            return None
        return max(0, self.limit_microusd - self.settled - self.reserved)

    @property
    def overshoot(self) -> int:
        """Micro-dollars spent beyond the limit: only a call that cost more than its reservation gets here."""
        return 0 if self.limit_microusd is None else max(0, self.settled - self.limit_microusd)

    def fits(self, amount: int) -> bool:
        return self.limit_microusd is None or self.settled + self.reserved + amount <= self.limit_microusd

    def reserve(self, key: str, phase: str, model: str, amount: int) -> bool:
        """Set `amount` aside for the call `key`; False, and nothing changed, when it does not fit.

        A key that is open is reserved anew at this amount, so a repeated reservation counts once."""
        never_negative("reservation", amount)
        more = amount - (self.reservations[key].amount if key in self.reservations else 0)
        if more > 0 and not self.fits(more):
            return False
        self.reservations[key] = Reservation(phase=phase, model=model, amount=amount)
        return True

    def settle(
        self,
        key: str,
        *,
        cost: int,
        usage: Usage,
        calls: int,
        priced: bool,
        wasted_cost: int = 0,
        wasted_calls: int = 0,
        estimated: bool = False,
    ) -> int:
        """Book what the call `key` cost and close its reservation; returns the micro-dollars above it.

        `cost` and `calls` are the whole, the wasted part included. All are totals of the key, over every
        attempt: settling it again books only what is more than before, so the same twice counts once.
        A key never reserved is booked all the same: the ledger is never below the provider's bill."""
        never_negative("settlement", min(cost, wasted_cost, calls, wasted_calls))
        totals = Booked(
            max(cost, wasted_cost),
            wasted_cost,
            max(calls, wasted_calls),
            wasted_calls,
            all_input(usage),
            usage.output_tokens,
        )
        never_negative("usage", min(totals))
        held = self.reservations.pop(key, NEVER_RESERVED)
        before = self.settled_keys.get(key)
        more = totals if before is None else totals.beyond(before)
        if before is not None and not any(more):
            return 0
        self.settled_keys[key] = totals if before is None else before.plus(more)
        entry = self._entry(held.phase, held.model)
        entry.book(more)
        entry.priced = entry.priced and priced
        entry.estimated = entry.estimated or estimated or usage.estimated
        return max(0, more.cost - held.amount)

    def release(self, key: str) -> None:
        """Give a reservation back when nothing was spent. Unknown and settled keys are left as they are."""
        self.reservations.pop(key, None)

    def write_off(self) -> None:
        """Book every open reservation at its whole amount: nobody will tell what became of its call."""
        for key, held in list(self.reservations.items()):
            self.settle(
                key,
                cost=held.amount,
                usage=Usage(),
                calls=1,
                priced=True,
                wasted_cost=held.amount,
                wasted_calls=1,
                estimated=True,
            )

    def raise_limit(self, new: int) -> None:
        """Set the limit, in micro-dollars. A person who sets it has seen the spend, so thresholds already
        passed under the new limit are not asked about again. Errors: LedgerError when it is spent already."""
        taken = self.settled + self.reserved
        if new <= taken:
            raise LedgerError(
                f"the new limit {dollars(new)} is not above what is spent and reserved, "
                f"{dollars(taken, ROUND_CEILING)}: name a higher limit"
            )
        self.limit_microusd = new
        self.warned = self._reached(self.warn_at)
        self.allowed_to_limit = self._reached(self.ask_at)

    def told_limit(self, before: int | None, otherwise: str) -> str:
        """The limit in words: a lowered one is called so, any other by the word `otherwise`."""
        now = self.limit_microusd or 0
        if before is not None and now < before:
            return f"limit lowered from {dollars(before)} to {dollars(now)}"
        return f"limit {otherwise} to {dollars(now)}"

    def should_warn(self) -> bool:
        """True until the caller sets `warned`."""
        return not self.warned and self._reached(self.warn_at)

    def needs_approval(self, next_amount: int = 0) -> bool:
        """Whether a person must answer before `next_amount` is reserved. When it does not fit, an approval
        alone cannot help: only a raised limit can."""
        return not self.fits(next_amount) or (not self.allowed_to_limit and self._reached(self.ask_at))

    def exceeded(self, next_amount: int = 0) -> str:
        """The text of a run that ends here because `next_amount` does not fit."""
        return exceeded_text(self.settled + self.reserved + next_amount, self.limit_microusd or 0)

    def approval_required(self, next_amount: int = 0) -> str:
        """The text of the gate: what is settled, against the limit; and the limit that it takes to go on, where
        `next_amount` does not fit below this one."""
        text = approval_text(self.ask_at, self.settled, self.limit_microusd or 0)
        needed = self.settled + self.reserved + next_amount
        return text if self.fits(next_amount) else f"{text}; {needed_text(needed)}"

    def summary(self) -> CostSummary:
        return CostSummary(
            spent_usd=usd(self.settled),
            reserved_usd=usd(self.reserved),
            limit_usd=None if self.limit_microusd is None else usd(self.limit_microusd),
            wasted_usd=usd(sum(entry.wasted_cost for entry in self.entries)),
            calls=sum(entry.calls for entry in self.entries),
            tokens=sum(entry.input_tokens + entry.output_tokens for entry in self.entries),
            priced=all(entry.priced for entry in self.entries),
            by_phase=lines([(entry.phase, entry) for entry in self.entries]),
            by_model=lines(
                [(entry.model, entry) for entry in sorted(self.entries, key=lambda entry: entry.model)]
            ),
        )

    def _reached(self, share: float) -> bool:
        # Decimal, because 0.55 * 100 is above 55 in floats and the edge itself must count.
        return self.limit_microusd is not None and self.settled >= Decimal(str(share)) * self.limit_microusd

    def _entry(self, phase: str, model: str) -> Entry:
        for entry in self.entries:
            if (entry.phase, entry.model) == (phase, model):
                return entry
        added = Entry(phase=phase, model=model)
        self.entries.append(added)
        self.entries.sort(key=place)
        return added

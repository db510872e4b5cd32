"""What the ledger holds: reservations, settled keys, and the lines that they add up to."""

from __future__ import annotations

from typing import NamedTuple

from faber.contract.delivery import CostLine
from faber.contract.money import usd
from faber.contract.names import PHASES
from faber.contract.wire import FromWorker
from faber.errors import FaberError

_PHASE_ORDER: dict[str, int] = {phase: place for place, phase in enumerate(PHASES)}


class LedgerError(FaberError):
    """A booking or a limit that cannot be."""

    code = "LEDGER"


class Reservation(FromWorker):
    """Micro-dollars set aside for one call that may be under way."""

    phase: str
    model: str
    amount: int


NEVER_RESERVED = Reservation(phase="unattributed", model="unattributed", amount=0)


class Booked(NamedTuple):
    """What one key was settled at, over all its attempts: micro-dollars, requests, tokens. `cost` and
    `calls` include the wasted ones."""

    cost: int
    wasted_cost: int
    calls: int
    wasted_calls: int
    input_tokens: int
    output_tokens: int

    def beyond(self, before: Booked) -> Booked:
        return Booked(*(max(0, new - old) for new, old in zip(self, before, strict=True)))

    def plus(self, more: Booked) -> Booked:
        return Booked(*(one + other for one, other in zip(self, more, strict=True)))


class Entry(FromWorker):
    """Settled spend of one (phase, model), in micro-dollars. `cost` and `calls` include the wasted ones."""

    phase: str
    model: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0
    wasted_cost: int = 0
    wasted_calls: int = 0
    priced: bool = True
    estimated: bool = False

    def book(self, more: Booked) -> None:
        self.calls += more.calls
        self.input_tokens += more.input_tokens
        self.output_tokens += more.output_tokens
        self.cost += more.cost
        self.wasted_cost += more.wasted_cost
        self.wasted_calls += more.wasted_calls


def never_negative(what: str, amount: int) -> None:
    if amount < 0:
        raise LedgerError(f"the {what} to book is negative ({amount}): report what the provider billed")


def place(entry: Entry) -> tuple[int, str, str]:
    return (_PHASE_ORDER.get(entry.phase, len(PHASES)), entry.phase, entry.model)


def lines(named: list[tuple[str, Entry]]) -> list[CostLine]:
    grouped: dict[str, list[Entry]] = {}
    for name, entry in named:
        grouped.setdefault(name, []).append(entry)
    return [
        CostLine(
            name=name,
            calls=sum(entry.calls for entry in entries),
            input_tokens=sum(entry.input_tokens for entry in entries),
            output_tokens=sum(entry.output_tokens for entry in entries),
            cost_usd=usd(sum(entry.cost for entry in entries)),
            wasted_usd=usd(sum(entry.wasted_cost for entry in entries)),
            wasted_calls=sum(entry.wasted_calls for entry in entries),
            priced=all(entry.priced for entry in entries),
            estimated=any(entry.estimated for entry in entries),
        )
        for name, entries in grouped.items()
    ]

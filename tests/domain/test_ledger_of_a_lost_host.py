"""What becomes of reserved money when nobody will tell what became of its call."""

from __future__ import annotations

from domain.ledger import Ledger
from faber.contract.money import Usage

TEN = 10_000_000


def test_it_is_booked_whole_as_wasted_and_no_money_comes_back() -> None:
    ledger = Ledger(limit_microusd=TEN)
    assert ledger.reserve("known", "build", "p:m", 1_000)
    ledger.settle("known", cost=1_000, usage=Usage(), calls=1, priced=True)
    assert ledger.reserve("a", "build", "p:m", 5_000) and ledger.reserve("b", "build", "p:m", 7_000)
    ledger.write_off()
    assert (ledger.settled, ledger.reserved, ledger.remaining) == (13_000, 0, TEN - 13_000)
    (line,) = ledger.summary().by_phase
    assert (line.calls, line.wasted_calls, line.wasted_usd, line.estimated) == (3, 2, 0.012, True)

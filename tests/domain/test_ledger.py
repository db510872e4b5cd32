"""The run's ledger, example by example: edges of the thresholds, overshoot, repeats, limits."""

from __future__ import annotations

import pytest

from domain.ledger import Ledger, LedgerError
from faber.contract.money import Usage

TEN = 10_000_000


def spend(ledger: Ledger, key: str, cost: int, *, phase: str = "build", model: str = "p:m") -> int:
    assert ledger.reserve(key, phase, model, 0)
    return ledger.settle(key, cost=cost, usage=Usage(input_tokens=3, output_tokens=2), calls=1, priced=True)


@pytest.mark.parametrize(
    ("settled", "warns", "asks"),
    [
        (7_990_000, False, False),
        (7_999_999, False, False),
        (8_000_000, True, False),
        (8_999_999, True, False),
        (9_000_000, True, True),
        (10_000_000, True, True),
        (10_000_001, True, True),
    ],
)
def test_a_threshold_counts_from_its_edge_on(settled: int, warns: bool, asks: bool) -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", settled)
    assert (ledger.should_warn(), ledger.needs_approval()) == (warns, asks or settled > TEN)


@pytest.mark.parametrize("percent", range(1, 100))
def test_an_edge_that_floats_would_miss_counts_too(percent: int) -> None:
    ledger = Ledger(limit_microusd=100, warn_at=percent / 100, ask_at=1.0)
    spend(ledger, "a", percent - 1)
    assert not ledger.should_warn()
    spend(ledger, "b", 1)
    assert ledger.should_warn()


def test_reserved_money_does_not_reach_a_threshold_but_fills_the_limit() -> None:
    ledger = Ledger(limit_microusd=TEN)
    assert ledger.reserve("a", "build", "p:m", TEN)
    assert not ledger.should_warn()
    assert not ledger.needs_approval()
    assert ledger.needs_approval(1)
    assert not ledger.reserve("b", "build", "p:m", 1)
    assert list(ledger.reservations) == ["a"]
    assert ledger.remaining == 0


def test_a_reservation_fits_up_to_the_last_micro_dollar() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 4_000_000)
    assert ledger.remaining == 6_000_000
    assert not ledger.reserve("b", "build", "p:m", 6_000_001)
    assert ledger.reserve("b", "build", "p:m", 6_000_000)


def test_without_a_limit_everything_fits_and_nobody_is_asked() -> None:
    ledger = Ledger()
    spend(ledger, "a", 10**12)
    assert ledger.reserve("b", "build", "p:m", 10**12)
    assert ledger.remaining is None
    assert not ledger.should_warn()
    assert not ledger.needs_approval(10**12)
    assert ledger.overshoot == 0


def test_the_warning_is_given_once() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 9_500_000)
    ledger.warned = True
    assert not ledger.should_warn()


def test_an_approval_goes_as_far_as_the_limit_and_not_beyond() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 9_500_000)
    ledger.allowed_to_limit = True
    assert not ledger.needs_approval(500_000)
    assert ledger.needs_approval(500_001)


def test_a_cost_above_the_reservation_is_booked_whole_and_stated() -> None:
    ledger = Ledger(limit_microusd=TEN)
    ledger.reserve("a", "build", "p:m", 9_000_000)
    assert ledger.settle("a", cost=11_000_000, usage=Usage(), calls=1, priced=True) == 2_000_000
    assert (ledger.settled, ledger.reserved, ledger.remaining) == (11_000_000, 0, 0)
    assert ledger.overshoot == 1_000_000


def test_a_cost_below_the_reservation_overshoots_by_nothing() -> None:
    ledger = Ledger(limit_microusd=TEN)
    ledger.reserve("a", "build", "p:m", 9_000_000)
    assert ledger.settle("a", cost=1, usage=Usage(), calls=1, priced=True) == 0
    assert ledger.overshoot == 0


def test_a_repeated_reservation_counts_once_at_its_latest_amount() -> None:
    ledger = Ledger(limit_microusd=TEN)
    assert ledger.reserve("a", "build", "p:m", 6_000_000)
    assert ledger.reserve("a", "build", "p:m", 7_000_000)
    assert ledger.reserved == 7_000_000
    assert not ledger.reserve("a", "build", "p:m", TEN + 1)
    assert ledger.reserved == 7_000_000


def test_an_open_reservation_is_confirmed_even_when_another_call_overshot_the_limit() -> None:
    ledger = Ledger(limit_microusd=TEN)
    ledger.reserve("a", "build", "p:m", 5_000_000)
    spend(ledger, "b", 6_000_000)
    assert ledger.reserve("a", "build", "p:m", 5_000_000)


def test_a_released_key_gives_its_money_back_and_releasing_it_again_changes_nothing() -> None:
    ledger = Ledger(limit_microusd=TEN)
    ledger.reserve("a", "build", "p:m", TEN)
    ledger.release("a")
    ledger.release("a")
    assert ledger.remaining == TEN


def test_releasing_a_settled_key_keeps_its_cost() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 5)
    ledger.release("a")
    assert ledger.settled == 5


def test_settling_twice_is_settling_once() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 5)
    before = ledger.model_copy(deep=True)
    assert ledger.settle("a", cost=5, usage=Usage(input_tokens=3, output_tokens=2), calls=1, priced=True) == 0
    assert ledger == before


def test_a_key_settled_again_after_a_repair_books_only_what_the_later_attempt_added() -> None:
    ledger = Ledger(limit_microusd=TEN)
    ledger.reserve("a", "build", "p:m", 100)
    ledger.settle("a", cost=7, usage=Usage(), calls=1, priced=True, wasted_cost=7, wasted_calls=1)
    ledger.reserve("a", "build", "p:m", 100)
    used = Usage(input_tokens=10, output_tokens=5)
    assert ledger.settle("a", cost=27, usage=used, calls=2, priced=True, wasted_cost=7, wasted_calls=1) == 0
    ledger.settle("a", cost=27, usage=used, calls=2, priced=True, wasted_cost=7, wasted_calls=1)
    (line,) = ledger.summary().by_phase
    assert (ledger.settled, ledger.reserved) == (27, 0)
    assert (line.calls, line.wasted_calls, line.input_tokens, line.output_tokens) == (2, 1, 10, 5)


def test_the_wasted_part_is_told_apart_within_the_whole_cost() -> None:
    ledger = Ledger(limit_microusd=TEN)
    ledger.reserve("a", "build", "p:m", 10)
    over = ledger.settle("a", cost=12, usage=Usage(), calls=3, priced=True, wasted_cost=4, wasted_calls=2)
    summary = ledger.summary()
    assert (over, ledger.settled, summary.calls) == (2, 12, 3)
    assert (summary.spent_usd, summary.wasted_usd) == (0.000012, 0.000004)
    assert summary.by_model[0].wasted_calls == 2


def test_a_bill_for_a_call_that_was_never_reserved_is_booked_all_the_same() -> None:
    ledger = Ledger(limit_microusd=TEN)
    assert ledger.settle("lost", cost=9, usage=Usage(), calls=1, priced=True) == 9
    assert ledger.settled == 9
    assert [line.name for line in ledger.summary().by_phase] == ["unattributed"]


def test_cached_input_counts_as_input() -> None:
    ledger = Ledger()
    ledger.reserve("a", "build", "p:m", 0)
    usage = Usage(input_tokens=1, cache_read_tokens=20, cache_write_tokens=300, output_tokens=4000)
    ledger.settle("a", cost=1, usage=usage, calls=1, priced=True)
    assert ledger.summary().tokens == 4321
    assert ledger.summary().by_phase[0].wasted_calls == 0
    assert ledger.summary().by_phase[0].input_tokens == 321


@pytest.mark.parametrize(
    "amounts",
    [
        {"cost": -1},
        {"calls": -1},
        {"wasted_cost": -1},
        {"wasted_calls": -1},
        {"usage": Usage(output_tokens=-1)},
    ],
)
def test_a_negative_booking_is_refused_and_changes_nothing(amounts: dict[str, int]) -> None:
    ledger = Ledger()
    ledger.reserve("a", "build", "p:m", 5)
    given = {"cost": 1, "usage": Usage(), "calls": 1, "priced": True, **amounts}
    with pytest.raises(LedgerError, match="negative"):
        ledger.settle("a", **given)  # type: ignore[arg-type]
    assert (ledger.settled, ledger.reserved) == (0, 5)
    with pytest.raises(LedgerError, match="negative"):
        ledger.reserve("b", "build", "p:m", -1)


def test_a_new_limit_at_or_below_what_is_taken_is_refused_with_the_amounts() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 4_000_000)
    ledger.reserve("b", "build", "p:m", 1_000_000)
    with pytest.raises(LedgerError, match=r"\$5\.00 is not above .* \$5\.00"):
        ledger.raise_limit(5_000_000)
    assert ledger.limit_microusd == TEN
    ledger.raise_limit(5_000_001)
    assert ledger.limit_microusd == 5_000_001


def test_a_raised_limit_warns_and_asks_anew_when_its_own_thresholds_are_reached() -> None:
    ledger = Ledger(limit_microusd=TEN, warned=True, allowed_to_limit=True)
    spend(ledger, "a", 9_500_000)
    ledger.raise_limit(20_000_000)
    assert not ledger.needs_approval()
    spend(ledger, "b", 8_500_000)
    assert ledger.should_warn()
    assert ledger.needs_approval()


def test_a_limit_raised_by_a_little_does_not_ask_the_same_person_at_once_again() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 9_900_000)
    ledger.raise_limit(10_500_000)
    assert not ledger.needs_approval(1)
    assert not ledger.should_warn()


def test_the_summary_lists_phases_in_their_order_and_models_by_name() -> None:
    ledger = Ledger(limit_microusd=TEN)
    for key, phase, model in [
        ("1", "release", "b"),
        ("2", "build", "c"),
        ("3", "frame", "b"),
        ("4", "build", "a"),
    ]:
        spend(ledger, key, 1_000, phase=phase, model=model)
    ledger.reserve("5", "release", "b", 500_000)
    summary = ledger.summary()
    assert [line.name for line in summary.by_phase] == ["frame", "build", "release"]
    assert [(line.name, line.calls) for line in summary.by_model] == [("a", 1), ("b", 2), ("c", 1)]
    assert (summary.spent_usd, summary.reserved_usd, summary.limit_usd) == (0.004, 0.5, 10.0)


def test_one_unpriced_or_estimated_call_marks_its_own_lines_and_the_total() -> None:
    ledger = Ledger()
    for key, model, priced, usage in [
        ("1", "known", True, Usage()),
        ("2", "new", False, Usage(estimated=True)),
        ("3", "new", True, Usage()),
    ]:
        ledger.reserve(key, "build", model, 0)
        ledger.settle(key, cost=1, usage=usage, calls=1, priced=priced)
    summary = ledger.summary()
    assert [(line.name, line.priced, line.estimated) for line in summary.by_model] == [
        ("known", True, False),
        ("new", False, True),
    ]
    assert not summary.priced
    assert summary.by_phase[0].estimated


def test_a_lost_call_booked_at_its_worst_case_says_that_it_is_estimated() -> None:
    ledger = Ledger()
    ledger.reserve("a", "build", "p:m", 50)
    ledger.settle(
        "a", cost=0, usage=Usage(), calls=1, priced=True, wasted_cost=50, wasted_calls=1, estimated=True
    )
    (line,) = ledger.summary().by_phase
    assert (line.estimated, line.wasted_calls, ledger.settled) == (True, 1, 50)


def test_the_texts_name_what_is_spent_and_wanted_against_the_limit() -> None:
    ledger = Ledger(limit_microusd=TEN)
    spend(ledger, "a", 9_100_000)
    assert ledger.exceeded() == "Budget exceeded: $9.10 / $10.00"
    assert ledger.approval_required() == "Budget approval required at 90%: $9.10 / $10.00"
    assert ledger.approval_required(900_000) == "Budget approval required at 90%: $9.10 / $10.00"
    assert ledger.approval_required(901_000) == (
        "Budget approval required at 90%: $9.10 / $10.00; the next call needs a limit of $10.01"
    )
    ledger.reserve("b", "build", "p:m", 100_000)
    assert ledger.exceeded(2_800_000) == "Budget exceeded: $12.00 / $10.00"


def test_more_waste_than_cost_is_booked_as_the_waste() -> None:
    ledger = Ledger()
    ledger.reserve("a", "build", "p:m", 50)
    ledger.settle("a", cost=0, usage=Usage(), calls=0, priced=True, wasted_cost=9, wasted_calls=2)
    assert (ledger.settled, ledger.summary().calls) == (9, 2)

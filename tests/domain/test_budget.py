"""Worst cases, what still fits, and the texts that callers look for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from faber.contract.money import Price, Usage

SONNET = Price(model="p:m", input=3_000_000, output=15_000_000)


def test_the_worst_case_is_all_input_and_all_output_at_list_price() -> None:
    assert worst_case(SONNET, 1_000_000, 1_000_000) == 18_000_000


def test_the_worst_case_is_rounded_up() -> None:
    assert worst_case(Price(model="p:m", input=1, output=1), 1, 0) == 1
    assert worst_case(Price(model="p:m", input=0, output=0), 9, 9) == 0


@pytest.mark.parametrize("dearer", [{"cache_write": 4_000_000}, {"cache_read": 4_000_000}])
def test_the_worst_case_takes_the_dearest_kind_of_input(dearer: dict[str, int]) -> None:
    assert worst_case(SONNET.model_copy(update=dearer), 1_000_000, 0) == 4_000_000
    assert worst_case(SONNET.model_copy(update={"cache_read": 300_000}), 1_000_000, 0) == 3_000_000


def test_output_shrinks_to_what_fits() -> None:
    assert affordable_output(SONNET, 0, 16_384, 10**9) == 16_384
    assert affordable_output(SONNET, 0, 16_384, 30_000) == 2_000
    assert affordable_output(SONNET, 1_000, 16_384, 33_000) == 2_000


def test_below_the_floor_it_does_not_fit() -> None:
    assert affordable_output(SONNET, 0, 16_384, 1024 * 15) == 1024
    assert affordable_output(SONNET, 0, 16_384, 1024 * 15 - 1) == 0
    assert affordable_output(SONNET, 10**6, 16_384, 2_999_999) == 0


def test_a_short_answer_that_was_wanted_short_still_fits() -> None:
    assert affordable_output(SONNET, 0, 100, 1_500) == 100
    assert affordable_output(SONNET, 0, 100, 1_499) == 0


def test_without_a_limit_or_an_output_price_all_of_it_fits() -> None:
    free = Price(model="p:m", input=1_000_000, output=0)
    assert affordable_output(SONNET, 10**9, 16_384, None) == 16_384
    assert affordable_output(free, 5, 16_384, 5) == 16_384
    assert affordable_output(free, 6, 16_384, 5) == 0


@given(
    input_rate=st.integers(0, 10**8),
    output_rate=st.integers(0, 10**8),
    tokens=st.integers(0, 10**6),
    wanted=st.integers(1, 10**5),
    remaining=st.integers(0, 10**8),
)
def test_what_is_affordable_fits_and_one_token_more_would_not(
    input_rate: int, output_rate: int, tokens: int, wanted: int, remaining: int
) -> None:
    price = Price(model="p:m", input=input_rate, output=output_rate)
    output = affordable_output(price, tokens, wanted, remaining)
    assert 0 <= output <= wanted
    if output:
        assert worst_case(price, tokens, output) <= remaining
        assert output == wanted or worst_case(price, tokens, output + 1) > remaining
    else:
        assert worst_case(price, tokens, min(1024, wanted)) > remaining


def test_the_next_input_is_at_most_the_last_exchange_and_a_token_for_each_new_byte() -> None:
    last = Usage(input_tokens=100, cache_read_tokens=20, cache_write_tokens=3, output_tokens=50)
    assert input_bound(all_input(last), last.output_tokens, 7) == 180


@pytest.mark.parametrize(
    ("option", "configured", "limit"),
    [
        (5.0, 10.0, 5_000_000),
        (None, 10.0, 10_000_000),
        (None, None, None),
        (None, 0.0, None),
        (None, -1.0, None),
        (0.0000001, 10.0, 1),
    ],
)
def test_the_limit_is_the_option_else_the_configuration_and_nothing_is_unlimited(
    option: float | None, configured: float | None, limit: int | None
) -> None:
    assert limit_of(option, configured) == limit


def test_the_texts_are_exactly_the_ones_that_callers_look_for() -> None:
    assert exceeded_text(12_000_000, 10_000_000) == "Budget exceeded: $12.00 / $10.00"
    assert approval_text(0.9, 9_100_000, 10_000_000) == "Budget approval required at 90%: $9.10 / $10.00"
    assert needed_text(13_021_000) == "the next call needs a limit of $13.03"
    assert approval_text(0.875, 9_100_000, 10_000_000).startswith("Budget approval required at 87.5%: ")
    assert approval_text(0.07, 0, 10_000_000) == "Budget approval required at 7%: $0.00 / $10.00"


def test_an_exceeded_budget_never_reads_as_within_it() -> None:
    assert exceeded_text(10_000_001, 10_000_000) == "Budget exceeded: $10.01 / $10.00"


def test_small_amounts_keep_their_digits() -> None:
    assert [dollars(amount) for amount in (0, 4_000, 99_999, 100_000, 1_005_000)] == [
        "$0.00",
        "$0.0040",
        "$0.1000",
        "$0.10",
        "$1.01",
    ]

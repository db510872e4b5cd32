"""What holds for every ledger, whatever is reserved, settled, released and in whatever order."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import Ledger
from faber.contract.money import Usage, micro

AMOUNTS = st.integers(0, 1_000)
KEYS = st.sampled_from(["a", "b", "c", "d"])


@dataclass(frozen=True)
class Call:
    key: str
    phase: str
    model: str
    cost: int
    wasted: int
    priced: bool

    def settle(self, ledger: Ledger) -> None:
        usage = Usage(input_tokens=self.cost, output_tokens=self.wasted)
        ledger.settle(
            self.key,
            cost=self.cost + self.wasted,
            usage=usage,
            calls=2,
            priced=self.priced,
            wasted_cost=self.wasted,
            wasted_calls=1,
        )


CALLS = st.lists(
    st.builds(
        Call,
        key=st.text("abcdefgh", min_size=1, max_size=3),
        phase=st.sampled_from(["frame", "architect", "build", "evaluate", "release"]),
        model=st.sampled_from(["x", "y", "z"]),
        cost=AMOUNTS,
        wasted=AMOUNTS,
        priced=st.booleans(),
    ),
    unique_by=lambda call: call.key,
    max_size=12,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), KEYS, AMOUNTS),
        st.tuples(st.just("settle"), KEYS, AMOUNTS),
        st.tuples(st.just("release"), KEYS, AMOUNTS),
        st.tuples(st.just("raise"), KEYS, st.integers(1, 5_000)),
    ),
    max_size=30,
)


def reserved_for(calls: list[Call]) -> Ledger:
    ledger = Ledger(limit_microusd=10**9)
    for call in calls:
        assert ledger.reserve(call.key, call.phase, call.model, 2_000)
    return ledger


@given(limit=st.integers(1, 3_000), steps=STEPS)
def test_nothing_is_ever_negative_and_a_reservation_never_passes_the_limit(
    limit: int, steps: list[tuple[str, str, int]]
) -> None:
    ledger = Ledger(limit_microusd=limit)
    for step, key, amount in steps:
        before, held = ledger.settled, ledger.reserved
        if step == "reserve" and ledger.reserve(key, "build", "m", amount):
            assert ledger.limit_microusd is not None
            assert ledger.settled + ledger.reserved <= max(ledger.limit_microusd, before + held)
        elif step == "settle":
            ledger.settle(key, cost=amount, usage=Usage(), calls=1, priced=True)
        elif step == "release":
            ledger.release(key)
        elif step == "raise" and amount > before + held:
            ledger.raise_limit(amount)
        assert ledger.settled >= before, "spend never goes down"
        assert ledger.reserved >= 0
        assert ledger.remaining is not None and ledger.remaining >= 0
        ledger = Ledger.model_validate_json(ledger.model_dump_json())


@given(calls=CALLS, seed=st.integers())
def test_the_order_of_settlement_is_irrelevant(calls: list[Call], seed: int) -> None:
    shuffled = random.Random(seed).sample(calls, len(calls))
    one, other = reserved_for(calls), reserved_for(calls)
    for call in calls:
        call.settle(one)
    for call in shuffled:
        call.settle(other)
    assert one == other
    assert one.summary() == other.summary()


@given(calls=CALLS, repeats=st.lists(st.integers(0, 11)))
def test_any_number_of_repeated_settlements_counts_once(calls: list[Call], repeats: list[int]) -> None:
    once, often = reserved_for(calls), reserved_for(calls)
    for call in calls:
        call.settle(once)
        call.settle(often)
    for place in repeats:
        if place < len(calls):
            calls[place].settle(often)
    assert once == often


@given(calls=CALLS)
def test_the_parts_of_the_summary_add_up_to_its_total(calls: list[Call]) -> None:
    ledger = reserved_for(calls)
    for call in calls:
        call.settle(ledger)
    summary = ledger.summary()
    expected = sum(call.cost + call.wasted for call in calls)
    assert ledger.settled == micro(summary.spent_usd) == expected
    for lines in (summary.by_phase, summary.by_model):
        assert sum(micro(line.cost_usd) for line in lines) == expected
        assert sum(micro(line.wasted_usd) for line in lines) == micro(summary.wasted_usd)
        assert sum(line.calls for line in lines) == summary.calls == 2 * len(calls)
        assert sum(line.wasted_calls for line in lines) == len(calls)
        assert sum(line.input_tokens + line.output_tokens for line in lines) == summary.tokens == expected
        assert all(line.priced for line in lines) == summary.priced == all(call.priced for call in calls)
        assert len({line.name for line in lines}) == len(lines)


@given(calls=CALLS, carried=st.integers(0, 12))
def test_carrying_the_ledger_as_json_resets_nothing(calls: list[Call], carried: int) -> None:
    kept, travelled = reserved_for(calls), reserved_for(calls)
    for place, call in enumerate(calls):
        if place == carried:
            travelled = Ledger.model_validate_json(travelled.model_dump_json())
        call.settle(kept)
        call.settle(travelled)
    assert Ledger.model_validate_json(travelled.model_dump_json()) == kept

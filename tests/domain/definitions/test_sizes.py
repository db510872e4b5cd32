"""What is kept outside of history is what is large, and the largest of what is large together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.definitions.sizes import LARGEST_KEPT, MOST_KEPT, OF_A_REFERENCE, large, share, size

TEXTS = st.integers(0, 40_000).map(lambda length: "é" * (length // 6))


@given(st.dictionaries(st.text(max_size=5), TEXTS, max_size=30), st.integers(1_000, 200_000))
def test_what_is_left_is_small_each_and_together(values: dict[str, str], most: int) -> None:
    away = large(values, most)
    left = [size(value) for name, value in values.items() if name not in away]
    assert all(each <= LARGEST_KEPT for each in left)
    together = sum(left) + OF_A_REFERENCE * len(away)
    assert together <= most or all(each <= OF_A_REFERENCE for each in left)


@given(st.dictionaries(st.text(max_size=5), TEXTS, max_size=30))
def test_nothing_is_put_away_that_fits(values: dict[str, str]) -> None:
    sizes = [size(value) for value in values.values()]
    if sum(sizes) <= MOST_KEPT and all(each <= LARGEST_KEPT for each in sizes):
        assert large(values) == []


@given(st.integers(0, 1_000))
def test_a_lists_outputs_fit_together(among: int) -> None:
    assert OF_A_REFERENCE <= share(among) <= LARGEST_KEPT
    assert share(among) * among <= max(MOST_KEPT, OF_A_REFERENCE * among)

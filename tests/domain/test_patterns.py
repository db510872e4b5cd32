"""Patterns of other people: what RE2 takes is matched in linear time, what it does not is refused in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.patterns import WORK, PatternRefused, cost, fits, occurs, problem_with


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(?=a)b", "looks ahead or behind"),
        (r"(?<!a)b", "looks ahead or behind"),
        (r"(a)\1", "refers back to a group"),
        (r"\k<a>", "refers back to a group"),
        (r"a\Z", r"write \z"),
        (r"\u00e9", r"write \x{00e9}"),
        ("a{1001}", "a repetition is larger than 1,000"),
        ("(a{0,300}){0,300}", "a repetition is larger than 1,000"),
        (r"\p{L}{1,900}", "too large once its repetitions are written out"),
        ("(", "missing )"),
        ("a" * 1_001, "more than 1,000"),
    ],
)
def test_a_pattern_that_is_not_taken_is_refused_in_plain_words(pattern: str, said: str) -> None:
    assert said in (problem_with(pattern) or "")
    with pytest.raises(PatternRefused):
        fits(pattern, "a")


def test_a_pattern_fits_the_whole_text_or_occurs_anywhere_in_it() -> None:
    assert fits("[a-z]+", "abc")
    assert not fits("[a-z]+", "abc\n")
    assert not fits("[a-z]+", "1abc")
    assert occurs("[a-z]+", "1abc1")
    assert fits(r"\p{L}+", "é")
    assert not occurs("é", "\ud800")


def test_a_text_that_would_cost_too_much_is_refused_before_it_is_matched() -> None:
    pattern = "[ab]*a" + "[ab]{1000}" * 3
    assert not fits(pattern, "b" * 5_000)
    long = "b" * (WORK // 3_000)
    assert cost(pattern, long) > WORK
    with pytest.raises(PatternRefused, match="too long for the pattern"):
        occurs(pattern, long)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40) | st.from_regex(r"\A[ab()+*?{}0-9,|\\\[\].^$]{1,40}\Z"), st.text("ab!", max_size=200)
)
def test_any_pattern_matches_or_is_refused(pattern: str, text: str) -> None:
    try:
        answer = fits(pattern, text)
    except PatternRefused:
        assert problem_with(pattern)
    else:
        assert problem_with(pattern) is None
        assert answer in (True, False)

"""Signals sent by hand: what is understood, and the reason why the rest is ignored."""

from __future__ import annotations

from typing import Any

import pytest

from domain.gates import parse_signal
from faber.contract.delivery import BudgetRaise, Decision, Pause


def test_a_decision_may_be_an_object_or_a_bare_word() -> None:
    whole = {
        "decision": "revise",
        "request_id": "a-1-b",
        "comment": "c",
        "actor": "ann",
        "via": "temporal-cli",
    }
    assert parse_signal("decide", [whole]) == Decision.model_validate(whole)
    assert parse_signal("decide", ["Approved"]) == Decision(decision="approve")


def test_a_raise_is_an_object_with_an_amount() -> None:
    assert parse_signal("raise_budget", [{"limit_usd": 20}]) == BudgetRaise(limit_usd=20)
    assert parse_signal("raise_budget", [{"limit_usd": 1e9}]) == BudgetRaise(limit_usd=1e9)


@pytest.mark.parametrize("name", ["pause", "resume"])
@pytest.mark.parametrize("args", [[], [None], [{}]])
def test_pausing_and_resuming_need_no_words(name: str, args: list[Any]) -> None:
    assert parse_signal(name, args) == Pause()
    assert parse_signal(name, [{"reason": "lunch"}]) == Pause(reason="lunch")


@pytest.mark.parametrize(
    ("name", "args", "why"),
    [
        ("decide", [], "it takes one JSON object, not nothing"),
        ("decide", [None], "it takes one JSON object, not nothing"),
        ("raise_budget", [], "it takes one JSON object, not nothing"),
        ("raise_budget", ["20"], "it takes one JSON object, not a str"),
        ("pause", ["now"], "it takes one JSON object, not a str"),
        ("decide", [["approve"]], "it takes one JSON object, not a list"),
        ("decide", [{"decision": "approve"}] * 2, "it has 2 inputs and takes one JSON object"),
        ("decide", ["maybe"], "decision: Input should be 'approve', 'reject' or 'revise'"),
        ("decide", [{}], "decision: Field required"),
        ("decide", [{"decision": "approve", "reqest_id": "x"}], "reqest_id: Extra inputs are not permitted"),
        ("decide", [{"decision": "approve", "comment": "\ud800"}], "comment: Input should be a valid string"),
        ("decide", [{"decision": "approve", "\ud800": 1}], "input: Input should be a valid string"),
        ("raise_budget", [{"limit_usd": 0}], "limit_usd: Input should be greater than 0"),
        ("raise_budget", [{"limit_usd": True}], "limit_usd: Value error, must be a number of dollars"),
        ("raise_budget", [{"limit_usd": float("inf")}], "limit_usd: Input should be"),
        ("raise_budget", [{"limit_usd": 1.1e9}], "limit_usd: Input should be less than or equal"),
        ("approve", [], "unknown; known are decide, submit_form, raise_budget, pause, resume"),
    ],
)
def test_what_is_not_understood_is_ignored_with_its_reason(name: str, args: list[Any], why: str) -> None:
    parsed = parse_signal(name, args)
    assert isinstance(parsed, str)
    assert parsed.startswith(f"signal '{name}' ignored: {why}")


def test_the_senders_own_words_are_cut_and_cannot_reach_a_terminal() -> None:
    parsed = parse_signal("\x1b[31m" + "x" * 500, [])
    assert isinstance(parsed, str)
    assert parsed.isprintable() and len(parsed) < 300
    parsed = parse_signal("decide", [{"decision": "approve", "\x1b]0;owned\x07" + "y" * 500: 1}])
    assert isinstance(parsed, str)
    assert parsed.isprintable() and len(parsed) < 300

"""What gates do by themselves as time goes on, and what is kept of the answers that did not count."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.gates import Gates
from tests.domain.asking import NOON, ONE, TWO, answer, opened, refusal


def test_a_deadline_that_has_come_gives_the_default_answer() -> None:
    gates = Gates()
    gate = opened(gates, deadline_at=ONE)
    opened(gates, "release")
    opened(gates, "later", deadline_at=TWO)
    assert gates.due("2026-03-01T12:59:59+00:00") == []
    assert gates.due(ONE) == [gate]
    (view,) = gates.expire(ONE)
    assert (view.name, view.decision, view.actor, view.via) == ("architect", "reject", "deadline", "deadline")
    assert ONE in view.comment
    assert [left.name for left in gates.open] == ["release", "later"]
    assert gates.expire(ONE) == []


def test_the_default_answer_may_be_to_approve() -> None:
    gates = Gates()
    opened(gates, deadline_at=ONE, on_deadline="approve")
    assert gates.expire(TWO)[0].decision == "approve"


def test_an_answer_after_the_deadline_is_late_unless_it_says_the_same() -> None:
    gates = Gates()
    gate = opened(gates, deadline_at=NOON)
    (view,) = gates.expire(NOON)
    refused = refusal(gates, answer("approve", gate.request_id))
    assert refused.code == "LATE"
    assert NOON in refused.message
    assert gates.decide(answer("reject", gate.request_id), ONE) == view


def test_a_reminder_is_given_once() -> None:
    gates = Gates()
    gate = opened(gates, remind_at=ONE)
    opened(gates, "release")
    assert gates.reminders(NOON) == []
    assert gates.reminders(ONE) == [gate]
    assert gates.reminders(TWO) == []


def test_the_next_moment_is_the_earliest_reminder_or_deadline_that_is_still_to_come() -> None:
    gates = Gates()
    assert gates.next_at() is None
    opened(gates, "architect", remind_at=ONE, deadline_at="2026-03-01T15:00:00+00:00")
    opened(gates, "budget", deadline_at="2026-03-01T12:30:00-02:00")
    opened(gates, "pause")
    assert gates.next_at() == ONE
    gates.reminders(ONE)
    assert gates.next_at() == "2026-03-01T12:30:00-02:00"


def test_moments_may_be_datetimes_and_one_without_an_offset_is_utc() -> None:
    gates = Gates()
    opened(gates, opened_at=datetime(2026, 3, 1, 12, tzinfo=UTC), deadline_at=datetime(2026, 3, 1, 13))
    assert (gates.open[0].opened_at, gates.open[0].deadline_at) == (NOON, ONE)
    assert len(gates.due(datetime(2026, 3, 1, 13, tzinfo=UTC))) == 1


def test_the_latest_twenty_ignored_signals_are_kept_and_each_is_cut() -> None:
    gates = Gates()
    for number in range(25):
        gates.ignore(f"{number} " + "x" * 1_000)
    assert len(gates.ignored) == 20
    assert gates.ignored[0].startswith("5 ")
    assert max(map(len, gates.ignored)) == 300

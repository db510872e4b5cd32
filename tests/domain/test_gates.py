"""Gates, example by example: every refusal by its code, repeats, changed subjects, deadlines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.gates import Gate, GateRefused, Gates, request_id
from faber.contract.delivery import Decision, DecisionWord

NOON = "2026-03-01T12:00:00+00:00"
ONE = "2026-03-01T13:00:00+00:00"
TWO = "2026-03-01T14:00:00+00:00"


def opened(gates: Gates, name: str = "architect", **given: Any) -> Gate:
    fields: dict[str, Any] = {
        "kind": "approval",
        "what": "the specification",
        "opened_at": NOON,
        "subject": {"spec": "aa"},
    }
    return gates.open_gate(name, **{**fields, **given})


def answer(word: DecisionWord, id: str | None = None, **given: Any) -> Decision:
    return Decision(decision=word, request_id=id, **{"actor": "ann", "via": "http", **given})


def refusal(gates: Gates, decision: Decision, **policy: Any) -> GateRefused:
    before = gates.model_copy(deep=True)
    with pytest.raises(GateRefused) as refused:
        gates.decide(decision, ONE, **policy)
    assert gates == before, "a refused answer leaves no trace"
    return refused.value


def test_a_request_id_names_gate_and_round_and_hashes_the_meaningful_fields() -> None:
    first = request_id("architect", 2, {"a": 1, "b": "x"})
    assert first.startswith("architect-2-")
    assert len(first.rpartition("-")[2]) == 8
    assert request_id("architect", 2, {"b": "x", "a": 1}) == first, "the order of fields is no change"
    assert request_id("architect", 2, {"a": 2, "b": "x"}) != first


def test_an_approval_takes_three_words_and_the_other_gates_two() -> None:
    gates = Gates()
    assert opened(gates).allowed == ["approve", "reject", "revise"]
    assert opened(gates, "budget", kind="budget").allowed == ["approve", "reject"]
    assert opened(gates, "form", kind="form", allowed=["approve"]).allowed == ["approve"]


def test_opening_the_same_question_again_is_the_same_gate() -> None:
    gates = Gates()
    first = opened(gates)
    assert opened(gates, opened_at=ONE) is first
    assert len(gates.open) == 1


def test_an_answer_closes_its_gate_and_says_who_when_and_through_which_door() -> None:
    gates = Gates()
    gate = opened(gates, deadline_at=TWO)
    view = gates.decide(answer("revise", gate.request_id, comment="smaller"), ONE)
    assert gates.open == []
    assert gates.decided == [view]
    assert (view.name, view.kind, view.round, view.what) == ("architect", "approval", 1, "the specification")
    assert (view.decision, view.comment, view.actor, view.via) == ("revise", "smaller", "ann", "http")
    assert (view.bound, view.opened_at, view.decided_at, view.on_deadline) == (True, NOON, ONE, "reject")
    assert gates.view(gate.request_id) == view


def test_a_gate_without_a_deadline_promises_nothing_to_happen_by_itself() -> None:
    assert opened(Gates()).view().on_deadline is None


def test_an_answer_without_an_id_counts_for_the_only_open_gate_and_is_recorded_as_unbound() -> None:
    gates = Gates()
    opened(gates)
    assert gates.decide(answer("approve"), ONE).bound is False


def test_an_empty_id_is_no_id() -> None:
    gates = Gates()
    opened(gates)
    assert gates.decide(answer("approve", ""), ONE).bound is False


def test_an_answer_without_an_id_is_refused_while_none_or_several_are_open() -> None:
    gates = Gates()
    assert refusal(gates, answer("approve")).code == "AMBIGUOUS"
    ids = [opened(gates, name).request_id for name in ("architect", "budget")]
    refused = refusal(gates, answer("approve"))
    assert refused.code == "AMBIGUOUS"
    assert all(id in refused.message for id in ids)


def test_an_unbound_answer_is_refused_where_binding_is_required() -> None:
    gates = Gates()
    gate = opened(gates)
    refused = refusal(gates, answer("approve"), require_bound=True)
    assert refused.code == "UNBOUND"
    assert gate.request_id in refused.message
    assert gates.decide(answer("approve", gate.request_id), ONE, require_bound=True).bound is True


def test_an_unknown_request_is_refused_with_the_open_ones() -> None:
    gates = Gates()
    gate = opened(gates)
    refused = refusal(gates, answer("approve", "architect-9-00000000"))
    assert refused.code == "UNKNOWN_REQUEST"
    assert gate.request_id in refused.message
    assert refusal(Gates(), answer("approve", "x")).message.endswith("nothing is open")


def test_somebody_who_is_not_listed_is_refused_and_told_who_is() -> None:
    gates = Gates()
    gate = opened(gates)
    refused = refusal(gates, answer("approve", gate.request_id), approvers=["bea", "cy"])
    assert refused.code == "NOT_ALLOWED"
    assert "'ann'" in refused.message and "bea, cy" in refused.message
    assert gates.decide(answer("approve", gate.request_id), ONE, approvers=["ann"]).actor == "ann"


def test_a_word_that_the_gate_does_not_offer_is_refused_with_or_without_an_id() -> None:
    gates = Gates()
    gate = opened(gates, "budget", kind="budget")
    for id in (gate.request_id, None):
        refused = refusal(gates, answer("revise", id))
        assert refused.code == "NOT_OFFERED"
        assert "approve, reject" in refused.message


def test_an_identical_repeat_gives_the_first_answer_and_changes_nothing() -> None:
    gates = Gates()
    gate = opened(gates)
    first = gates.decide(answer("approve", gate.request_id), ONE)
    assert gates.decide(answer("approve", gate.request_id, actor="bea", comment="me too"), TWO) == first
    assert gates.decided == [first]


def test_a_second_decision_on_the_same_gate_is_refused_with_the_first_ones_author() -> None:
    gates = Gates()
    gate = opened(gates)
    gates.decide(answer("approve", gate.request_id), NOON)
    refused = refusal(gates, answer("reject", gate.request_id, actor="bea"))
    assert refused.code == "ALREADY_DECIDED"
    assert "by ann" in refused.message and "'approve'" in refused.message


def test_a_second_revision_with_other_wishes_is_not_swallowed_as_a_repeat() -> None:
    gates = Gates()
    gate = opened(gates)
    first = gates.decide(answer("revise", gate.request_id, comment="smaller"), NOON)
    assert gates.decide(answer("revise", gate.request_id, comment="smaller"), ONE) == first
    assert refusal(gates, answer("revise", gate.request_id, comment="bigger")).code == "ALREADY_DECIDED"


def test_a_changed_subject_reopens_the_gate_and_the_old_id_says_what_changed() -> None:
    gates = Gates()
    subject = {"spec": "aa", "head": "1", "gone": 1, "same": 0}
    old = opened(gates, subject=subject, deadline_at=ONE, allowed=["approve"])
    new = gates.reopen(
        "architect", subject={"spec": "bb", "head": "1", "more": None, "same": 0}, opened_at=ONE
    )
    assert gates.open == [new]
    assert (new.allowed, new.opened_at, new.deadline_at, new.what) == (["approve"], ONE, None, old.what)
    refused = refusal(gates, answer("approve", old.request_id))
    assert refused.code == "STALE"
    assert refused.message.startswith("stale: gone, more, spec changed; open: ")
    assert new.request_id in refused.message


def test_a_gate_that_was_decided_reopens_when_the_world_changed_afterwards() -> None:
    gates = Gates()
    old = opened(gates)
    gates.decide(answer("approve", old.request_id), ONE)
    new = gates.reopen("architect", subject={"spec": "bb"}, opened_at=TWO, what="the new one", remind_at=TWO)
    assert (new.what, new.remind_at, new.request_id != old.request_id) == ("the new one", TWO, True)
    assert refusal(gates, answer("approve", old.request_id)).code == "STALE"
    assert gates.answered("architect", 1, {"spec": "aa"}) is None, "a stale approval approves nothing"
    assert gates.decide(answer("approve", new.request_id), TWO).decision == "approve"


def test_a_gate_reopens_with_a_reminder_of_its_own() -> None:
    gates = Gates()
    opened(gates, remind_at=NOON)
    gates.reminders(NOON)
    assert not gates.reopen("architect", subject={"spec": "bb"}, opened_at=ONE, remind_at=TWO).reminded


def test_an_unchanged_subject_reopens_nothing() -> None:
    gates = Gates()
    gate = opened(gates, subject={"files": ("a", "b")})
    assert gates.reopen("architect", subject={"files": ("a", "b")}, opened_at=ONE) is gate
    gates.decide(answer("approve", gate.request_id), ONE)
    gates.reopen("architect", subject={"files": ["a", "b"]}, opened_at=TWO)
    assert (gates.open, gates.stale) == ([], {})


def test_a_gate_that_never_was_cannot_reopen() -> None:
    with pytest.raises(GateRefused, match="'release' was ever opened"):
        Gates().reopen("release", subject={}, opened_at=NOON)


def test_opening_a_gate_on_another_subject_or_round_makes_the_open_one_stale() -> None:
    gates = Gates()
    old = opened(gates)
    new = opened(gates, subject={"spec": "bb"})
    newest = opened(gates, subject={"spec": "bb"}, round=2)
    assert gates.open == [newest]
    assert gates.stale == {
        old.request_id: "stale: spec changed",
        new.request_id: "stale: round changed",
    }


def test_a_subject_that_comes_back_is_shown_under_its_first_id_again() -> None:
    gates = Gates()
    first = opened(gates)
    gates.reopen("architect", subject={"spec": "bb"}, opened_at=ONE)
    back = gates.reopen("architect", subject={"spec": "aa"}, opened_at=TWO)
    assert back.request_id == first.request_id
    assert gates.decide(answer("approve", first.request_id), TWO).decision == "approve"


def test_the_same_question_asked_after_its_answer_has_an_id_of_its_own() -> None:
    gates = Gates()
    repaired = {"kind": "manual_fix", "subject": {"error": "push refused"}}
    first = opened(gates, "fix", **repaired)
    gates.decide(answer("approve", first.request_id), ONE)
    second = opened(gates, "fix", **repaired)
    assert second.request_id != first.request_id
    assert opened(gates, "fix", **repaired) is second
    assert refusal(gates, answer("reject", first.request_id)).code == "ALREADY_DECIDED"
    assert gates.decide(answer("reject", second.request_id), TWO).decision == "reject"


def test_an_answered_question_is_found_again_by_its_gate_round_and_subject() -> None:
    gates = Gates()
    gate = opened(gates, subject={"files": ("a",)})
    assert gates.answered("architect", 1, {"files": ("a",)}) is None
    view = gates.decide(answer("approve", gate.request_id), ONE)
    assert gates.answered("architect", 1, {"files": ("a",)}) == view
    assert gates.answered("architect", 2, {"files": ("a",)}) is None
    assert gates.answered("release", 1, {"files": ("a",)}) is None
    assert gates.answered("architect", 1, {"files": ("b",)}) is None


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

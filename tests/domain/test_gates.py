"""Gates, example by example: every refusal by its code, repeats, changed subjects."""

from __future__ import annotations

from domain.gates import Gates, request_id
from tests.domain.asking import NOON, ONE, TWO, answer, opened, refusal


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
    gate = opened(gates, approvers=["bea", "Cy@example.org"])
    refused = refusal(gates, answer("approve", gate.request_id))
    assert refused.code == "NOT_ALLOWED"
    assert "'ann'" in refused.message and "bea, Cy@example.org" in refused.message
    assert gates.decide(answer("approve", gate.request_id, actor="cy@EXAMPLE.org"), ONE).decision == "approve"
    # Nor may they repeat what a listed one said.
    assert refusal(gates, answer("approve", gate.request_id)).code == "NOT_ALLOWED"


def test_a_gate_that_needs_two_stays_open_until_the_second_person_approves() -> None:
    gates = Gates()
    gate = opened(gates, approvers=["ann", "bea"], needed=2)
    first = gates.decide(answer("approve", gate.request_id, comment="fine"), ONE)
    assert (first.decision, [vote.actor for vote in first.votes]) == (None, ["ann"])
    assert gates.decide(answer("approve", gate.request_id), ONE).votes == first.votes, (
        "one person counts once"
    )
    assert refusal(gates, answer("reject", gate.request_id)).code == "ALREADY_DECIDED"
    second = gates.decide(answer("approve", gate.request_id, actor="bea"), TWO)
    assert (second.decision, [vote.actor for vote in second.votes]) == ("approve", ["ann", "bea"])
    assert gates.open == []


def test_one_rejection_closes_a_gate_that_needs_two() -> None:
    gates = Gates()
    gate = opened(gates, needed=2)
    gates.decide(answer("approve", gate.request_id), ONE)
    view = gates.decide(answer("reject", gate.request_id, actor="bea"), TWO)
    assert (view.decision, view.actor) == ("reject", "bea")
    assert gates.open == []


def test_a_gate_that_offers_no_word_takes_none() -> None:
    gates = Gates()
    gate = opened(gates, "form", kind="form", allowed=[])
    assert refusal(gates, answer("approve", gate.request_id)).code == "NOT_OFFERED"


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


def test_a_question_whose_subject_changed_while_open_has_a_new_id_and_the_old_one_says_what_changed() -> None:
    gates = Gates()
    old = opened(gates, subject={"spec": "aa", "head": "1", "gone": 1, "same": 0})
    new = opened(gates, subject={"spec": "bb", "head": "1", "more": None, "same": 0})
    assert gates.open == [new]
    refused = refusal(gates, answer("approve", old.request_id))
    assert refused.code == "STALE"
    assert refused.message.startswith("stale: gone, more, spec changed; open: ")
    assert new.request_id in refused.message


def test_an_answer_is_outdated_when_the_world_changed_after_it_and_the_question_is_asked_again() -> None:
    gates = Gates()
    old = opened(gates)
    gates.outdate(gates.decide(answer("approve", old.request_id), ONE), "specification")
    assert gates.answered("architect", 1, {"spec": "aa"}) is None, "a stale approval approves nothing"
    again = opened(gates)
    assert again.request_id != old.request_id
    refused = refusal(gates, answer("approve", old.request_id))
    assert refused.message == f"stale: specification changed; open: {again.request_id}"
    assert gates.decide(answer("approve", again.request_id), TWO).decision == "approve"


def test_without_an_answer_there_is_nothing_to_outdate() -> None:
    gates = Gates()
    gates.outdate(None, "specification")
    assert gates.stale == {}


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
    opened(gates, subject={"spec": "bb"})
    back = opened(gates)
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

"""What holds for every gate, whatever arrives and in whatever order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.gates import GateRefused, Gates
from domain.signals import parse_signal
from faber.contract.delivery import BudgetRaise, Decision, Pause

CODES = {
    "UNKNOWN_REQUEST",
    "STALE",
    "LATE",
    "ALREADY_DECIDED",
    "NOT_ALLOWED",
    "AMBIGUOUS",
    "UNBOUND",
    "NOT_OFFERED",
}
NAMES = st.sampled_from(["architect", "release", "budget"])
KINDS = {"architect": "approval", "release": "approval", "budget": "budget"}
HOURS = st.integers(0, 23)
WORDS = st.sampled_from(["approve", "reject", "revise"])
SUBJECTS = st.sampled_from([{"spec": "a"}, {"spec": "b"}, {"spec": "a", "head": 1}])
# An index picks one of the ids that were ever shown; -1 is no id, -2 one that never was.
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), NAMES, SUBJECTS),
        st.tuples(st.just("outdate"), st.integers(0, 6), st.text(max_size=5)),
        st.tuples(st.just("decide"), WORDS, st.integers(-2, 6)),
        st.tuples(st.just("expire"), HOURS, st.none()),
        st.tuples(st.just("carry"), st.none(), st.none()),
    ),
    max_size=40,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SIGNALS = st.sampled_from(["decide", "raise_budget", "pause", "resume"])
FIELDS = st.sampled_from(["decision", "request_id", "comment", "actor", "via", "limit_usd", "reason"])
SHAPES = JSON | st.dictionaries(FIELDS, JSON | WORDS, max_size=7)


def moment(hour: int) -> str:
    return f"2026-03-01T{hour:02}:00:00+00:00"


def ask(gates: Gates, name: str, subject: dict[str, Any], hour: int, **terms: Any) -> str:
    kind: Any = KINDS[name]
    gate = gates.open_gate(
        name, kind=kind, what=name, opened_at=moment(0), subject=subject, deadline_at=moment(hour), **terms
    )
    return gate.request_id


@given(events=EVENTS, require_bound=st.booleans(), listed=st.booleans(), needed=st.integers(1, 2))
def test_the_first_valid_decision_wins_and_no_request_is_ever_decided_twice(
    events: list[tuple[str, Any, Any]], require_bound: bool, listed: bool, needed: int
) -> None:
    terms: dict[str, Any] = {"approvers": ["p1", "p3"] if listed else [], "needed": needed}
    gates, shown = Gates(), ["architect-1-00000000"]
    first: dict[str, str | None] = {}
    for number, (event, what, detail) in enumerate(events):
        try:
            if event == "open":
                shown.append(ask(gates, what, detail, number % 24, **terms))
            elif event == "outdate":
                gates.outdate(gates.view(shown[what % len(shown)]), detail)
            elif event == "decide":
                id = None if detail == -1 else shown[detail % len(shown)] if detail >= 0 else "never-1-shown"
                decision = Decision(decision=what, request_id=id, actor=f"p{number % 4}")
                gates.decide(decision, moment(2), require_bound)
            elif event == "expire":
                gates.expire(moment(what))
            else:
                gates = Gates.model_validate_json(gates.model_dump_json())
        except GateRefused as refused:
            assert refused.code in CODES
            assert refused.message
        for view in gates.decided:
            assert view.decision == first.setdefault(view.request_id, view.decision), "a decision is final"
            assert not listed or view.actor in {"p1", "p3", "deadline"}
            assert needed == 1 or view.decision != "approve" or len(view.votes) == needed
            assert not require_bound or view.bound
        ids = [view.request_id for view in gates.decided]
        assert len(ids) == len({*ids}), "one decision for each request"
        assert not {*ids} & {gate.request_id for gate in gates.open}, "what is decided is not open"
        assert len({gate.name for gate in gates.open}) == len(gates.open), "one open gate for each name"
        assert not {*gates.stale} & {gate.request_id for gate in gates.open}, "what is open is not stale"


@given(words=st.lists(WORDS, min_size=1, max_size=8))
def test_of_many_answers_to_one_request_the_first_one_stands(words: list[Any]) -> None:
    gates = Gates()
    id = ask(gates, "architect", {"spec": "a"}, 5)
    for word in words:
        try:
            view = gates.decide(Decision(decision=word, request_id=id), moment(1))
            assert view.decision == words[0]
        except GateRefused as refused:
            assert refused.code == "ALREADY_DECIDED"
            assert word != words[0]
    assert [view.decision for view in gates.decided] == [words[0]]


@given(
    name=st.sampled_from(["decide", "raise_budget", "pause", "resume"]) | st.text(),
    shapes=st.lists(SHAPES, max_size=3),
)
def test_a_signal_of_any_shape_is_an_answer_or_a_storable_reason(name: str, shapes: list[Any]) -> None:
    gates = Gates()
    ask(gates, "architect", {"spec": "a"}, 5)
    parsed = parse_signal(name, shapes)
    if isinstance(parsed, str):
        gates.ignore(parsed)
        assert len(parsed) <= 300 and parsed.isprintable()
    elif isinstance(parsed, Decision):
        try:
            gates.decide(parsed, moment(1))
        except GateRefused as refused:
            gates.ignore(refused.message)
    elif isinstance(parsed, BudgetRaise):
        assert round(parsed.limit_usd * 1_000_000) > 0 or parsed.limit_usd < 1e-6
    else:
        assert isinstance(parsed, Pause)
    assert Gates.model_validate_json(gates.model_dump_json()) == gates


# An answer to a step's question is another visit each time; a pause is asked for again and again under its one round.
LOOPED = st.lists(
    st.one_of(
        st.tuples(st.just("form"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("pause"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("again"), st.integers(0, 30)),
        st.tuples(st.just("carry"), st.none()),
    ),
    max_size=60,
)


@given(events=LOOPED, most=st.integers(1, 4))
def test_what_a_loop_carries_is_bounded_and_no_answer_counts_for_a_later_question(
    events: list[tuple[str, Any]], most: int
) -> None:
    gates, visits, answered = Gates(), {"a": 0, "b": 0}, list[str]()
    for event, what in events:
        if event == "carry":
            gates = Gates.model_validate_json(gates.model_dump_json())
        elif event == "again" and answered:
            id = answered[what % len(answered)]
            recent = id in answered[-most:]
            try:
                assert gates.decide(Decision(decision="approve", request_id=id), moment(2)).request_id == id
            except GateRefused as refused:
                assert (refused.code, recent) == ("UNKNOWN_REQUEST", False)
        elif event in ("form", "pause"):
            visits[what] += event == "form"
            gate = gates.open_gate(
                what if event == "form" else "pause",
                kind=event,  # type: ignore[arg-type]
                what=what,
                opened_at=moment(0),
                round=visits[what] if event == "form" else 1,
                subject={"where": what},
                allowed=["approve"],
            )
            assert gate.request_id not in answered, "an id is given once"
            view = gates.decide(Decision(decision="approve", request_id=gate.request_id), moment(1))
            answered.append(gate.request_id)
            gates.forget(most)
            assert gates.answered(gate.name, gate.round, gate.subject) == view
        assert len(gates.decided) <= most + 2, "beside the latest, the last pause of each place"
        assert [view.request_id for view in gates.decided] == [gate.request_id for gate in gates.closed]


def test_what_is_carried_has_a_size_and_what_is_not_read_yet_is_not_forgotten() -> None:
    gates = Gates()
    for visit in range(1, 41):
        id = ask(gates, "architect", {"fields": "x" * 1_000, "visit": visit}, 5)
        gates.decide(Decision(decision="approve", request_id=id), moment(1))
        if visit == 1:
            first = id
        gates.forget(30, size=20_000, unread=[first])
    assert 10 < len(gates.closed) < 20
    assert gates.closed[0].request_id == first
    assert len(gates.model_dump_json()) < 40_000
    gates.forget(30, size=1)
    assert [view.request_id for view in gates.decided] == [id], "the latest stays, however large"


def test_what_is_stale_is_forgotten_too_but_for_what_is_still_known() -> None:
    gates = Gates()
    first = ask(gates, "architect", {"spec": 0}, 5)
    gates.decide(Decision(decision="approve", request_id=first), moment(1))
    gates.outdate(gates.view(first), "spec")
    for spec in range(1, 50):
        ask(gates, "architect", {"spec": spec}, 5)
    gates.forget(60)
    assert len(gates.stale) == 49
    gates.forget(5)
    assert len(gates.stale) == 6
    assert first in gates.stale

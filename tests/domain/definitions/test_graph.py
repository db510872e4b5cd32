"""Where steps lead: nothing is unreached, nothing goes round for ever, branches stay apart until they join."""

from __future__ import annotations

from typing import Any

import pytest

from domain.definitions.validation import validate
from tests.domain.definitions.definitions import call, condition, definition, form, sign


def errors(*steps: dict[str, Any]) -> list[str]:
    return [f"{p.path}: {p.message}" for p in validate(definition(*steps))[1] if p.severity == "error"]


def fork(step_id: str, *branches: str, **keys: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "parallel", "parallel": list(branches), **keys}


@pytest.mark.parametrize(
    "steps",
    [
        (call("a", next="b"), call("b", next="a")),
        (call("a", next="a"),),
        (call("a", next="b"), condition("b", next="c", **{"else": "a"}), call("c")),
        (call("a", on_error="a"),),
        (fork("a", "b", "c"), call("b", next="b"), call("c")),
        (
            fork("a", "b", "c", next="d"),
            call("b"),
            call("c", next="d"),
            condition("d", next="a"),
        ),
    ],
)
def test_a_round_without_anybody_in_it_is_refused(steps: tuple[dict[str, Any], ...]) -> None:
    (problem,) = errors(*steps)
    assert "goes round without a form or an approval in it" in problem


@pytest.mark.parametrize(
    "steps",
    [
        (form("a", next="b"), call("b", next="a")),
        (call("a", next="b"), sign("b", on_reject="a")),
        (sign("a", on_reject="a"),),
        (fork("a", "b", "c", next="d"), call("b"), call("c", next="d"), sign("d", on_reject="a")),
        (fork("a", "b", "c", next="d"), form("b"), form("c"), condition("d", next="a")),
    ],
)
def test_a_round_in_which_somebody_answers_is_taken(steps: tuple[dict[str, Any], ...]) -> None:
    assert errors(*steps) == []


def test_each_round_is_named_once_by_the_step_that_is_written_first() -> None:
    steps = (
        condition("a", next="c", **{"else": "d"}),
        call("b", next="c"),
        call("c", next="b"),
        call("d", next="e"),
        call("e", next="d"),
    )
    assert [problem.split(" goes")[0] for problem in errors(*steps)] == [
        "steps[1]: b -> c -> b",
        "steps[3]: d -> e -> d",
    ]


def test_a_mistyped_name_does_not_make_all_that_follows_unreached() -> None:
    assert errors(call("first", next="secnd"), call("second", next="third"), call("third"), call("lost")) == [
        "steps[0].next: there is no step 'secnd'; did you mean second?",
        "steps[3]: no other step leads to 'lost'",
    ]
    made, problems = validate(
        {**definition(call("first", next="second"), call("second")), "start_step": "frist"}
    )
    assert made is None
    assert [problem.path for problem in problems] == ["start_step"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((fork("a", "b"), call("b")), "parallel names the first step of each branch, 2 to 20"),
        ((fork("a", "b", "b"), call("b")), "steps[0].parallel[1]: 'b' begins two branches"),
        ((fork("a", "b", "x"), call("b")), "steps[0].parallel[1]: there is no step 'x'"),
        (
            (fork("a", "b", "c", next="c"), call("b"), call("c")),
            "'c' is no branch: it is where the branches join",
        ),
        ((fork("a", "b", "c"), call("b", next="a"), call("c")), "the branch of 'b' leads back to 'a'"),
        (
            (fork("a", "b", "c"), call("b", next="d"), call("c", next="d"), call("d")),
            "steps[3]: 'd' is in two branches of 'a'",
        ),
        (
            (fork("a", "b", "c", next="d"), call("b", next="e"), call("c"), call("d", next="e"), call("e")),
            "steps[3].next: 'e' is inside of a branch of 'a'",
        ),
        (
            (condition("s", next="a", **{"else": "b"}), fork("a", "b", "c"), call("b"), call("c")),
            "steps[0].else: 'b' is inside of a branch of 'a'",
        ),
        (({"id": "a", "type": "parallel"},), "a parallel step names the first step of each branch"),
        ((call("a", parallel=["b", "c"]), call("b"), call("c")), "a step of type api_call has no branches"),
        ((fork("a", "b", "c", config={"x": 1}), call("b"), call("c")), "steps[0].config.x: unknown key 'x'"),
    ],
)
def test_branches_stay_apart_until_they_join(steps: tuple[dict[str, Any], ...], said: str) -> None:
    found = errors(*steps)
    assert any(said in problem for problem in found), found


def test_a_run_does_not_start_inside_of_a_branch() -> None:
    document = {
        **definition(form("z", next="a"), fork("a", "b", "c"), call("b"), call("c")),
        "start_step": "b",
    }
    assert any("the run starts inside of a branch of 'a'" in p.message for p in validate(document)[1])


def test_branches_may_hold_forks_forms_and_rounds_of_their_own() -> None:
    steps = (
        fork("a", "b", "c", next="z"),
        fork("b", "d", "e", next="f"),
        form("c", next="g"),
        condition("g", next="c", **{"else": "z"}),
        call("d"),
        call("e", next="f"),
        call("f", "https://x/{{ d_output }}", next="z"),
        call("z", "https://x/{{ d_output }}{{ g_output }}"),
    )
    assert errors(*steps) == []


def test_what_another_branch_makes_is_not_there_before_they_join() -> None:
    steps = (fork("a", "b", "c", next="d"), call("b"), call("c", "https://x/{{ b_output }}"), call("d"))
    assert errors(*steps) == ["steps[2].config.url: b_output is not there yet: 'b' comes later, if at all"]


def test_the_largest_tangle_of_steps_is_looked_through() -> None:
    names = [f"s{number}" for number in range(500)]
    steps = [
        fork(name, *names[number : number + 20], next=names[-1]) for number, name in enumerate(names[:-20])
    ]
    assert len(validate(definition(*steps, *(call(name) for name in names[-20:])))[1]) == 201

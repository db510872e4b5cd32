"""Branches that ask people the same kind of thing at once, and answers that come while the run is paused."""

from __future__ import annotations

from faber.contract.delivery import BudgetRaise, Pause
from faber.contract.workflows import DefinitionRun
from tests.definitions.places import Desk, form, generate, step, when
from tests.delivery.places import write_script


async def test_two_pauses_and_one_resume_let_the_run_go_on(desk: Desk) -> None:
    """Between the two the run has come from its form to the pause."""
    handle = await desk.start(form("who", "more"), form("more"))
    await desk.waits(handle, "who")
    await handle.execute_update(DefinitionRun.pause, Pause(actor="bob"))
    await desk.fill(handle, "who", name="Ada")
    await desk.waits(handle, "pause")
    await handle.execute_update(DefinitionRun.pause, Pause(actor="eve"))
    await handle.execute_update(DefinitionRun.resume, Pause(actor="bob"))
    await desk.fill(handle, "more", name="Eve")
    assert (await handle.result()).status == "completed"


async def test_a_form_that_is_answered_while_another_branch_is_paused_is_kept(desk: Desk) -> None:
    handle = await desk.start(
        step("fan", "parallel", "after", parallel=["left", "right"]),
        form("left", "then", {"key": "a", "required": True}),
        when("then", "a == 'x'", "after", "after"),
        form("right", None, {"key": "b", "required": True}),
        when("after", "a == 'x' and b == 'y'", None, None),
    )
    for gate in ("left", "right"):
        await desk.waits(handle, gate)
    await handle.execute_update(DefinitionRun.pause, Pause(actor="bob"))
    await desk.fill(handle, "left", a="x")
    await desk.fill(handle, "right", b="y")
    assert [item.gate for item in (await desk.status(handle)).waiting_on] == ["pause"]
    await handle.execute_update(DefinitionRun.resume, Pause(actor="bob"))
    result = await handle.result()
    assert result.context.runtime["after_output"] == {"result": True}


async def test_two_branches_over_the_budget_ask_once_and_one_raise_answers_both(desk: Desk) -> None:
    """`scripted` has a nominal price, and no file that answers: the branches never get so far."""
    model = "scripted:/nowhere.yaml"
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["left", "right"]),
        generate("left", model=model, on_error="continue"),
        generate("right", model=model, on_error="continue"),
        budget_usd=0.001,
    )
    waiting = await desk.waits(handle, "budget")
    assert [item.gate for item in (await desk.status(handle)).waiting_on] == ["budget"]
    await handle.execute_update(
        DefinitionRun.raise_budget, BudgetRaise(limit_usd=5, request_id=waiting.request_id)
    )
    result = await handle.result()
    assert {name for name in result.context.runtime if name.endswith("_error")} == {
        "left_error",
        "right_error",
    }
    assert [view.name for view in result.decisions] == ["budget"]


async def test_two_branches_that_need_a_person_ask_one_after_the_other(desk: Desk) -> None:
    model = "scripted:/nowhere.yaml"
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["left", "right"]),
        generate("left", model=model),
        generate("right", model=model),
    )
    first = await desk.waits(handle, "manual_fix")
    assert len((await desk.status(handle)).waiting_on) == 1
    await desk.decide(handle, "manual_fix", "approve")
    second = await desk.waits(handle, "manual_fix")
    assert second.request_id != first.request_id
    await desk.decide(handle, "manual_fix", "reject")
    cause, result = await desk.failure(handle)
    assert cause.type == "NOT_FOUND"
    assert result.error_step in ("left", "right")


async def test_a_call_that_a_person_mended_is_reserved_and_booked_to_its_step(desk: Desk) -> None:
    refused = {"kind": "AUTH_ERROR", "message": "the key has expired", "times": 1}
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    right = {"structured": {"summary": "a summary", "score": 3}, "usage": usage, "error": refused}
    model = write_script(desk.folder, {"model": "prepared", "phases": {"text": [[right]]}})
    handle = await desk.start(generate("text", model=model), budget_usd=5)
    await desk.decide(handle, "manual_fix", "approve")
    result = await handle.result()
    cost = (await desk.status(handle)).cost
    assert [(line.name, line.cost_usd) for line in cost.by_phase] == [("text", result.cost_usd)]
    assert (result.cost_usd > 0, cost.reserved_usd) == (True, 0)


async def test_a_form_is_gone_through_fifty_times(desk: Desk) -> None:
    """Each time with another answer: 先へ comes back as it was given."""
    handle = await desk.start(
        form("again", "more", {"key": "n", "type": "integer"}, {"key": "text"}),
        when("more", "n < 50", "again", None),
    )
    asked = set()
    for n in range(1, 51):
        waiting = await desk.waits(handle, "again")
        while waiting.request_id in asked:
            waiting = await desk.waits(handle, "again")
        asked.add(waiting.request_id)
        await desk.fill(handle, "again", n=n, text="先へ" * 1_000)
    result = await handle.result()
    assert result.context.runtime["text"] == "先へ" * 1_000
    assert len([item for item in result.steps if item.step_id == "again"]) == 50

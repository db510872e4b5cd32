"""Forms and approvals: who may answer, what is refused, what happens by itself."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from faber.client import Faber
from faber.contract.definition_runs import FormAnswer
from faber.contract.delivery import GateView, Pause, Vote
from faber.contract.workflows import DefinitionRun
from faber.settings import Settings
from tests.definitions.places import Desk, Handle, approve, form, generate, when
from tests.waiting import eventually


async def refused(desk: Desk, handle: Handle, **values: object) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await desk.fill(handle, "who", **values)
    assert isinstance(raised.value.cause, ApplicationError)
    return raised.value.cause


async def test_a_form_that_does_not_fit_is_refused_naming_each_field_and_nothing_enters_history(
    desk: Desk,
) -> None:
    handle = await desk.start(
        form(
            "who",
            None,
            {"key": "code", "required": True, "pattern": "[A-Z]{3}"},
            {"key": "age", "type": "integer", "minimum": 18},
        )
    )
    error = await refused(desk, handle, code="abc", age=17, colour="red")
    assert error.type == "INVALID_FORM"
    for field in ("code", "age", "colour"):
        assert field in error.message
    events = (await handle.fetch_history()).events
    assert not any(event.HasField("workflow_execution_update_accepted_event_attributes") for event in events)
    await desk.fill(handle, "who", code="ABC", age=18)
    assert (await handle.result()).context.runtime["code"] == "ABC"


async def test_a_pattern_that_would_run_for_ever_elsewhere_is_answered(desk: Desk) -> None:
    handle = await desk.start(form("who", None, {"key": "a", "pattern": "(a+)+"}))
    error = await refused(desk, handle, a="a" * 5_000 + "!")
    assert "a:" in error.message
    await handle.terminate()


async def test_a_form_sent_twice_is_one_answer(desk: Desk) -> None:
    handle = await desk.start(form("who", "then"), form("then"))
    waiting = await desk.waits(handle, "who")
    answer = FormAnswer(values={"name": "Ada"}, request_id=waiting.request_id, actor="bob")
    first = await handle.execute_update(DefinitionRun.submit_form, answer)
    assert await handle.execute_update(DefinitionRun.submit_form, answer) == first
    assert (first.decision, first.actor, first.bound) == ("approve", "bob", True)
    await handle.terminate()


async def test_a_form_sent_again_with_other_values_is_refused(desk: Desk) -> None:
    handle = await desk.start(
        form("who", "then", {"key": "name"}, {"key": "age", "type": "integer"}), form("then")
    )
    waiting = await desk.waits(handle, "who")

    async def sent(**values: object) -> object:
        answer = FormAnswer(values=values, request_id=waiting.request_id, actor="bob")
        return await handle.execute_update(DefinitionRun.submit_form, answer)

    first = await sent(name="Ada")
    assert await sent(name="Ada", age=None) == first, "what was left out is null"
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await sent(name="Eve")
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == "ALREADY_DECIDED"
    assert "with other values by bob" in raised.value.cause.message
    assert (await desk.context(handle)).runtime["name"] == "Ada"
    await handle.terminate()


async def test_a_form_that_comes_after_its_deadline_is_refused_as_late(desk: Desk) -> None:
    steps = [{**form("who", "then", timeout=0.3), "on_error": "continue"}, form("then")]
    handle = await desk.start(*steps)
    waiting = await desk.waits(handle, "who")
    await desk.waits(handle, "then")
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await handle.execute_update(
            DefinitionRun.submit_form, FormAnswer(values={"name": "Ada"}, request_id=waiting.request_id)
        )
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == "LATE"
    await handle.terminate()


async def test_an_approval_of_a_form_says_how_a_form_is_answered(desk: Desk) -> None:
    handle = await desk.start(form("who"))
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await desk.decide(handle, "who")
    assert "is a form: fill it in by submit_form" in str(raised.value.cause)
    await handle.terminate()


async def test_a_form_by_signal_counts_and_a_malformed_one_is_noted(desk: Desk) -> None:
    handle = await desk.start(form("who"))
    await desk.waits(handle, "who")
    await handle.signal("submit_form", {"values": {"nam": "Ada"}})
    await handle.signal("submit_form", "Ada")

    async def both_noted() -> bool:
        return len((await desk.status(handle)).ignored) == 2

    await eventually(both_noted, "both are noted")
    await handle.signal("submit_form", {"values": {"name": "Ada"}})
    assert (await handle.result()).status == "completed"


async def test_only_a_listed_approver_may_approve(desk: Desk) -> None:
    handle = await desk.start(approve("ok"))
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await desk.decide(handle, "ok", actor="eve@example.org")
    assert "ann@example.org" in str(raised.value.cause)
    await desk.decide(handle, "ok", actor="Ann@Example.org")
    [vote] = (await handle.result()).context.runtime["ok_output"]["approvals"]
    assert vote["actor"] == "Ann@Example.org"
    # As where several must approve.
    assert vote.keys() == Vote.model_fields.keys() and vote["at"]


async def test_a_rejected_approval_fails_the_run_and_names_who(desk: Desk) -> None:
    handle = await desk.start(approve("ok", "then"), form("then"))
    await desk.decide(handle, "ok", "reject", comment="not now")
    cause, result = await desk.failure(handle)
    assert cause.type == "REJECTED"
    assert result.error == "ok rejected by ann@example.org: not now"
    assert [item.step_id for item in result.steps] == ["ok"]


async def test_a_rejection_may_lead_to_another_step(desk: Desk) -> None:
    handle = await desk.start(
        approve("ok", None, on_reject="why"), when("why", "ok_output['comment'] == 'no'", None, None)
    )
    await desk.decide(handle, "ok", "reject", comment="no")
    result = await handle.result()
    assert result.context.runtime["why_output"] == {"result": True}
    assert result.context.runtime["ok_output"]["approved"] is False


async def test_two_of_three_must_approve(desk: Desk) -> None:
    people = ["ann@example.org", "bea@example.org", "cy@example.org"]
    handle = await desk.start(approve("ok", None, approvers=people, min_approvals=2))
    first = await desk.decide(handle, "ok", actor="cy@example.org")
    assert first.decision is None
    assert (await desk.status(handle)).waiting_on[0].votes[0].actor == "cy@example.org"
    await desk.decide(handle, "ok", actor="ann@example.org")
    result = await handle.result()
    assert [vote["actor"] for vote in result.context.runtime["ok_output"]["approvals"]] == [
        people[2],
        people[0],
    ]


async def test_who_started_the_run_may_not_approve_it_where_that_is_excluded(desk: Desk) -> None:
    people = ["ann@example.org", "bea@example.org"]
    handle = await desk.start(
        approve("ok", None, approvers=people, exclude_initiator=True), initiator="ANN@example.org"
    )
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await desk.decide(handle, "ok", actor="ann@example.org")
    assert "bea@example.org" in str(raised.value.cause)
    told = [line for line in (desk.folder / "outbox.jsonl").read_text().splitlines() if handle.id in line]
    assert len(told) == 1 and "bea@example.org" in told[0]
    await desk.decide(handle, "ok", actor="bea@example.org")
    assert (await handle.result()).status == "completed"


async def test_an_approval_that_nobody_gives_in_time_does_what_the_step_says(desk: Desk) -> None:
    failed = await desk.start(approve("ok", None, timeout=0.3))
    cause, result = await desk.failure(failed)
    assert cause.type == "TIMEOUT"
    assert "ok was not approved until" in str(result.error)
    led = await desk.start(approve("ok", None, timeout="0.3s", on_timeout="late"), when("late", "1 < 2"))
    assert [item.step_id for item in (await led.result()).steps] == ["ok", "late"]


async def test_a_form_that_nobody_fills_in_time_fails_its_step(desk: Desk) -> None:
    handle = await desk.start(form("who", None, timeout=0.3))
    cause, result = await desk.failure(handle)
    assert (cause.type, result.error_step) == ("TIMEOUT", "who")


async def test_each_approver_is_told_once(desk: Desk) -> None:
    handle = await desk.start(approve("ok", None, approvers=["ann@example.org", "bea@example.org"]))
    await desk.waits(handle, "ok")
    outbox = (desk.folder / "outbox.jsonl").read_text()
    for who in ("ann@example.org", "bea@example.org"):
        assert sum(who in line and handle.id in line for line in outbox.splitlines()) == 1
    await handle.terminate()


async def test_a_cancelled_run_keeps_what_it_did(desk: Desk) -> None:
    handle = await desk.start(when("first", "1 < 2", "who"), form("who"))
    await desk.waits(handle, "who")
    await handle.cancel(reason="cancelled by bob: enough")

    async def ended() -> bool:
        return (await desk.status(handle)).status == "cancelled"

    await eventually(ended, "the run is cancelled")
    status = await desk.status(handle)
    assert status.error == "cancelled by bob: enough"
    assert [(item.step_id, item.status) for item in status.steps] == [
        ("first", "completed"),
        ("who", "failed"),
    ]


async def test_a_paused_run_goes_on_when_it_is_resumed(desk: Desk) -> None:
    from faber.contract.delivery import Pause

    handle = await desk.start(form("who", "more"), form("more"))
    await desk.waits(handle, "who")
    await handle.execute_update(DefinitionRun.pause, Pause(actor="bob"))
    await desk.fill(handle, "who", name="Ada")
    await desk.waits(handle, "pause")
    await handle.execute_update(DefinitionRun.resume, Pause(actor="bob"))
    await desk.fill(handle, "more", name="Eve")
    assert (await handle.result()).context.runtime["name"] == "Eve"


async def test_a_run_that_was_terminated_at_a_gate_waits_for_nobody_and_says_why(desk: Desk) -> None:
    handle = await desk.start(approve("agree", None))
    await desk.waits(handle, "agree")
    await handle.terminate(reason="terminated by ann: stuck")
    definitions = Faber(desk.client, Settings.read({"HOME": str(desk.folder)}), desk.folder).definitions
    status = await definitions.status(handle.id)
    assert (status.status, status.waiting_on) == ("failed", [])
    assert status.error == "terminated by ann: stuck"
    result = await definitions.result(handle.id)
    assert (result.status, result.error, result.error_code) == (
        "failed",
        "terminated by ann: stuck",
        "TERMINATED",
    )


async def test_a_rehearsal_asks_nobody_whatever_goes_wrong(desk: Desk) -> None:
    """Else two versions that are compared would wait for an answer for ever."""
    lost = generate("draft", model="scripted:/nowhere.yaml")
    refused = generate("draft", on_exhausted="manual_fix", json_schema={"type": "string", "not": {}})
    for step, options in ((lost, {}), (lost, {"budget_usd": 0.001}), (refused, {"mock_ai": True})):
        handle = await desk.start(step, rehearse=True, **options)
        with pytest.raises(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), 20)


async def test_what_a_loop_carries_of_its_answers_is_bounded(desk: Desk) -> None:
    """The latest ones are known, and may be sent again; Temporal's history has every one."""
    field = {"key": "n", "type": "integer", "help": "h" * 10_000}
    handle = await desk.start(form("again", "more", field), when("more", "n < 30", "again", None))
    views = [await desk.fill(handle, "again", n=n) for n in range(1, 30)]
    await desk.waits(handle, "again")
    status = await desk.status(handle)
    assert [view.request_id for view in status.decided] == [
        view.request_id for view in views[-len(status.decided) :]
    ]
    assert 10 < len(status.decided) < 29
    assert status.notes == ["only the latest answers are shown here: Temporal's history has every one"]

    async def send(n: int) -> GateView:
        answer = FormAnswer(values={"n": n}, request_id=views[n - 1].request_id, actor="bob", via="test")
        return await handle.execute_update(DefinitionRun.submit_form, answer)

    assert (await send(29)).request_id == views[-1].request_id
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await send(1)
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == "UNKNOWN_REQUEST"
    await desk.fill(handle, "again", n=30)
    result = await handle.result()
    assert (result.status, len(result.steps)) == ("completed", 60)
    assert len(result.decisions) < 29


async def test_a_run_that_was_ended_while_it_was_paused_goes_on_when_it_is_retried(desk: Desk) -> None:
    handle = await desk.start(form("who", "ok"), approve("ok"))
    await desk.waits(handle, "who")
    await handle.execute_update(DefinitionRun.pause, Pause(actor="bob", via="test"))
    await desk.decide(handle, "pause", "reject", actor="bob")
    await desk.fill(handle, "who", name="Ada")
    error, _ = await desk.failure(handle)
    assert error.type == "REJECTED"
    await Faber(desk.client, Settings.read({}), desk.folder).definitions.retry(handle.id)
    again = desk.client.get_workflow_handle_for(DefinitionRun.run, handle.id)
    await desk.decide(again, "ok")
    assert (await again.result()).status == "completed"

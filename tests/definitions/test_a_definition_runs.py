"""Definitions run from their start step to their end on a real server, with real calls and a person's answers."""

from __future__ import annotations

import json

from domain.redaction import MARK
from faber.contract.definition_runs import DefinitionInput
from tests.definitions.places import Desk, approve, form, generate, step, when
from tests.definitions.service import Service

ADULT = when("adult", "age >= 18", "summary", "refused")


async def test_a_form_waits_an_answer_resumes_and_an_approval_completes(desk: Desk) -> None:
    handle = await desk.start(
        form("who", "summary", {"key": "name", "required": True}),
        generate("summary", "ok", prompt="About {{ name }}.", variables=["name"]),
        approve("ok", message="{{ name }}: {{ summary_output.summary }}"),
    )
    waiting = await desk.waits(handle, "who")
    assert waiting.kind == "form"
    assert [field["key"] for field in waiting.fields] == ["name"]
    assert f"submit {handle.id}" in waiting.command
    await desk.fill(handle, "who", name="Ada")
    asked = await desk.waits(handle, "ok")
    assert asked.what.startswith("ok: Ada: ") and asked.approvers == ["ann@example.org"]
    await desk.decide(handle, "ok", comment="fine")
    result = await handle.result()
    assert (result.status, result.provider) == ("completed", "mock")
    assert result.context.runtime["name"] == "Ada"
    assert result.context.runtime["who_output"] == {"name": "Ada"}
    assert set(result.context.runtime["summary_output"]) >= {"summary", "score"}
    assert result.context.runtime["ok_output"]["approved"] is True
    assert [(item.step_id, item.status) for item in result.steps] == [
        ("who", "completed"),
        ("summary", "completed"),
        ("ok", "completed"),
    ]


async def test_what_a_condition_says_decides_where_the_run_goes(desk: Desk) -> None:
    ways = [ADULT, form("summary"), form("refused")]
    grown = await desk.start(*ways, inputs={"age": 18})
    await desk.waits(grown, "summary")
    young = await desk.start(*ways, inputs={"age": 17})
    await desk.waits(young, "refused")
    assert (await desk.context(young)).runtime["adult_output"] == {"result": False}
    for handle in (grown, young):
        await handle.terminate()


async def test_a_condition_without_an_else_ends_the_run_there(desk: Desk) -> None:
    adult = step("adult", "conditional", "more", when="age >= 18")
    handle = await desk.start(adult, form("more"), inputs={"age": 3})
    result = await handle.result()
    assert [item.step_id for item in result.steps] == ["adult"]
    assert any("else" in note for note in result.notes), result.notes


async def test_a_name_that_is_missing_is_an_error_and_never_false(desk: Desk) -> None:
    handle = await desk.start(when("adult", "agee >= 18", None, None), inputs={"age": 20})
    cause, result = await desk.failure(handle)
    assert cause.type == "CONDITION"
    assert "agee" in cause.message
    assert result.error_step == "adult"


async def test_later_words_win_over_earlier_ones_and_the_runtime_over_profile_and_static(desk: Desk) -> None:
    steps = [when("seen", "colour == 'red' and size == 3 and place == 'here'", None, None)]
    given = {
        "id": "tried",
        "start_step": "seen",
        "version": 1,
        "name": "Tried",
        "static": {"colour": "blue", "size": 1, "place": "here"},
        "steps": steps,
    }
    handle = await desk.start(
        definition=given, profile={"colour": "green", "size": 3}, inputs={"colour": "red"}
    )
    assert (await handle.result()).context.runtime["seen_output"] == {"result": True}


async def test_a_call_sends_what_the_step_says_and_its_answer_enters_the_context(
    desk: Desk, service: Service
) -> None:
    handle = await desk.start(
        step(
            "call",
            "api_call",
            None,
            url=f"{service.url}/things/{{{{ id }}}}",
            method="POST",
            headers={"Authorization": "Bearer {{ secret.TOKEN }}"},
            body={"id": "{{ id }}", "name": "thing {{ id }}"},
        ),
        inputs={"id": 7},
    )
    result = await handle.result()
    [call] = service.calls
    assert (call.method, call.path) == ("POST", "/things/7")
    assert call.json == {"id": 7, "name": "thing 7"}
    assert call.headers["authorization"] == "Bearer opensesame-42"
    assert len(call.headers["idempotency-key"]) == 64
    assert result.context.runtime["call_output"]["status"] == 200
    assert result.context.runtime["call_output"]["body"] == {"path": "/things/7"}
    assert "opensesame" not in (await handle.fetch_history()).to_json()


async def test_a_secret_that_the_service_says_again_stands_in_no_history(
    desk: Desk, service: Service
) -> None:
    said = {
        "you_sent": "opensesame-42",
        "opensesame-42": ["b3BlbnNlc2FtZS00Mg=="],
        "id": "sk-a1b2c3d4e5f6a7b8",
    }
    service.body = json.dumps(said).encode()
    handle = await desk.start(
        step("call", "api_call", None, url=f"{service.url}/x", body={"token": "{{ secret.TOKEN }}"})
    )
    result = await handle.result()
    assert service.calls[0].json == {"token": "opensesame-42"}
    # What only looks like a secret is data that the next step may need.
    assert result.context.runtime["call_output"]["body"] == {
        "you_sent": MARK,
        MARK: [MARK],
        "id": "sk-a1b2c3d4e5f6a7b8",
    }
    assert "opensesame" not in (await handle.fetch_history()).to_json()


async def test_a_call_is_tried_again_with_its_one_key_while_the_service_is_busy(
    desk: Desk, service: Service
) -> None:
    service.answers = [503, 429, 200]
    handle = await desk.start(step("call", "api_call", None, url=f"{service.url}/x"))
    assert (await handle.result()).status == "completed"
    assert len(service.calls) == 3
    assert len({call.headers["idempotency-key"] for call in service.calls}) == 1


async def test_a_call_that_is_refused_is_not_repeated(desk: Desk, service: Service) -> None:
    service.answers = [404]
    handle = await desk.start(step("call", "api_call", None, url=f"{service.url}/x"))
    _, result = await desk.failure(handle)
    assert result.error_step == "call"
    assert "404" in str(result.error)
    assert len(service.calls) == 1


async def test_an_address_that_is_private_is_refused(desk: Desk) -> None:
    handle = await desk.start(step("call", "api_call", None, url="http://169.254.169.254/latest/meta-data"))
    cause, _ = await desk.failure(handle)
    assert "169.254.169.254" in cause.message


async def test_branches_run_side_by_side_and_join(desk: Desk) -> None:
    handle = await desk.start(
        step("fan", "parallel", "after", parallel=["left", "right"]),
        form("left", "left2", {"key": "a", "required": True}),
        generate("left2"),
        form("right", None, {"key": "b", "required": True}),
        when("after", "a == 'x' and b == 'y'", None, None),
    )
    # Both wait at once.
    await desk.waits(handle, "left")
    await desk.fill(handle, "right", b="y")
    await desk.fill(handle, "left", a="x")
    result = await handle.result()
    assert result.context.runtime["after_output"] == {"result": True}
    assert [item.step_id for item in result.steps][-1] == "after"


async def test_a_failing_branch_ends_the_others_and_the_run(desk: Desk, service: Service) -> None:
    service.answers = [400]
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["wait", "call"]),
        form("wait"),
        step("call", "api_call", None, url=f"{service.url}/x"),
    )
    _, result = await desk.failure(handle)
    assert result.error_step == "call"
    assert {item.step_id: item.status for item in result.steps}["wait"] == "failed"


async def test_a_step_is_done_once_for_each_item_in_order(desk: Desk, service: Service) -> None:
    handle = await desk.start(
        step(
            "each",
            "api_call",
            None,
            url=f"{service.url}/{{{{ index }}}}/{{{{ name }}}}",
            for_each={"items": "names", "item": "name", "width": 2},
        ),
        inputs={"names": ["a", "b", "c"]},
    )
    result = await handle.result()
    bodies = [item["body"]["path"] for item in result.context.runtime["each_output"]]
    assert bodies == ["/0/a", "/1/b", "/2/c"]
    assert len({call.headers["idempotency-key"] for call in service.calls}) == 3


async def test_on_error_goes_on_where_the_step_says(desk: Desk, service: Service) -> None:
    service.answers = [400, 400]
    handle = await desk.start(
        step("first", "api_call", "second", url=f"{service.url}/1", on_error="continue"),
        step("second", "api_call", None, url=f"{service.url}/2", on_error="rescue"),
        when("rescue", "first_error['code'] == second_error['code']", None, None),
    )
    result = await handle.result()
    assert result.context.runtime["rescue_output"] == {"result": True}
    assert "400" in result.context.runtime["first_error"]["message"]


async def test_a_large_answer_stays_outside_of_history(desk: Desk, service: Service) -> None:
    service.body = b'"' + b"x" * 100_000 + b'"'
    handle = await desk.start(
        step("call", "api_call", "seen", url=f"{service.url}/x"),
        when("seen", "len(call_output['body']) == 100000", None, None),
    )
    result = await handle.result()
    assert result.context.runtime["seen_output"] == {"result": True}
    assert set(result.context.runtime["call_output"]) == {"$artifact", "bytes"}
    assert "x" * 1000 not in (await handle.fetch_history()).to_json()


async def test_an_invalid_definition_fails_the_run_with_every_problem(desk: Desk) -> None:
    handle = await desk.start(
        definition={
            "id": "bad",
            "start_step": "nowhere",
            "steps": [{"id": "a", "type": "frm"}, form("b", "c")],
        }
    )
    cause, result = await desk.failure(handle)
    assert cause.type == "DEFINITION_INVALID"
    for word in ("nowhere", "frm", "'c'"):
        assert word in str(result.error), result.error


async def test_a_definition_may_be_yaml_text(desk: Desk) -> None:
    text = "{id: told, version: 1, name: T, start_step: a, steps: [{id: a, type: conditional, config: {when: 1 < 2}}]}"
    handle = await desk.start(definition=text)
    assert (await handle.result()).workflow_id == "told"


async def test_an_input_in_the_shape_of_a_kept_value_reads_nobodys_artifact(desk: Desk) -> None:
    named = {"$artifact": "0" * 64, "bytes": 3}
    for given in (named, [named]):
        handle = await desk.start(form("who"), inputs={"seen": given})
        cause, _ = await desk.failure(handle)
        assert cause.type == "USAGE" and "inputs.seen" in cause.message


async def test_an_item_in_the_shape_of_a_kept_value_reads_nobodys_artifact(
    desk: Desk, service: Service
) -> None:
    posing = {"$artifact": "0" * 64, "bytes": 3}
    each = step(
        "each",
        "api_call",
        for_each={"items": "told['all']"},
        url=service.url + "/{{ item | tojson | urlencode }}",
    )
    handle = await desk.start(each, inputs={"told": {"all": [1, posing]}})
    cause, _ = await desk.failure(handle)
    assert "each: item 1 of for_each: it has the shape of a kept value" in cause.message
    assert service.calls == []


async def test_neither_and_both_ways_to_name_a_definition_are_refused(desk: Desk) -> None:
    for options in ({}, {"definition": {"id": "x"}, "definition_id": "x"}):
        handle = await desk.client.start_workflow(
            "DefinitionRun",
            DefinitionInput(**options),
            id=f"def-none-{len(options)}-{id(options)}",
            task_queue="faber",
        )
        cause, _ = await desk.failure(handle)
        assert "either `definition`" in cause.message

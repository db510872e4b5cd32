"""Runs of definitions over HTTP: one key is one run, forms and approvals resume, what ended has ended."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from tests.definitions.places import approve, form, generate
from tests.http_api.asking import Answer, comes_to, deliver, done
from tests.http_api.places import ANN, OLGA, PAUL, TIM, TOM, VIC, Api, problem_of
from tests.http_api.test_workflows import registered
from tests.waiting import eventually


async def start(asking: Any, workflow_id: str, **more: Any) -> str:
    """Starts a run and returns its path."""
    body = {"workflow_id": workflow_id, **more}
    started = await done(await asking.post("/v1/executions", json=body), 202)
    assert started["created"] is True
    return f"/v1/executions/{started['run_id']}"


async def waits_at(asking: Any, run: str, step_id: str) -> Answer:
    """Waits until the run waits there, and returns the gate."""
    found: list[Answer] = []

    async def is_open() -> bool:
        execution = await done(await asking.get(run))
        assert execution["error"] is None, execution["error"]
        found[:] = [item for item in execution["waiting_on"] if item["gate"] == step_id]
        return bool(found)

    await eventually(is_open, f"{run} waits at {step_id}")
    return found[0]


async def test_a_run_goes_from_its_form_by_a_model_and_an_approval_to_its_end(api: Api) -> None:
    steps = (
        form("ask", "draft", {"key": "name", "required": True}),
        generate("draft", "agree", prompt="Greet {{ name }}.", variables=["name"]),
        approve("agree", approvers=[PAUL]),
    )
    async with api.client(OLGA) as olga, api.client(PAUL) as paul, api.client(VIC) as vic:
        id = await registered(olga, *steps)
        run = await start(olga, id, inputs={"team": "blue"}, profile={"locale": "de"})
        waiting = await waits_at(vic, run, "ask")
        assert waiting["fields"][0]["key"] == "name"
        wrong = await olga.post(f"{run}/resume", json={"inputs": {"nam": "Ann"}})
        told = problem_of(wrong, 422)["errors"]
        assert {entry["path"] for entry in told} == {"inputs.name", "inputs.nam"}
        answer = {"inputs": {"name": "Ann"}, "request_id": waiting["request_id"]}
        resumed = await done(await olga.post(f"{run}/resume", json=answer))
        assert [(view["actor"], view["via"]) for view in resumed["gates"]] == [(OLGA, "http")]
        await waits_at(vic, run, "agree")
        approval = {"approvals": [{"step_id": "agree", "approved": True, "comment": "fine"}]}
        await done(await paul.post(f"{run}/resume", json=approval))
        ended = await comes_to(vic, run, "completed")
        assert ended["provider"] == "mock"
        assert (ended["workflow_id"], ended["workflow_version"], ended["initiator"]) == (id, 1, OLGA)
        context = await done(await vic.get(f"{run}/context"))
        assert context == ended["context"]
        assert (context["profile"], context["runtime"]["team"]) == ({"locale": "de"}, "blue")
        assert isinstance(context["runtime"]["draft_output"]["score"], int)
        history = await done(await vic.get(f"{run}/history"))
        assert [(step["step_id"], step["status"]) for step in history["items"]] == [
            ("ask", "completed"),
            ("draft", "completed"),
            ("agree", "completed"),
        ]
        listed = await done(await vic.get("/v1/executions", params={"workflow_id": id}))
        assert [item["status"] for item in listed["items"]] == ["completed"]
        assert (await done(await vic.get("/v1/executions", params={"workflow_id": id, "status": "failed"})))[
            "items"
        ] == []


async def test_one_key_is_one_run_however_many_start_it_at_once(api: Api) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        key = uuid.uuid4().hex
        body = {"workflow_id": id, "inputs": {"a": [1, {"b": 2}]}, "idempotency_key": key}
        answers = await asyncio.gather(*(olga.post("/v1/executions", json=body) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
        assert len({answer.json()["run_id"] for answer in answers}) == 1
        inside = {"workflow_id": id, "inputs": {"a": [1, {"b": 2}]}, "run_opts": {"idempotency_key": key}}
        found = await done(await olga.post("/v1/executions", json=inside))
        assert found["created"] is False
        other = await olga.post("/v1/executions", json={**body, "inputs": {"a": 2}})
        assert problem_of(other, 409)["code"] == "CONFLICT"
        two = {**inside, "idempotency_key": f"{key}-other"}
        problem_of(await olga.post("/v1/executions", json=two), 400)
        problem_of(await olga.post("/v1/executions", json={**body, "idempotency_key": "\0"}), 422)
        await comes_to(olga, f"/v1/executions/{found['run_id']}", "waiting")
        execution = await done(await olga.get(f"/v1/executions/{found['run_id']}"))
        assert execution["idempotency_key"] == key


async def test_without_a_key_each_start_is_a_run_and_auto_makes_the_key(api: Api) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        assert await start(olga, id) != await start(olga, id)
        auto = {"run_opts": {"idempotency": "auto"}, "inputs": {"x": 1}}
        run = await start(olga, id, **auto)
        again = await done(await olga.post("/v1/executions", json={"workflow_id": id, **auto}))
        assert run.endswith(again["run_id"])
        assert await start(olga, id, run_opts={"idempotency": "auto"}, inputs={"x": 2}) != run


async def test_one_key_of_two_tenants_is_two_runs(api: Api) -> None:
    async with api.client(ANN) as ann, api.client(TOM) as tom, api.client(TIM) as tim:
        id = await registered(ann)
        key = uuid.uuid4().hex
        first, second = await start(tom, id, idempotency_key=key), await start(tim, id, idempotency_key=key)
        assert first != second
        assert await start(ann, id, idempotency_key=f"acme\n{key}") not in (first, second)
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/context", None),
            ("GET", "/history", None),
            ("POST", "/resume", {"inputs": {"name": "x"}}),
            ("POST", "/cancel", None),
            ("POST", "/retry", None),
        ):
            for other in (tim, ann):
                problem_of(await other.request(method, f"{first}{path}", json=body), 404)
        await waits_at(tom, first, "ask")
        listed = await done(await tom.get("/v1/executions", params={"workflow_id": id}))
        assert [item["id"] for item in listed["items"]] == [first.rpartition("/")[2]]


async def test_a_run_that_failed_before_it_began_is_listed_to_its_own_tenant_alone(api: Api) -> None:
    async with api.client(ANN) as ann, api.client(TOM) as tom, api.client(TIM) as tim:
        id = await registered(ann)
        run = await start(tom, id, profile={"kept": {"$artifact": "none", "bytes": 1}})
        await comes_to(tom, run, "failed")
        run_id = run.rpartition("/")[2]

        async def seen(by: Any) -> bool:
            listed = await done(await by.get("/v1/runs", params={"status": "failed", "limit": 100}))
            return run_id in {item["run_id"] for item in listed["items"]}

        async def by_its_tenant() -> bool:
            return await seen(tom)

        await eventually(by_its_tenant, f"{run_id} is listed")
        assert not await seen(ann)
        assert not await seen(tim)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"comments": "hello"},
        {"inputs": {}, "approval": True},
        {"inputs": {}, "approvals": [{"step_id": "ask", "approved": True}]},
        {"approval": True, "approvals": [{"step_id": "ask", "approved": True}]},
    ],
)
async def test_an_answer_is_exactly_one(api: Api, answer: dict[str, Any]) -> None:
    async with api.client(ANN) as ann:
        run = await start(ann, await registered(ann))
        await waits_at(ann, run, "ask")
        assert problem_of(await ann.post(f"{run}/resume", json=answer), 400)["code"] == "NOT_ONE_ANSWER"


async def test_what_a_run_does_not_wait_for_does_not_resume_it(api: Api) -> None:
    async with api.client(ANN) as ann, api.client(VIC) as vic, api.client(PAUL) as paul:
        run = await start(ann, await registered(ann))
        await waits_at(ann, run, "ask")
        wrong_step = {"approvals": [{"step_id": "agree", "approved": True}]}
        assert (
            "does not wait for an approval"
            in problem_of(await ann.post(f"{run}/resume", json=wrong_step), 409)["detail"]
        )
        stale = {"inputs": {"name": "Ann"}, "request_id": "ask-9-00000000"}
        problem_of(await ann.post(f"{run}/resume", json=stale), 409)
        problem_of(await vic.post(f"{run}/resume", json={"inputs": {"name": "Ann"}}), 403)
        problem_of(await paul.post(f"{run}/resume", json={"inputs": {"name": "Ann"}}), 403)
        await done(await ann.post(f"{run}/resume", json={"inputs": {"name": "Ann"}}))
        await comes_to(ann, run, "completed")
        problem_of(await ann.post(f"{run}/resume", json={"inputs": {"name": "Ann"}}), 409)
        problem_of(await ann.post(f"{run}/cancel"), 409)
        problem_of(await ann.post(f"{run}/retry"), 409)


async def test_a_run_that_is_cancelled_says_who_did_it_and_why(api: Api) -> None:
    async with api.client(OLGA) as olga:
        run = await start(olga, await registered(olga))
        await waits_at(olga, run, "ask")
        problem_of(await olga.post(f"{run}/cancel", json={"why": "another way"}), 422)
        problem_of(await olga.post(f"{run}/cancel", json={"reason": "x" * 2_001}), 422)
        await done(await olga.post(f"{run}/cancel", json={"reason": "a duplicate"}), 202)
        ended = await comes_to(olga, run, "canceled")
        assert ended["error"] == f"cancelled by {OLGA}: a duplicate"


async def test_only_a_listed_approver_counts_and_a_body_names_nobody(api: Api) -> None:
    async with api.client(ANN) as ann, api.client(PAUL) as paul, api.client(OLGA) as olga:
        run = await start(ann, await registered(ann, approve("agree", approvers=[PAUL])))
        await waits_at(ann, run, "agree")
        refused = await ann.post(f"{run}/resume", json={"approval": True})
        assert problem_of(refused, 403)["code"] == "NOT_ALLOWED"
        problem_of(await olga.post(f"{run}/resume", json={"approval": True}), 403)
        for forged in (
            {"approval": True, "actor": PAUL},
            {"approvals": [{"step_id": "agree", "approved": True, "approver": PAUL}]},
        ):
            problem_of(await ann.post(f"{run}/resume", json=forged), 422)
        rejection = {"approval": False, "comments": "not now"}
        await done(await paul.post(f"{run}/resume", json=rejection))
        ended = await comes_to(ann, run, "failed")
        assert PAUL in ended["error"]
        assert "not now" in ended["error"]


async def test_a_failed_run_goes_on_at_the_step_that_failed(api: Api) -> None:
    async with api.client(ANN) as ann, api.client(PAUL) as paul:
        run = await start(
            ann, await registered(ann, form("ask", "agree"), approve("agree", approvers=[PAUL]))
        )
        await waits_at(ann, run, "ask")
        await done(await ann.post(f"{run}/resume", json={"inputs": {"name": "Ann"}}))
        await waits_at(ann, run, "agree")
        await done(await paul.post(f"{run}/resume", json={"approval": False}))
        await comes_to(ann, run, "failed")

        async def is_retried() -> bool:
            return (await ann.post(f"{run}/retry")).status_code == 202

        await eventually(is_retried, "the run has ended and is retried")
        await waits_at(ann, run, "agree")
        await done(await paul.post(f"{run}/resume", json={"approval": True}))
        ended = await comes_to(ann, run, "completed")
        assert ended["context"]["runtime"]["name"] == "Ann"


async def test_what_is_named_like_a_secret_is_not_shown(api: Api) -> None:
    async with api.client(ANN) as ann:
        inputs = {"password": "hunter22", "note": "see https://ann:hunter22@host/x", "count": 3}
        run = await start(ann, await registered(ann), inputs=inputs)
        await waits_at(ann, run, "ask")
        for path in (run, f"{run}/context", f"{run}/history", run.replace("executions", "runs")):
            answer = await ann.get(path)
            assert answer.status_code == 200
            assert "hunter22" not in answer.text, path
        context = await done(await ann.get(f"{run}/context"))
        assert context["runtime"]["count"] == 3


async def test_a_run_is_in_every_list_of_runs(api: Api) -> None:
    async with api.client(ANN) as ann:
        id = await registered(ann)
        run = await start(ann, id)
        await waits_at(ann, run, "ask")
        run_id = run.rpartition("/")[2]
        [item] = (await done(await ann.get("/v1/runs", params={"work_id": id})))["items"]
        assert (item["run_id"], item["kind"], item["status"]) == (run_id, "definition", "waiting")
        inbox = await done(await ann.get("/v1/gates", params={"kind": "form", "limit": 200}))
        assert run_id in [entry["run_id"] for entry in inbox["items"]]
        snapshot = await done(await ann.get(f"/v1/runs/{run_id}"))
        assert (snapshot["kind"], snapshot["workflow_id"]) == ("definition", id)
        form_answer = {"values": {"name": "Ann"}, "step_id": "ask"}
        view = await done(await ann.post(f"/v1/runs/{run_id}/forms", json=form_answer))
        assert (view["actor"], view["via"]) == (ANN, "http")
        await comes_to(ann, run, "completed")


async def test_a_delivery_run_is_no_execution(api: Api, checkout: Any) -> None:
    async with api.client(ANN) as ann:
        run_id = await deliver(ann, checkout, dry_run=True)
        problem_of(await ann.get(f"/v1/executions/{run_id}"), 404)


async def test_a_form_is_not_approved(api: Api) -> None:
    async with api.client(ANN) as ann:
        run = await start(ann, await registered(ann))
        await waits_at(ann, run, "ask")
        for answer in ({"approval": True}, {"approvals": [{"step_id": "ask", "approved": True}]}):
            document = problem_of(await ann.post(f"{run}/resume", json=answer), 422)
            assert document["code"] == "NOT_OFFERED"
        await waits_at(ann, run, "ask")

"""Delivery runs over HTTP: started, looked at, answered by the one who asks, and ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.delivery.places import happy_script, make_repository, write_script
from tests.http_api.asking import closed, comes_to, deliver, done, gate, project
from tests.http_api.conftest import serving_http
from tests.http_api.places import (
    ANN,
    OLGA,
    PAUL,
    TIM,
    TOM,
    VIC,
    Api,
    problem_of,
)
from tests.waiting import eventually


async def test_a_work_item_is_delivered_with_the_gates_answered_over_http(api: Api, checkout: Path) -> None:
    async with api.client(OLGA) as olga, api.client(PAUL) as paul, api.client(VIC) as vic:
        run_id = await deliver(olga, checkout)
        architect = await gate(vic, run_id, "architect")
        listed = await done(await vic.get("/v1/gates", params={"kind": "approval", "limit": 200}))
        [inbox] = [item for item in listed["items"] if item["run_id"] == run_id]
        assert (inbox["request_id"], inbox["run_kind"]) == (architect["request_id"], "delivery")
        assert inbox["what"]
        spec = await done(await vic.get(f"/v1/runs/{run_id}/artifacts/spec"))
        assert "Greet with a comma" in spec["text"]
        assert spec["request_id"] == architect["request_id"]

        answer = {"decision": "approve", "request_id": architect["request_id"], "comment": "good"}
        view = await done(await paul.post(f"/v1/runs/{run_id}/decisions", json=answer))
        assert (view["actor"], view["via"], view["bound"]) == (PAUL, "http", True)
        release = await gate(vic, run_id, "release")
        diff = await done(await vic.get(f"/v1/runs/{run_id}/diff"))
        assert '+    return f"Hello, {name}!"' in diff["text"]
        names = [
            item["name"] for item in (await done(await vic.get(f"/v1/runs/{run_id}/artifacts")))["items"]
        ]
        assert {"spec", "diff", "checks"} <= set(names)
        await done(
            await paul.post(
                f"/v1/runs/{run_id}/decisions",
                json={"decision": "approve", "request_id": release["request_id"]},
            )
        )
        ended = await comes_to(vic, f"/v1/runs/{run_id}", "completed")
        assert ended["kind"] == "delivery"
        assert [item["actor"] for item in ended["decided"]] == [PAUL, PAUL]
        assert ended["pr_url"]

        history = await done(await vic.get(f"/v1/runs/{run_id}/history", params={"limit": 3}))
        assert len(history["items"]) == 3
        assert history["items"][0]["event"] == "started"

        async def is_told() -> bool:
            further = {"cursor": history["next_cursor"]}
            rest = await done(await vic.get(f"/v1/runs/{run_id}/history", params=further))
            assert rest["next_cursor"] is None
            return bool(rest["items"][-1]["event"] == "completed")

        await eventually(is_told, "the history tells of the end")


async def test_a_second_start_finds_the_run_and_other_options_do_not(api: Api, checkout: Path) -> None:
    async with api.client(ANN) as ann:
        body = {"work_id": "1", "repo": str(checkout), "project": project()}
        first = await done(await ann.post("/v1/runs", json=body), 202)
        await gate(ann, first["run_id"], "architect")
        again = await done(await ann.post("/v1/runs", json=body), 200)
        assert again == {"run_id": first["run_id"], "created": False}
        other = await ann.post("/v1/runs", json={**body, "max_retries": 7})
        assert "--max-retries 7" in problem_of(other, 409)["detail"]
        snapshot = await done(await ann.get(f"/v1/runs/{first['run_id']}"))
        assert snapshot["status"] == "waiting"
        await done(await ann.post(f"/v1/runs/{first['run_id']}/cancel", json={"reason": "enough"}), 202)
        ended = await comes_to(ann, f"/v1/runs/{first['run_id']}", "cancelled")
        assert ended["error"] == f"cancelled by {ANN}: enough"
        await closed(ann, first["run_id"])
        problem_of(await ann.post(f"/v1/runs/{first['run_id']}/cancel"), 409)
        problem_of(await ann.post(f"/v1/runs/{first['run_id']}/retry"), 409)


@pytest.mark.parametrize("repo", ["/nothing/at/all", "0" * 2_000, "a\0b", "~nobody-of-that-name/x"])
async def test_a_repository_that_is_none_is_a_mistake_of_the_request(api: Api, repo: str) -> None:
    async with api.client(ANN) as ann:
        answer = await ann.post("/v1/runs", json={"work_id": "1", "repo": repo})
        assert problem_of(answer, 422)["code"] == "USAGE"


async def test_a_mistyped_folder_within_a_repository_is_not_that_repository(api: Api, checkout: Path) -> None:
    async with api.client(ANN) as ann:
        answer = await ann.post("/v1/runs", json={"work_id": "1", "repo": f"{checkout}/mistyped"})
        assert problem_of(answer, 422)["code"] == "USAGE"


async def test_answers_that_do_not_count_say_why(api: Api, checkout: Path) -> None:
    async with api.client(ANN) as ann:
        run_id = await deliver(ann, checkout)
        await gate(ann, run_id, "architect")
        decisions = f"/v1/runs/{run_id}/decisions"
        unknown = await ann.post(
            decisions, json={"decision": "approve", "request_id": "architect-9-00000000"}
        )
        assert problem_of(unknown, 409)["code"] == "UNKNOWN_REQUEST"
        forged = await ann.post(decisions, json={"decision": "approve", "actor": "boss@example.org"})
        assert problem_of(forged, 422)["errors"][0]["path"] == "body.actor"
        no_form = await ann.post(f"/v1/runs/{run_id}/forms", json={"values": {}})
        assert "gates and no forms" in problem_of(no_form, 409)["detail"]
        await done(await ann.post(decisions, json={"decision": "reject", "comment": "not now"}))
        ended = await comes_to(ann, f"/v1/runs/{run_id}", "failed")
        assert ended["error"] == f"architect rejected by {ANN}: not now"
        await closed(ann, run_id)
        late = await ann.post(decisions, json={"decision": "approve"})
        assert "has ended" in problem_of(late, 409)["detail"]
        retried = await done(await ann.post(f"/v1/runs/{run_id}/retry", json={}), 202)
        assert retried == {"run_id": run_id}
        again = await gate(ann, run_id, "architect")
        await done(
            await ann.post(
                decisions, json={"decision": "reject", "request_id": again["request_id"], "comment": "no"}
            )
        )


async def test_only_a_listed_approver_counts_whatever_role_another_has(api: Api, tmp_path: Path) -> None:
    workflow = {"gates": {"approvers": [PAUL]}}
    checkout = make_repository(tmp_path, write_script(tmp_path, happy_script()), workflow=workflow)
    async with api.client(ANN) as ann, api.client(PAUL) as paul:
        run_id = await deliver(ann, checkout)
        waiting = await gate(ann, run_id, "architect")
        answer = {"decision": "reject", "request_id": waiting["request_id"]}
        refused = await ann.post(f"/v1/runs/{run_id}/decisions", json=answer)
        assert problem_of(refused, 403)["code"] == "NOT_ALLOWED"
        raised = await ann.post(f"/v1/runs/{run_id}/budget", json={"limit_usd": 5})
        assert problem_of(raised, 403)["code"] == "NOT_ALLOWED"
        view = await done(await paul.post(f"/v1/runs/{run_id}/decisions", json=answer))
        assert view["actor"] == PAUL


async def test_a_paused_run_goes_on_when_it_is_resumed(api: Api, checkout: Path) -> None:
    async with api.client(ANN) as ann:
        run_id = await deliver(ann, checkout)
        await gate(ann, run_id, "architect")
        problem_of(await ann.post(f"/v1/runs/{run_id}/resume"), 409)
        paused = await done(await ann.post(f"/v1/runs/{run_id}/pause", json={"reason": "not today"}))
        assert paused["what"] == f"paused by {ANN}: not today"
        resumed = await done(await ann.post(f"/v1/runs/{run_id}/resume"))
        assert (resumed["decision"], resumed["actor"]) == ("approve", ANN)
        raised = await done(await ann.post(f"/v1/runs/{run_id}/budget", json={"limit_usd": 12.5}))
        assert raised["what"] == "limit set to $12.50"
        assert (await done(await ann.get(f"/v1/runs/{run_id}")))["cost"]["limit_usd"] == 12.5
        await done(await ann.post(f"/v1/runs/{run_id}/cancel"), 202)


async def test_lists_hold_what_was_asked_for_page_by_page(api: Api, checkout: Path) -> None:
    name = project()
    async with api.client(ANN) as ann:
        for work_id in ("1", "2", "3"):
            body = {"work_id": work_id, "repo": str(checkout), "project": name, "dry_run": True}
            await done(await ann.post("/v1/runs", json=body), 202)

        async def listed(**filters: str) -> list[str]:
            answer = await ann.get("/v1/runs", params={"project": name, **filters})
            return [item["work_id"] for item in (await done(answer))["items"]]

        async def all_ended() -> bool:
            return len(await listed(waiting="false")) == len(await listed()) == 3

        await eventually(all_ended, "three runs have been listed")
        assert await listed(work_id="2") == ["2"]
        assert await listed(kind="definition") == []
        assert await listed(status="cancelled") == []
        assert await listed(waiting="true") == []
        assert await listed(phase='frame" OR WorkflowType != "') == []
        seen, cursor = [], None
        for _ in range(3):
            further = f"&cursor={cursor}" if cursor else ""
            page = await done(await ann.get(f"/v1/runs?project={name}&limit=1{further}"))
            seen += [item["work_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert sorted(seen) == ["1", "2", "3"]
        problem_of(await ann.get("/v1/runs", params={"cursor": "bm90LWEtY3Vyc29y"}), 422)


async def test_one_tenants_key_finds_nothing_of_another(api: Api, checkout: Path) -> None:
    async with api.client(TOM) as tom, api.client(TIM) as tim, api.client(ANN) as ann:
        name = project()
        run_id = await deliver(tom, checkout, project=name)
        await gate(tom, run_id, "architect")
        listed = await done(await tom.get("/v1/runs", params={"project": name}))
        assert [item["run_id"] for item in listed["items"]] == [run_id]
        unknown = await tim.get("/v1/runs/faber-never-was-1")
        for other in (tim, ann):
            for method, path, body in (
                ("GET", "", None),
                ("GET", "/artifacts", None),
                ("GET", "/artifacts/spec", None),
                ("GET", "/diff", None),
                ("GET", "/history", None),
                ("POST", "/decisions", {"decision": "approve"}),
                ("POST", "/forms", {"values": {}}),
                ("POST", "/budget", {"limit_usd": 1}),
                ("POST", "/pause", {}),
                ("POST", "/resume", {}),
                ("POST", "/cancel", {}),
                ("POST", "/retry", {}),
            ):
                answer = await other.request(method, f"/v1/runs/{run_id}{path}", json=body)
                problem_of(answer, 404)
                same = answer.text.replace(run_id, "x") == unknown.text.replace("faber-never-was-1", "x")
                assert same, "an unknown run is refused in the same words"
            for path in (f"/v1/executions/{run_id}", f"/v1/executions/{run_id}/context"):
                problem_of(await other.get(path), 404)
            everything = await done(await other.get("/v1/runs", params={"project": name}))
            assert everything["items"] == []
            inbox = await done(await other.get("/v1/gates", params={"project": name}))
            assert inbox["items"] == []
        given = {"work_id": "1", "repo": str(checkout), "project": name, "dry_run": True}
        theirs = await done(await tim.post("/v1/runs", json=given), 202)
        assert theirs["run_id"] != run_id
        await done(await tom.post(f"/v1/runs/{run_id}/cancel"), 202)


async def test_an_id_that_is_no_runs_is_not_found(api: Api) -> None:
    async with api.client(ANN) as ann:
        for run_id in ("x", "%00", "a%2Fb", "..", "x" * 500, "faber-registry-1", "%F0%9F%98%80"):
            answer = await ann.get(f"/v1/runs/{run_id}")
            assert answer.status_code in (404, 422), answer.text
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_run_that_temporal_has_forgotten_is_shown_as_it_was_kept(
    api: Api, checkout: Path, tmp_path: Path
) -> None:
    """The derived copy beside the repository that the API was started in."""
    folder = checkout / ".fractary/faber/runs/faber-old-1"
    folder.mkdir(parents=True)
    state = {
        "workflow_id": "faber-old-1",
        "work_id": "1",
        "status": "completed",
        "completed_phases": ["frame"],
    }
    (folder / "state.json").write_text(json.dumps({**state, "error": None}))
    async with serving_http(api.settings, checkout) as here, here.client(VIC) as vic, here.client(TOM) as tom:
        found = await done(await vic.get("/v1/runs/faber-old-1"))
        assert (found["status"], found["kind"]) == ("completed", "delivery")
        problem_of(await tom.get("/v1/runs/faber-old-1"), 404)

"""Definitions over HTTP: put, looked at, validated with every problem, deleted; and documents made to hurt."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.definitions.places import approve, definition, form
from tests.http_api.asking import comes_to, done
from tests.http_api.places import ANN, OLGA, TIM, TOM, VIC, Api, application, problem_of, settings, signed

YAML = {"Content-Type": "application/yaml"}


def named(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A definition of an id that no other test has."""
    return definition(*(steps or (form("ask"),)), id=f"d-{uuid.uuid4().hex[:10]}", **more)


async def registered(asking: httpx.AsyncClient, *steps: dict[str, Any], **more: Any) -> str:
    document = named(*steps, **more)
    await done(await asking.post("/v1/workflows", json=document), 201)
    return str(document["id"])


async def test_a_definition_is_put_as_yaml_and_read_as_it_was(api: Api) -> None:
    document = named(form("ask", "agree"), approve("agree"))
    async with api.client(OLGA) as olga, api.client(VIC) as vic:
        text = f"# ours\n{yaml.safe_dump(document)}"
        made = await done(await olga.post("/v1/workflows", content=text, headers=YAML), 201)
        assert (made["id"], made["version"], made["author"]) == (document["id"], 1, OLGA)
        assert made["definition"] == document
        assert made["start_step"] == "ask"
        assert [step["id"] for step in made["steps"]] == ["ask", "agree"]
        assert await done(await vic.get(f"/v1/workflows/{document['id']}")) == made


async def test_a_new_version_leaves_the_old_one_readable(api: Api) -> None:
    document = named()
    path = f"/v1/workflows/{document['id']}"
    async with api.client(ANN) as ann:
        problem_of(await ann.put(path, json=document), 404)
        await done(await ann.post("/v1/workflows", json=document), 201)
        taken = await ann.post("/v1/workflows", json=document)
        assert "is registered" in problem_of(taken, 409)["detail"]
        same = await done(await ann.put(path, json=document))
        assert same["version"] == 1, "the same again is no new version"
        changed = {**document, "name": "Changed"}
        assert (await done(await ann.put(path, json=changed)))["version"] == 2
        assert (await done(await ann.get(path)))["name"] == "Changed"
        assert (await done(await ann.get(path, params={"version": 1})))["name"] == "Tried"
        problem_of(await ann.get(path, params={"version": 3}), 404)
        other = {**document, "id": f"{document['id']}-other"}
        problem_of(await ann.put(path, json=other), 409)


async def test_an_invalid_definition_is_refused_with_every_problem_and_its_line(api: Api) -> None:
    text = "id: wrong\nstart_step: nowhere\nsteps:\n  - id: a\n    type: form\n    next: b\n    config: {}\n"
    async with api.client(ANN) as ann:
        document = problem_of(await ann.post("/v1/workflows", content=text, headers=YAML), 422)
        assert document["code"] == "DEFINITION_INVALID"
        assert len(document["errors"]) >= 3
        assert {"start_step", "steps[0].next"} <= {entry["path"] for entry in document["errors"]}
        assert all(entry["line"] for entry in document["errors"])
        problem_of(await ann.get("/v1/workflows/wrong"), 404)
        verdict = await done(await ann.post("/v1/workflows/validate", content=text, headers=YAML))
        assert verdict["valid"] is False
        assert len(verdict["problems"]) == len(document["errors"])


async def test_validating_stores_nothing_and_looks_at_what_is_sent_or_else_at_what_is_there(api: Api) -> None:
    async with api.client(ANN) as ann, api.client(VIC) as vic:
        id = await registered(ann)
        stored = await done(await vic.post(f"/v1/workflows/{id}/validate"))
        assert stored["valid"] is True
        broken = await done(await vic.post(f"/v1/workflows/{id}/validate", json={"id": id, "steps": []}))
        assert broken["valid"] is False
        fresh = named()
        assert (await done(await vic.post("/v1/workflows/validate", json=fresh)))["valid"] is True
        problem_of(await vic.get(f"/v1/workflows/{fresh['id']}"), 404)
        problem_of(await vic.post(f"/v1/workflows/{fresh['id']}/validate"), 404)


async def test_a_definition_with_an_open_run_stays(api: Api) -> None:
    async with api.client(ANN) as ann:
        id = await registered(ann)
        started = await done(await ann.post("/v1/executions", json={"workflow_id": id}), 202)
        run = f"/v1/executions/{started['run_id']}"
        await comes_to(ann, run, "waiting")
        document = problem_of(await ann.delete(f"/v1/workflows/{id}"), 409)
        assert "open runs" in document["detail"]
        await done(await ann.post(f"{run}/cancel"), 202)
        await comes_to(ann, run, "canceled")
        gone = await ann.delete(f"/v1/workflows/{id}")
        assert (gone.status_code, gone.content) == (204, b"")
        problem_of(await ann.get(f"/v1/workflows/{id}"), 404)
        problem_of(await ann.delete(f"/v1/workflows/{id}"), 404)
        problem_of(await ann.post("/v1/executions", json={"workflow_id": id}), 404)


async def test_lists_go_page_by_page_and_hold_ones_own(api: Api) -> None:
    async with api.client(TOM) as tom, api.client(TIM) as tim, api.client(ANN) as ann:
        theirs = sorted([await registered(tom) for _ in range(3)])
        seen: list[str] = []
        cursor = ""
        while True:
            page = await done(await tom.get(f"/v1/workflows?limit=2{cursor}"))
            assert len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert [id for id in seen if id in theirs] == theirs
        for other in (tim, ann):
            for id in theirs:
                problem_of(await other.get(f"/v1/workflows/{id}"), 404)
                problem_of(await other.delete(f"/v1/workflows/{id}"), 404)
                problem_of(await other.post(f"/v1/workflows/{id}/validate"), 404)
                problem_of(await other.post("/v1/executions", json={"workflow_id": id}), 404)
                taken = await other.post("/v1/workflows", json={**named(), "id": id})
                assert "choose another id" in problem_of(taken, 409)["detail"]
            listed = await done(await other.get("/v1/workflows?limit=200"))
            assert not set(theirs) & {item["id"] for item in listed["items"]}


LAUGHS = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)
HOSTILE_YAML = {
    "billion-laughs": LAUGHS,
    "merge-keys": "a: &a {b: 1}\nc: {<<: *a}\n",
    "a-tag-that-builds": "id: !!python/object/apply:os.system ['true']\n",
    "nested": "[" * 50_000,
    "nested-maps": "".join(f"{' ' * n}a:\n" for n in range(900)),
    "one-key-twice": "id: a\nid: b\n",
    "many-documents": "id: a\n---\nid: b\n",
    "null-byte": "id: a\0\n",
    "no-map": "- a\n- b\n",
    "empty": " ",
    "huge-number": f"id: a\nversion: {'9' * 10_000}\n",
}


@pytest.mark.parametrize("name", HOSTILE_YAML)
async def test_yaml_made_to_hurt_is_a_problem_of_its_own(name: str, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        headers = {**signed(ANN), **YAML}
        answer = await asking.post("/v1/workflows", content=HOSTILE_YAML[name], headers=headers)
        document = problem_of(answer, 422)
        assert document["errors"], "it says what is wrong"
        checked = await asking.post("/v1/workflows/validate", content=HOSTILE_YAML[name], headers=headers)
        assert (await done(checked))["valid"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"steps":' + b"[" * 150 + b"]" * 150 + b"}", 422),
        (json.dumps({"id": "a", "steps": [{"id": "x"}] * 40_000}).encode(), 422),
        (b'{"id": 1e400}', 400),
        (b'{"id": "a", "id": "b"}', 400),
        (b'{"id": "a", "steps": [{"id": "x", "id": "y"}]}', 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
    ],
)
async def test_json_made_to_hurt_is_refused_too(body: bytes, status: int, tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        headers = {**signed(ANN), "Content-Type": "application/json"}
        problem_of(await asking.post("/v1/workflows", content=body, headers=headers), status)


async def test_a_document_of_another_kind_is_not_read(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        for kind in ("text/plain", "application/xml", ""):
            headers = {**signed(ANN), "Content-Type": kind}
            problem_of(await asking.post("/v1/workflows", content=b"id: a", headers=headers), 415)
        headers = {**signed(ANN), **YAML}
        problem_of(await asking.post("/v1/workflows", content=b"id: \xff\xfe", headers=headers), 400)

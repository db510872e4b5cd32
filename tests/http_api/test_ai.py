"""Single model calls, and two versions side by side, over HTTP."""

from __future__ import annotations

from pathlib import Path

from http_api.settings import ApiSettings
from tests.definitions.places import generate
from tests.http_api.asking import done
from tests.http_api.conftest import serving_http
from tests.http_api.places import ANN, OLGA, Api, problem_of
from tests.http_api.test_workflows import named

SCHEMA = {"type": "object", "required": ["word"], "properties": {"word": {"type": "string"}}}


async def test_a_single_model_call_is_a_run_of_one_step(api: Api) -> None:
    async with api.client(OLGA) as olga:
        body = {"prompt": "A word for {{ thing }}.", "variables": {"thing": "rain"}, "json_schema": SCHEMA}
        inferred = await done(await olga.post("/v1/ai/infer", json=body))
        assert isinstance(inferred["output"]["word"], str)
        assert (inferred["provider"], inferred["retry_count"]) == ("mock", 0)
        assert inferred["tokens_prompt"] > 0
        assert inferred["tokens_output"] > 0
        assert inferred["latency_ms"] >= 0
        for wrong in (
            {**body, "template_id": "both"},
            {"json_schema": SCHEMA},
            {**body, "json_schema": {"type": "strnig"}},
            {**body, "variables": {"not a name": 1}},
            {"template_id": "no-such-template", "json_schema": SCHEMA},
            {**body, "model": "no-such-provider:large"},
        ):
            problem_of(await olga.post("/v1/ai/infer", json=wrong), 422)


async def test_a_model_that_gives_no_answer_is_said_with_its_run(api: Api) -> None:
    async with api.client(OLGA) as olga:
        body = {"prompt": "Go.", "json_schema": SCHEMA, "model": "mistral:large"}
        document = problem_of(await olga.post("/v1/ai/infer", json=body), 502)
        assert document["code"] == "MISSING_API_KEY"
        assert "def-ai-infer-" in document["detail"]


async def test_two_versions_are_compared_in_the_dev_profile_only(
    api: Api, prod: ApiSettings, http_dir: Path
) -> None:
    document = named(generate("draft"))
    path = f"/v1/workflows/{document['id']}"
    async with api.client(ANN) as ann:
        await done(await ann.post("/v1/workflows", json=document), 201)
        await done(await ann.put(path, json={**document, "name": "Another name"}))
        body = {"workflow_id": document["id"], "run_opts": {"mock_ai": True}}
        compared = await done(await ann.post("/v1/dev/dual-run", json=body))
        assert (compared["match"], compared["diffs"]) == (True, [])
        assert compared["normalization"] == {
            "ordering": "stable",
            "whitespace": "trim",
            "numeric_tolerance": 1e-6,
        }
        assert set(compared["run_ids"]) == {"old", "new"}
        problem_of(await ann.post("/v1/dev/dual-run", json={}), 422)
        problem_of(await ann.post("/v1/dev/dual-run", json={"old": 1, "new": 2}), 422)
        problem_of(await ann.post("/v1/dev/dual-run", json={**body, "old": 1, "new": 9}), 404)
        problem_of(await ann.post("/v1/dev/dual-run", json={"workflow_id": "never-was"}), 404)
    async with serving_http(prod, http_dir) as there, there.client(ANN) as ann:
        problem_of(await ann.post("/v1/dev/dual-run", json=body), 404)


async def test_a_comparison_stays_within_its_budget_and_asks_nobody(api: Api) -> None:
    # `scripted` has a nominal price, and no file that answers: the runs never get so far.
    document = named(generate("draft", model="scripted:/nowhere.yaml"))
    async with api.client(ANN) as ann:
        body = {"old": document, "new": document, "run_opts": {"budget_usd": 0.001}}
        compared = await done(await ann.post("/v1/dev/dual-run", json=body))
        for run_id in compared["run_ids"].values():
            execution = await done(await ann.get(f"/v1/executions/{run_id}"))
            assert "udget" in execution["error"], execution["error"]

"""What the records say of a run that no worker told them of: one just begun, and one that was ended from outside."""

from __future__ import annotations

from temporalio.client import Client

from tests.http_api.asking import done
from tests.http_api.places import OLGA, Api, problem_of
from tests.http_api.test_executions import start, waits_at
from tests.http_api.test_workflows import named, registered


async def test_a_run_is_listed_and_keeps_its_definition_from_the_moment_that_it_is_begun(api: Api) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        run = await start(olga, id, idempotency_key="first")
        [listed] = (await done(await olga.get("/v1/executions", params={"workflow_id": id})))["items"]
        problem_of(await olga.delete(f"/v1/workflows/{id}"), 409)
        assert run.endswith(listed["id"])
        assert (listed["workflow_version"], listed["idempotency_key"]) == (1, "first")
        await waits_at(olga, run, "ask")
        [waiting] = (await done(await olga.get("/v1/executions", params={"workflow_id": id})))["items"]
        assert waiting["started_at"] == (await done(await olga.get(run)))["started_at"]


async def test_a_key_answers_with_the_version_that_its_run_was_started_with(api: Api) -> None:
    async with api.client(OLGA) as olga:
        document = named()
        await done(await olga.post("/v1/workflows", json=document), 201)
        body = {"workflow_id": document["id"], "idempotency_key": "k"}
        await done(await olga.post("/v1/executions", json=body), 202)
        await done(await olga.put(f"/v1/workflows/{document['id']}", json={**document, "name": "another"}))
        again = await done(await olga.post("/v1/executions", json=body))
        assert (again["created"], again["workflow_version"]) == (False, 1)


async def test_a_run_that_was_terminated_has_failed_and_holds_nothing_back(api: Api, served: Client) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        run = await start(olga, id)
        await waits_at(olga, run, "ask")
        run_id = run.rpartition("/")[2]
        await served.get_workflow_handle(run_id).terminate(reason="by hand")
        execution = await done(await olga.get(run))
        assert (execution["status"], execution["waiting_on"], execution["error"]) == (
            "failed",
            [],
            "by hand",
        )
        snapshot = await done(await olga.get(f"/v1/runs/{run_id}"))
        assert (snapshot["status"], snapshot["waiting_on"]) == ("failed", [])
        problem_of(await olga.post(f"{run}/cancel"), 409)
        assert (await olga.delete(f"/v1/workflows/{id}")).status_code == 204
        [listed] = (await done(await olga.get("/v1/executions", params={"workflow_id": id})))["items"]
        assert listed["status"] == "failed"

"""What the records say of a run that no worker told them of: one just begun, and one that was ended from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client

from faber.contract.names import TASK_QUEUE
from tests.http_api.asking import comes_to, done
from tests.http_api.places import OLGA, TOM, Api, application, problem_of, settings, signed
from tests.http_api.test_executions import start, waits_at
from tests.http_api.test_workflows import named, registered
from tests.waiting import eventually


async def test_a_run_is_listed_and_keeps_its_definition_from_the_moment_that_it_is_begun(api: Api) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        run = await start(olga, id, idempotency_key="first")
        [listed] = (await done(await olga.get("/v1/executions", params={"workflow_id": id})))["items"]
        problem_of(await olga.delete(f"/v1/workflows/{id}"), 409)
        assert run.endswith(listed["id"])
        assert (listed["workflow_version"], listed["idempotency_key"]) == (1, "first")
        await waits_at(olga, run, "ask")
        began = (await done(await olga.get(run)))["started_at"]

        async def is_kept() -> bool:
            [kept] = (await done(await olga.get("/v1/executions", params={"workflow_id": id})))["items"]
            return bool(kept["started_at"] == began)

        await eventually(is_kept, "its own word of when it began is kept")


async def test_a_key_answers_with_the_version_that_its_run_was_started_with(api: Api) -> None:
    async with api.client(OLGA) as olga:
        document = named()
        await done(await olga.post("/v1/workflows", json=document), 201)
        body = {"workflow_id": document["id"], "idempotency_key": "k"}
        await done(await olga.post("/v1/executions", json=body), 202)
        await done(await olga.put(f"/v1/workflows/{document['id']}", json={**document, "name": "another"}))
        again = await done(await olga.post("/v1/executions", json=body))
        assert (again["created"], again["workflow_version"]) == (False, 1)


async def terminated(olga: httpx.AsyncClient, served: Client) -> tuple[str, str, str]:
    """The definition, where its run is found, and the run's id."""
    id = await registered(olga)
    run = await start(olga, id)
    await waits_at(olga, run, "ask")
    run_id = run.rpartition("/")[2]
    await served.get_workflow_handle(run_id).terminate(reason="by hand")
    return id, run, run_id


async def test_a_run_that_was_terminated_has_failed_and_holds_nothing_back(api: Api, served: Client) -> None:
    async with api.client(OLGA) as olga:
        id, run, run_id = await terminated(olga, served)
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


async def test_lists_know_of_a_run_that_was_terminated_whichever_status_is_asked_for(
    api: Api, served: Client
) -> None:
    async with api.client(OLGA) as olga, api.client(TOM) as tom:
        id = await registered(olga)
        open_one, first, second, theirs = [await start(by, id) for by in (olga, olga, olga, tom)]
        for by, run in ((olga, open_one), (olga, first), (olga, second), (tom, theirs)):
            await waits_at(by, run, "ask")

        async def listed(by: Any, **wanted: Any) -> list[str]:
            page = await done(await by.get("/v1/executions", params={"workflow_id": id, **wanted}))
            return [f"/v1/executions/{item['id']}" for item in page["items"]]

        for run, by, others in ((first, olga, [open_one, second]), (theirs, tom, [])):
            await served.get_workflow_handle(run.rpartition("/")[2]).terminate(reason="by hand")

            async def is_listed(by: Any = by, run: str = run) -> bool:
                return await listed(by, status="failed") == [run]

            await eventually(is_listed, f"{run} is listed as failed")
            assert await listed(by, status="waiting") == sorted(others, reverse=True)
        assert await listed(olga) == [second, first, open_one]


async def test_a_run_that_took_the_id_of_a_terminated_one_is_open(api: Api, served: Client) -> None:
    async with api.client(OLGA) as olga:
        id, _, run_id = await terminated(olga, served)
        again = {"definition_id": id}
        await served.start_workflow("DefinitionRun", again, id=run_id, task_queue=TASK_QUEUE)

        async def are_listed() -> bool:
            page = await done(await olga.get("/v1/executions", params={"workflow_id": id}))
            return [item["status"] for item in page["items"]] == ["waiting", "failed"]

        await eventually(are_listed, "the one has failed, the other waits")


async def test_an_open_run_that_temporal_knows_no_more_waits_for_nobody(api: Api, served: Client) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        run = await start(olga, id)
        await waits_at(olga, run, "ask")
        execution = WorkflowExecution(workflow_id=run.rpartition("/")[2])
        gone = DeleteWorkflowExecutionRequest(namespace=served.namespace, workflow_execution=execution)
        await served.workflow_service.delete_workflow_execution(gone)

        async def is_over() -> bool:
            shown = await done(await olga.get(run))
            return (shown["status"], shown["waiting_on"]) == ("failed", [])

        await eventually(is_over, f"{run} is over")
        assert "did not live to say" in (await done(await olga.get(run)))["error"]
        page = await done(await olga.get("/v1/executions", params={"workflow_id": id, "status": "failed"}))
        assert [f"/v1/executions/{item['id']}" for item in page["items"]] == [run]
        assert problem_of(await olga.post(f"{run}/cancel"), 409)["code"] == "CONFLICT"


async def test_a_run_that_failed_before_it_began_is_no_queued_one(api: Api) -> None:
    async with api.client(OLGA) as olga:
        id = await registered(olga)
        run = await start(olga, id, profile={"kept": {"$artifact": "none", "bytes": 1}})
        await comes_to(olga, run, "failed")
        page = await done(await olga.get("/v1/executions", params={"workflow_id": id}))
        assert [item["status"] for item in page["items"]] == ["failed"]


async def test_a_list_is_given_while_temporal_is_away(tmp_path: Path) -> None:
    async with application(settings(tmp_path)) as asking:
        page = await done(await asking.get("/v1/executions", headers=signed(OLGA)))
        assert page == {"items": [], "next_cursor": None}

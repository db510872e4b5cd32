"""One whole run, started by an HTTP request and done by a worker of its own process, and all that both told of it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from temporalio.client import Client

from adapters.telemetry.start import start_telemetry
from faber.connection import connect
from faber.contract.delivery import Decision, RunInput
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import DefinitionRun, FaberRun
from faber.settings import Settings
from http_api.app import create_app
from http_api.settings import ApiSettings
from tests.crash.processes import Server, Worker, to_stderr
from tests.definitions.places import Desk, approve, definition, form, generate
from tests.delivery.places import Script, make_repository
from tests.stand_in import ModelServer
from tests.stand_in.otlp import Heard, OtlpReceiver
from tests.waiting import eventually

SECRET = "opensesame-of-the-worker-1"
PROJECT = "project-of-a-test"
MAIL = "dana@example.org"
API_KEY = "key-of-ann-at-the-api"
# The receivers get what is sent at the end, or nothing.
NEVER = {"OTEL_BSP_SCHEDULE_DELAY": "3600000", "OTEL_METRIC_EXPORT_INTERVAL": "3600000"}


@dataclass
class Told:
    """`asked` is the run that the request started, `typed` one that nobody's span began, `defined` a definition's."""

    asked: str
    typed: str
    defined: str
    spans: list[Heard]
    langsmith: OtlpReceiver
    metrics: OtlpReceiver
    lines: list[str]

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def of(self, run_id: str) -> list[Heard]:
        return [span for span in self.spans if span.attributes.get("run_id") == run_id]

    def events(self, run_id: str) -> list[tuple[str, str | None]]:
        """(event, step) in the order of the log."""
        told = [line for line in self.log if line["logger"] == "activities.events"]
        return [(line["message"], line.get("step_id")) for line in told if line["run_id"] == run_id]


@contextlib.asynccontextmanager
async def working(
    folder: Path, client: Client, provider: ModelServer, **environment: str
) -> AsyncIterator[Worker]:
    """A worker's process; ended by SIGTERM, as a user does, on the way out."""
    worker = Worker(
        {
            "HOME": str(folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "FABER_DATA_DIR": str(folder / "data"),
            "TEMPORAL_ADDRESS": client.service_client.config.target_host,
            "TEMPORAL_NAMESPACE": client.namespace,
            "OPENAI_API_KEY": "key-of-the-stand-in",
            "OPENAI_BASE_URL": f"{provider.url}/v1",
            "DEPLOY_TOKEN": SECRET,
            **NEVER,
            **environment,
        },
        folder / "worker.log",
    )
    try:
        await worker.start()
        yield worker
        assert await worker.stop() == 0
    finally:
        await worker.kill()


def site(folder: Path, script: Script, langsmith: dict[str, Any]) -> Path:
    text = f"title: Greetings lack their comma\n---\n\nAsk {MAIL}, the token is {SECRET}.\n"
    issues = {number: f"---\nid: {number}\n{text}" for number in ("1", "2")}
    checkout = make_repository(folder, "openai:gpt-4o", issues=issues)
    path = checkout / ".fractary/config.yaml"
    path.write_text(f"{path.read_text()}observability: {json.dumps({'langsmith': langsmith})}\n")
    return checkout


def door(client: Client) -> FastAPI:
    """An API of one route: what a request does at the real one, as far as traces go."""
    app = FastAPI()

    @app.post("/runs/{work_id}")
    async def start(work_id: str, repo: str) -> str:
        run_id = f"faber-told-{uuid.uuid4().hex[:10]}-{work_id}"
        given = RunInput(work_id=work_id, repo=repo, autonomy="guarded")
        await client.start_workflow(FaberRun.run, given, id=run_id, task_queue=TASK_QUEUE)
        return run_id

    return app


async def request(app: FastAPI, work_id: str, repo: Path) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
        answer = await http.post(f"/runs/{work_id}", params={"repo": str(repo), "token": SECRET})
        return str(answer.raise_for_status().json())


async def delivered(client: Client, run_id: str) -> None:
    """The gate is answered, and the run completes."""
    handle = client.get_workflow_handle_for(FaberRun.run, run_id)

    async def waits() -> bool:
        status = await handle.query(FaberRun.status)
        assert status.error is None, status.error
        return bool(status.waiting_on)

    await eventually(waits, f"{run_id} asks for its release", 60)
    await handle.execute_update(FaberRun.decide, Decision(decision="approve", actor=MAIL, via="test"))
    assert (await handle.result()).status == "completed"


async def definition_done(app: FastAPI, client: Client) -> str:
    """A form, a model's answer and an approval, by the invented model; asked for at the real API."""
    wanted = definition(
        form("who", "summary", {"key": "name", "type": "email", "required": True}),
        generate("summary", "ok", prompt="About {{ name }}.", variables=["name"]),
        approve("ok", message="{{ name }} wants {{ summary_output.summary }}"),
    )
    signed = {"Authorization": f"Bearer {API_KEY}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=signed
    ) as http:
        (await http.post("/v1/workflows", json=wanted)).raise_for_status()
        asked = {"workflow_id": wanted["id"], "run_opts": {"mock_ai": True}}
        started = await http.post("/v1/executions", json=asked)
        run_id = str(started.raise_for_status().json()["run_id"])
    handle = client.get_workflow_handle_for(DefinitionRun.run, run_id)
    desk = Desk(client)
    await desk.fill(handle, "who", name=MAIL)
    await desk.decide(handle, "ok")
    assert (await handle.result()).status == "completed"
    return run_id


async def told(
    folder: Path, server: Server, script: Script, traces: Any, langsmith: dict[str, Any] | None = None
) -> Told:
    """`traces` is the receiver of spans: ours, or Jaeger."""
    typing = await server.new_namespace()
    where = {
        "TEMPORAL_ADDRESS": typing.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": typing.namespace,
        "HOME": str(folder),
        "FABER_DATA_DIR": str(folder / "data"),
        "FABER_API_KEYS": f"ann:operator:{API_KEY}",
    }
    with ModelServer(script) as provider, OtlpReceiver() as metrics, OtlpReceiver() as smith:
        otel = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": traces.grpc_url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{metrics.http_url}/v1/metrics",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20of-the-collector",
            "LANGSMITH_API_KEY": "key-of-langsmith",
            "LANGSMITH_ENDPOINT": smith.http_url,
        }
        settings = Settings.read(where | otel)
        telemetry = start_telemetry(settings, "faber-api", to_stderr)
        client = await connect(settings, telemetry.interceptors)
        app = door(client)
        telemetry.watch(app)
        checkout = site(folder, script, langsmith or {"enabled": True, "project": PROJECT})
        async with working(folder, client, provider, **otel) as worker:
            asked = await request(app, "1", checkout)
            await delivered(client, asked)
            quiet = door(typing)
            typed = await request(quiet, "2", checkout)
            await delivered(typing, typed)
            api = create_app(ApiSettings.read(where | otel), where=checkout, telemetry=telemetry)
            defined = await definition_done(api, client)
        telemetry.close()
        await eventually(lambda: stored(traces.spans, {asked, typed, defined}), "all spans were stored")
        return Told(asked, typed, defined, list(traces.spans), smith, metrics, worker.said.splitlines())


def stored(spans: list[Heard], run_ids: set[str]) -> bool:
    """Every run is there to its end, and every span's parent is: a receiver may take them in later than it says."""
    ended = {span.attributes["run_id"] for span in spans if span.name.startswith("CompleteWorkflow:")}
    ids = {span.span_id for span in spans} | {""}
    return ended == run_ids and all(span.parent_id in ids for span in spans)

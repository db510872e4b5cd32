"""The Temporal CLI alone starts, answers, asks, lists and ends a run; what it gets wrong is told by the field."""

from __future__ import annotations

import asyncio
import json
import shlex
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from faber.contract.workflows import FaberRun
from tests.delivery.asking import autonomous, cancelled, ended
from tests.delivery.conftest import Handle, NewSite, Site, failure
from tests.waiting import eventually


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class TemporalCli:
    program: Path
    client: Client
    prefix: str = field(default_factory=lambda: f"faber-cli-{uuid.uuid4().hex[:8]}")

    async def __call__(self, *words: str) -> Said:
        server = (
            "--address",
            self.client.service_client.config.target_host,
            "--namespace",
            self.client.namespace,
        )
        process = await asyncio.create_subprocess_exec(
            str(self.program), *words, *server, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    async def start(self, *input: str) -> Handle:
        """`temporal workflow start` with exactly these words as its input."""
        run_id = f"{self.prefix}-{uuid.uuid4().hex[:8]}"
        said = await self("workflow", "start", "--type", "FaberRun", "-t", "faber", "-w", run_id, *input)
        assert said.code == 0, said.err
        return self.client.get_workflow_handle_for(FaberRun.run, run_id)

    async def start_at(self, site: Site, **options: Any) -> Handle:
        return await self.start(
            "--input", json.dumps({"work_id": "1", "repo": str(site.checkout), **options})
        )

    async def update(self, handle: WorkflowHandle[Any, Any], name: str, input: dict[str, Any]) -> Said:
        words = ("workflow", "update", "execute", "-w", handle.id, "--name", name, "-o", "json")
        return await self(*words, "--input", json.dumps(input))

    async def signal(self, handle: WorkflowHandle[Any, Any], name: str, *inputs: str) -> None:
        given = [word for input in inputs for word in ("--input", input)]
        said = await self("workflow", "signal", "-w", handle.id, "--name", name, *given)
        assert said.code == 0, said.err


@pytest.fixture
def temporal(cli: Path, served: Client) -> TemporalCli:
    return TemporalCli(cli, served)


async def test_a_run_is_started_answered_and_read_by_the_cli_alone(
    temporal: TemporalCli, new_site: NewSite
) -> None:
    site = new_site()
    handle = await temporal.start_at(site)
    architect = await site.gate(handle, "architect")
    given = shlex.split(architect.temporal_command)
    assert given[0] == "temporal"
    by_update = await temporal(*given[1:], "-o", "json")
    assert json.loads(by_update.out)["result"]["decision"] == "approve"
    release = await site.gate(handle, "release")
    asked = await temporal("workflow", "query", "-w", handle.id, "--type", "status", "-o", "json")
    [snapshot] = asked.document["queryResult"]
    assert snapshot["waiting_on"][0]["request_id"] == release.request_id
    answer = {"decision": "yes", "request_id": release.request_id, "actor": "ann", "via": "temporal-cli"}
    await temporal.signal(handle, "decide", json.dumps(answer))
    result = await ended(handle)
    assert [(view.name, view.actor, view.via) for view in result.decisions] == [
        ("architect", "unknown", "temporal"),
        ("release", "ann", "temporal-cli"),
    ]
    told = await temporal("workflow", "result", "-w", handle.id, "-o", "json")
    assert told.document["result"]["pr_url"] == result.pr_url


async def test_runs_are_listed_by_what_they_wait_for(temporal: TemporalCli, new_site: NewSite) -> None:
    site = new_site()
    project = f"project-{uuid.uuid4().hex[:8]}"
    waiting = await temporal.start_at(site, project=project)
    await site.gate(waiting, "architect")
    query = (
        f'FaberProject = "{project}" AND FaberWaitingOn = "approval:architect" AND FaberPhase = "architect"'
    )

    async def is_listed() -> bool:
        said = await temporal("workflow", "list", "--query", query, "-o", "json")
        return [row["execution"]["workflowId"] for row in said.document] == [waiting.id]

    await eventually(is_listed, "the waiting run is listed")
    await temporal.update(waiting, "decide", {"decision": "no", "actor": "ann", "comment": "not now"})
    _, result = await failure(waiting)
    assert result.error == "architect rejected by ann: not now"
    query = f'FaberProject = "{project}" AND FaberOutcome = "failed" AND FaberWorkId = "1"'
    await eventually(is_listed, "the failed run is listed")


async def test_the_cli_cancels_a_run(temporal: TemporalCli, new_site: NewSite) -> None:
    site = new_site()
    handle = await temporal.start_at(site)
    await site.gate(handle, "architect")
    said = await temporal("workflow", "cancel", "-w", handle.id)
    assert said.code == 0, said.err
    await cancelled(handle)
    status = await site.status(handle)
    assert (status.status, status.error) == ("cancelled", "cancelled by a request")
    assert status.error_phase == "architect"


@pytest.mark.parametrize(
    ("input", "named"),
    [
        ((), 'at least {"work_id": "..."}'),
        (("--input", "{}"), "work_id: Field required"),
        (("--input", '{"work_id": "1", "autonomie": "guarded"}'), "autonomie: Extra inputs"),
        (("--input", '{"work_id": "1", "autonomy": "reckless"}'), "autonomy: Input should be"),
        (("--input", '{"work_id": "1", "max_retries": "many"}'), "max_retries: Input should be"),
        (("--input", '{"work_id": "1", "budget_usd": 0}'), "budget_usd: Input should be greater"),
        (("--input", '{"work_id": "1", "approve": {"build": "never"}}'), "approve.build"),
        (("--input", '"1"'), "input: Input should be"),
        (("--input", "null"), 'at least {"work_id": "..."}'),
        (
            ("--input", '{"work_id": "1", "resume": {"why": "retry", "state": {"phase": "party"}}}'),
            "resume: phase",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_wrong_input_fails_the_run_at_once_with_the_fields_name(
    temporal: TemporalCli, input: tuple[str, ...], named: str
) -> None:
    handle = await temporal.start(*input)

    async def has_failed() -> bool:
        return (await handle.describe()).status == WorkflowExecutionStatus.FAILED

    await eventually(has_failed, "the run fails", timeout_s=10)
    said = await temporal("workflow", "result", "-w", handle.id)
    assert named in said.out + said.err


async def test_a_wrong_update_is_answered_with_the_fields_name_and_leaves_the_run_as_it_is(
    temporal: TemporalCli, new_site: NewSite
) -> None:
    site = new_site()
    handle = await temporal.start_at(site)
    before = await site.gate(handle, "architect")
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("decide", {"decision": "maybe"}, "decision: Input should be"),
        ("decide", {"decision": "approve", "requestId": "x"}, "requestId: Extra inputs"),
        ("decide", {}, "decision: Field required"),
        ("decide", {"decision": "approve", "request_id": "architect-1-00000000"}, before.request_id),
        ("raise_budget", {"limit_usd": "lots"}, "limit_usd: Input should be"),
        ("raise_budget", {"limit_usd": -1}, "limit_usd: Input should be greater"),
        ("resume", {}, "not paused"),
        ("merge", {}, "merge"),
    ]
    for name, input, named in wrong:
        said = await temporal.update(handle, name, input)
        assert said.code != 0, (name, input)
        assert named in said.out + said.err, (name, input)
    none = await temporal("workflow", "update", "execute", "-w", handle.id, "--name", "decide")
    assert none.code != 0
    assert await site.gate(handle, "architect") == before
    assert (await site.status(handle)).ignored == []
    await handle.terminate()


async def test_signals_of_any_shape_never_fail_or_hang_a_run_and_are_kept_as_ignored(
    temporal: TemporalCli, new_site: NewSite
) -> None:
    site = new_site(workflow=autonomous(human_approval={"release": True}))
    handle = await temporal.start_at(site)
    gate = await site.gate(handle, "release")
    yes = json.dumps({"decision": "approve", "request_id": gate.request_id})
    await temporal.signal(handle, "decide")
    await temporal.signal(handle, "decide", "{}")
    await temporal.signal(handle, "decide", '{"decision": "maybe"}')
    await temporal.signal(handle, "decide", "[1, 2]")
    await temporal.signal(handle, "decide", yes, yes)
    await temporal.signal(handle, "decide", '{"decision": "approve", "request_id": "release-1-00000000"}')
    await temporal.signal(handle, "raise_budget", '{"limit_usd": true}')
    await temporal.signal(handle, "resume")
    await temporal.signal(handle, "nonsense", '{"a": 1}')
    raw = ("--input-meta", "encoding=binary/plain", "--input-base64", "--input", "AAEC")
    assert (await temporal("workflow", "signal", "-w", handle.id, "--name", "decide", *raw)).code == 0
    status = await site.status(handle)
    assert [item.request_id for item in status.waiting_on] == [gate.request_id]
    told = [
        "takes one JSON object, not nothing",
        "decision: Field required",
        "decision: Input should be",
        "takes one JSON object, not a list",
        "it has 2 inputs",
        "no request 'release-1-00000000' here",
        "limit_usd: Value error, must be a number",
        "the run is not paused",
        "unknown; known are",
        "one JSON object",
    ]
    assert len(status.ignored) == len(told)
    for line, expected in zip(status.ignored, told, strict=True):
        assert expected in line
    await temporal.signal(handle, "decide", '"approve"')
    assert (await ended(handle)).status == "completed"


async def test_pause_and_resume_by_signal(temporal: TemporalCli, new_site: NewSite) -> None:
    site = new_site()
    handle = await temporal.start_at(site)
    gate = await site.gate(handle, "architect")
    await temporal.signal(handle, "pause", '{"actor": "ann", "reason": "lunch"}')
    await site.gate(handle, "pause")
    await temporal.signal(handle, "resume", '{"actor": "bob"}')
    [view] = [view for view in (await site.status(handle)).decided if view.kind == "pause"]
    assert (view.decision, view.actor) == ("approve", "bob")
    assert (await site.gate(handle, "architect")) == gate
    await temporal.signal(handle, "raise_budget", '{"limit_usd": 42}')
    assert (await site.status(handle)).cost.limit_usd == 42
    await handle.terminate()

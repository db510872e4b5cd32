"""The Temporal CLI alone starts a definition, answers its forms and approvals, reads and cancels it.

What it gets wrong is told by the field."""

from __future__ import annotations

import json
import shlex
import uuid
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from faber.contract.workflows import DefinitionRun
from tests.definitions.places import Desk, Handle, approve, definition, form
from tests.delivery.asking import cancelled
from tests.delivery.test_temporal_cli import TemporalCli
from tests.waiting import eventually

ASKS = definition(
    form("who", "ok", {"key": "name", "required": True}, {"key": "age", "type": "integer"}), approve("ok")
)


@pytest.fixture
def temporal(cli: Path, defined: Client) -> TemporalCli:
    return TemporalCli(cli, defined)


async def start(temporal: TemporalCli, *input: str, kind: str = "DefinitionRun") -> Handle:
    run_id = f"def-cli-{uuid.uuid4().hex[:8]}"
    said = await temporal("workflow", "start", "--type", kind, "-t", "faber", "-w", run_id, *input)
    assert said.code == 0, said.err
    return temporal.client.get_workflow_handle_for(DefinitionRun.run, run_id)


async def begin(temporal: TemporalCli, document: dict[str, Any] = ASKS) -> Handle:
    return await start(temporal, "--input", json.dumps({"definition": document, "initiator": "zoë"}))


async def test_a_run_is_started_answered_and_read_by_the_cli_alone(temporal: TemporalCli, desk: Desk) -> None:
    handle = await begin(temporal)
    who = await desk.waits(handle, "who")
    given = shlex.split(who.temporal_command.replace("<values>", '{"name": "Łukasz 先"}'))
    assert given[0] == "temporal"
    filled = await temporal(*given[1:], "-o", "json")
    assert filled.document["result"]["decision"] == "approve"
    ok = await desk.waits(handle, "ok")
    asked = await temporal("workflow", "query", "-w", handle.id, "--type", "status", "-o", "json")
    [snapshot] = asked.document["queryResult"]
    assert snapshot["waiting_on"][0]["request_id"] == ok.request_id
    answer = {"decision": "yes", "request_id": ok.request_id, "actor": "ann@example.org"}
    said = await temporal.update(handle, "decide", answer)
    assert said.code == 0, said.err
    told = await temporal("workflow", "result", "-w", handle.id, "-o", "json")
    assert told.document["result"]["context"]["runtime"]["name"] == "Łukasz 先"


async def test_forms_and_approvals_are_answered_by_signals(temporal: TemporalCli, desk: Desk) -> None:
    handle = await begin(temporal)
    await desk.waits(handle, "who")
    for wrong in ('{"values": {"nam": "x"}}', '{"values": {}}', "[1]", '"Ada"', '{"value": {}}'):
        await temporal.signal(handle, "submit_form", wrong)
    status = await desk.status(handle)
    assert [item.gate for item in status.waiting_on] == ["who"]
    for line, named in zip(
        status.ignored, ("nam:", "name:", "one JSON object", "one JSON object", "value"), strict=True
    ):
        assert named in line
    await temporal.signal(handle, "submit_form", '{"values": {"name": "Ada"}}')
    ok = await desk.waits(handle, "ok")
    answer = {"decision": "approve", "request_id": ok.request_id, "actor": "ann@example.org"}
    await temporal.signal(handle, "decide", json.dumps(answer))
    assert (await handle.result()).status == "completed"


async def test_a_wrong_answer_is_refused_with_the_fields_name_and_changes_nothing(
    temporal: TemporalCli, desk: Desk
) -> None:
    handle = await begin(temporal)
    before = await desk.waits(handle, "who")
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("submit_form", {}, "values: Field required"),
        ("submit_form", {"values": {"name": "x"}, "step": "who"}, "step: Extra inputs"),
        ("submit_form", {"values": {"name": "x", "age": "old"}}, "age:"),
        ("submit_form", {"values": "Ada"}, "values: one JSON object"),
        ("submit_form", {"values": {"name": "x"}, "step_id": "ok"}, before.request_id),
        ("decide", {"decision": "maybe"}, "decision: Input should be"),
        ("decide", {"decision": "approve", "request_id": before.request_id}, "fill it in by submit_form"),
    ]
    for name, input, named in wrong:
        said = await temporal.update(handle, name, input)
        assert said.code != 0, (name, input)
        assert named in said.out + said.err, (name, input, said.err)
    assert await desk.waits(handle, "who") == before
    assert (await desk.status(handle)).ignored == []
    await handle.terminate()


async def test_the_cli_cancels_a_run(temporal: TemporalCli, desk: Desk) -> None:
    handle = await begin(temporal)
    await desk.waits(handle, "who")
    assert (await temporal("workflow", "cancel", "-w", handle.id)).code == 0
    await cancelled(handle)
    status = await desk.status(handle)
    assert (status.status, status.error, status.current_step) == (
        "cancelled",
        "cancelled by a request",
        "who",
    )


INVALID = {
    "definition": {
        "id": "x",
        "name": "X",
        "version": 1,
        "start_step": "a",
        "steps": [{"id": "a", "type": "frm"}],
    }
}


@pytest.mark.parametrize(
    ("kind", "input", "named"),
    [
        ("DefinitionRun", (), '"definition_id": "..."'),
        ("DefinitionRun", ("--input", "null"), '"definition_id": "..."'),
        ("DefinitionRun", ("--input", "{}"), "either `definition`"),
        ("DefinitionRun", ("--input", '{"definition_ids": "x"}'), "definition_ids: Extra inputs"),
        ("DefinitionRun", ("--input", '{"definition_id": "x", "version": 0}'), "version: Input should be"),
        ("DefinitionRun", ("--input", '{"definition_id": "x", "inputs": [1]}'), "inputs: Input should be"),
        ("DefinitionRun", ("--input", '{"idempotency_key": "a\\u0000b"}'), "idempotency_key: "),
        ("DefinitionRun", ("--input", '{"tenant": "a\\u0000b"}'), "tenant: "),
        (
            "DefinitionRun",
            ("--input", '{"definition_id": "no-such"}'),
            "'no-such' is neither in the registry",
        ),
        ("DefinitionRun", ("--input", json.dumps(INVALID)), "steps[0].type"),
        (
            "DefinitionRun",
            ("--input", '{"definition_id": "x", "resume": {"why": "retry", "state": {"steps": 3}}}'),
            "resume: steps",
        ),
        ("DefinitionRegistry", (), '"action": "list"'),
        ("DefinitionRegistry", ("--input", '{"action": "drop"}'), "action: Input should be"),
        ("DefinitionRegistry", ("--input", '{"action": "get"}'), "definition_id"),
        ("DefinitionDualRun", (), '"workflow_id": "..."'),
        ("DefinitionDualRun", ("--input", '{"old": 1}'), "workflow_id"),
        ("DefinitionDualRun", ("--input", '{"workflow_id": "no-such"}'), "'no-such' is not in the registry"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_wrong_input_fails_the_run_at_once_with_the_fields_name(
    temporal: TemporalCli, kind: str, input: tuple[str, ...], named: str
) -> None:
    handle = await start(temporal, *input, kind=kind)

    async def has_failed() -> bool:
        return (await handle.describe()).status == WorkflowExecutionStatus.FAILED

    await eventually(has_failed, "the run fails", timeout_s=10)
    said = await temporal("workflow", "result", "-w", handle.id)
    assert named in said.out + said.err

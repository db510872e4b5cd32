"""Definitions by `python -m faber.api`, spawned as a program would: argv, stdout, stderr, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from faber.contract.workflows import DefinitionRun
from tests.client.test_run_command import AT_IMPORT
from tests.definitions.places import Desk, approve, definition, form, generate, step, when
from tests.definitions.service import Service


@dataclass
class Door:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def __call__(self, *words: str, actor: str = "bob", stdin: str = "") -> tuple[int, Any, str]:
        """(exit code, the document on stdout, stderr)."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "faber.api", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env={**os.environ, **self.environment, "FABER_ACTOR": actor},
        )
        out, err = await child.communicate(stdin.encode())
        assert child.returncode is not None
        assert not out or child.returncode == 0, "stdout is empty on any other exit"
        return child.returncode, json.loads(out) if out else None, err.decode()

    def write(self, document: dict[str, Any]) -> str:
        path = self.folder / f"{document['id']}.json"
        path.write_text(json.dumps(document))
        return str(path)


@pytest.fixture
def door(desk: Desk, tmp_path: Path) -> Door:
    address = desk.client.service_client.config.target_host
    environment = {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": desk.client.namespace}
    return Door(tmp_path, environment | {"FABER_DATA_DIR": str(desk.folder)})


def named(*steps: dict[str, Any]) -> dict[str, Any]:
    return {**definition(*steps), "id": f"d-{uuid.uuid4().hex[:8]}"}


async def test_a_definition_is_put_run_answered_and_printed(door: Door) -> None:
    document = named(form("who", "draft"), generate("draft", "ok"), approve("ok"))
    file = door.write(document)
    assert (await door("definition", "validate", file))[0] == 0
    code, put, _ = await door("definition", "put", file)
    assert (code, put["entries"][0]["version"]) == (0, 1)
    code, _, err = await door(
        "definition", "run", document["id"], "--inputs", '{"seen": 1}', "--idempotency-key", "k"
    )
    assert code == 3
    run_id = err.splitlines()[0].removeprefix("run ")
    assert run_id.startswith(f"def-{document['id']}-") and f"submit {run_id}" in err
    code, _, err = await door("submit", run_id, '{"nam": "Ada"}')
    assert code == 1 and "nam" in err and "name" in err
    assert (await door("submit", run_id, '{"name": "Ada"}'))[0] == 0
    code, _, err = await door("result", run_id)
    assert code == 3 and "approval required" in err
    code, shown, _ = await door("show", run_id)
    assert shown["name"] == "context" and '"Ada"' in shown["text"]
    code, _, err = await door("approve", run_id, actor="eve")
    assert code == 1 and "ann@example.org" in err
    assert (await door("approve", run_id, actor="ann@example.org"))[0] == 0
    code, result, _ = await door(
        "definition", "run", document["id"], "--inputs", '{"seen": 1}', "--idempotency-key", "k"
    )
    assert (code, result["run_id"], result["status"], result["provider"]) == (0, run_id, "completed", "mock")
    code, _, err = await door(
        "definition", "run", document["id"], "--inputs", '{"seen": 2}', "--idempotency-key", "k"
    )
    assert code == 2 and "other inputs" in err


async def test_a_key_that_the_records_cannot_keep_is_refused_by_name(door: Door) -> None:
    document = named(when("a", "True"))
    assert (await door("definition", "put", door.write(document)))[0] == 0
    code, _, err = await door("definition", "run", document["id"], "--idempotency-key", "half \udcff")
    assert code == 2
    assert "idempotency_key: " in err and "surrogate" in err


async def test_a_registered_template_is_what_a_step_names_and_its_versions_stay(door: Door) -> None:
    name = f"greeting-{uuid.uuid4().hex[:6]}"
    for version, text in enumerate(("Greet {{ name }}.", "Greet {{ name }} and {{ nobody }}."), 1):
        code, put, err = await door("definition", "put-template", name, "-", stdin=text)
        assert (code, put["entries"][0]["version"]) == (0, version), err
    inputs = ("--inputs", '{"name": "Ada"}')
    first = named(step("a", "ai_generate", None, template_id=f"{name}@1", variables=["name"], json_schema={}))
    code, result, err = await door("definition", "run", door.write(first), *inputs)
    assert (code, result["status"]) == (0, "completed"), err
    newest = named(step("a", "ai_generate", None, template_id=name, variables=["name"], json_schema={}))
    code, result, err = await door("definition", "run", door.write(newest), *inputs)
    assert result["status"] == "failed" and "nobody" in result["error"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ name", "line 1: unexpected end of template"),
        ("{% if a %}" + "{% elif a %}" * 501 + "{% endif %}", "more than 500 `elif`"),
        ("{{ secret.KEY }}", "secrets are resolved in api_call steps only"),
    ],
)
async def test_a_template_that_no_step_could_use_is_not_registered(door: Door, text: str, said: str) -> None:
    name = f"t-{uuid.uuid4().hex[:8]}"
    code, _, err = await door("definition", "put-template", name, "-", stdin=text)
    assert code == 2 and said in err


async def test_every_problem_of_a_definition_is_said_with_its_place(door: Door) -> None:
    code, _, err = await door(
        "definition", "validate", "-", stdin="id: x\nstart_step: a\nsteps:\n- {id: b, typ: form}\n"
    )
    assert code == 2
    assert "start_step" in err and "typ" in err and "line 4" in err
    code, _, err = await door("definition", "run", "nowhere-to-be-found")
    assert code == 2 and "nowhere-to-be-found" in err
    code, _, err = await door("definition", "run", "x", "--inputs", "[1]")
    assert code == 2 and "JSON object" in err
    code, _, err = await door("definition", "run", "x", "--budget", "-1")
    assert (code, err) == (2, "budget_usd: Input should be greater than 0 (given: -1.0)\n")


async def test_a_failed_run_goes_on_at_its_failed_step_with_the_same_key(
    door: Door, service: Service
) -> None:
    service.answers = [200, 400]
    document = named(
        step("first", "api_call", "second", url=f"{service.url}/1"),
        step("second", "api_call", None, url=f"{service.url}/2"),
    )
    code, result, err = await door("definition", "run", door.write(document))
    assert (code, result["status"], result["error_step"]) == (0, "failed", "second"), err
    run_id = result["run_id"]
    service.calls.clear()
    code, again, err = await door("retry", run_id)
    assert (code, again["status"]) == (0, "completed"), err
    assert [call.path for call in service.calls] == ["/2"]
    assert [item["step_id"] for item in again["steps"]] == ["first", "second"]


async def test_an_interrupt_before_the_run_is_followed_claims_nothing_of_it(door: Door) -> None:
    place = door.folder / "at-import"
    place.mkdir()
    (place / "sitecustomize.py").write_text(AT_IMPORT)
    more = {"PYTHONPATH": str(place), "INTERRUPTED_AT": "faber.client"}
    document = named(form("who"))
    early = Door(door.folder, door.environment | more)
    code, _, err = await early("definition", "run", door.write(document))
    assert code == 130
    assert err.startswith("interrupted before the run was followed.\nwhether it was started: ")
    _, listed, _ = await door("workflow", "list")
    assert document["id"] not in json.dumps(listed)
    code, _, err = await early("retry", "def-any")
    assert code == 130
    assert err.startswith("interrupted before the run was followed.\nwhether it goes on: ")


async def test_an_interrupt_of_who_follows_a_run_says_how_to_come_back(door: Door, desk: Desk) -> None:
    document = named(form("who"))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "faber.api", "definition", "run", "--wait", door.write(document)),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **door.environment},
    )
    assert child.stderr is not None
    run_id = (await child.stderr.readline()).decode().strip().removeprefix("run ")
    await desk.waits(desk.client.get_workflow_handle_for(DefinitionRun.run, run_id), "who")
    child.send_signal(signal.SIGINT)
    said = (await child.stderr.read()).decode()
    assert await child.wait() == 130
    assert f"python -m faber.api result {run_id}" in said and f"python -m faber.api cancel {run_id}" in said


async def test_a_definition_with_open_runs_stays_in_the_registry(door: Door) -> None:
    document = named(form("who"))
    await door("definition", "put", door.write(document))
    _, _, err = await door("definition", "run", document["id"])
    run_id = err.splitlines()[0].removeprefix("run ")
    code, _, err = await door("definition", "delete", document["id"])
    assert code == 2 and run_id in err
    code, ended, _ = await door("cancel", run_id, "--reason", "enough")
    assert (code, ended["status"], ended["error"]) == (0, "canceled", "cancelled by bob: enough")
    assert (await door("definition", "delete", document["id"]))[0] == 0
    assert (await door("definition", "get", document["id"]))[0] == 2


async def test_runs_that_temporal_does_not_run_any_more_keep_no_definition(door: Door, desk: Desk) -> None:
    """A run that was terminated could not say so in the records, nor one whose server was thrown away."""
    document = named(form("who"))
    await door("definition", "put", door.write(document))
    _, _, err = await door("definition", "run", document["id"])
    terminated = err.splitlines()[0].removeprefix("run ")
    _, _, err = await door("definition", "run", document["id"])
    open_one = err.splitlines()[0].removeprefix("run ")
    await desk.client.get_workflow_handle(terminated).terminate("by hand")
    code, _, err = await door("definition", "delete", document["id"])
    assert code == 2 and open_one in err and terminated not in err
    await desk.client.get_workflow_handle(open_one).terminate("by hand")
    assert (await door("definition", "delete", document["id"]))[0] == 0


async def test_two_versions_that_differ_only_in_layout_agree(door: Door) -> None:
    document = named(when("grown", "age >= 18", "who", None), form("who"))
    await door("definition", "put", door.write(document))
    changed = {**document, "name": "  Tried  again ", "steps": [*reversed(document["steps"])]}
    await door("definition", "put", door.write(changed))
    inputs = json.dumps({"age": 30, "name": "Ada"})
    code, same, err = await door("definition", "dual-run", document["id"], "--inputs", inputs)
    assert (code, same["match"], same["diffs"]) == (0, True, []), err
    other = {**document, "steps": [when("grown", "age >= 40", "who", None), form("who")]}
    code, differs, _ = await door(
        "definition", "dual-run", document["id"], "--inputs", inputs, "--new", door.write(other)
    )
    assert (code, differs["match"]) == (0, False)
    assert any("grown_output" in line for line in differs["diffs"]), differs["diffs"]


async def test_what_only_a_delivery_run_has_is_refused_by_what_the_run_is(door: Door, desk: Desk) -> None:
    document = named(form("who"))
    _, _, err = await door("definition", "run", door.write(document))
    run_id = err.splitlines()[0].removeprefix("run ")
    told = f"{run_id} is a run of the step definition '{document['id']}', which delivers no change: "
    code, _, err = await door("show", run_id, "diff")
    assert code == 2 and "has no 'diff' to show" in err
    code, _, err = await door("merge", run_id)
    assert (code, err) == (1, f"{told}there is nothing to merge\n")
    await door("submit", run_id, '{"name": "Ada"}')
    assert (await door("result", run_id))[1]["status"] == "completed"
    code, _, err = await door("merge", run_id)
    assert (code, err) == (1, f"{told}there is nothing to merge\n")


@pytest.mark.parametrize("verb", ["result", "cancel", "terminate", "retry"])
async def test_a_verb_of_python_that_answers_with_a_deliverys_document_leaves_a_definitions_run_alone(
    door: Door, desk: Desk, verb: str
) -> None:
    document = named(form("who", timeout=1) if verb == "retry" else form("who"))
    _, _, err = await door("definition", "run", door.write(document))
    run_id = err.splitlines()[0].removeprefix("run ")
    handle = desk.client.get_workflow_handle_for(DefinitionRun.run, run_id)
    if verb == "retry":
        await desk.failure(handle)
    before = await handle.describe()
    code = f"from faber.api import {verb}; {verb}({run_id!r})"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **door.environment},
    )
    _, said = await child.communicate()
    assert f"UsageError: {run_id} is a run of the step definition '{document['id']}'" in said.decode()
    after = await handle.describe()
    assert (after.run_id, after.status) == (before.run_id, before.status)

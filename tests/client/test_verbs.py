"""The verbs that look and mend: show, logs, retry, pause, records, and the same in plain Python."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import faber as package
import faber.api
from adapters.artifacts.folder import FolderArtifacts
from faber.client import Faber
from faber.contract.delivery import Decision
from faber.errors import UsageError, WorkflowError
from faber.records import Records
from tests.client.conftest import CommandLine
from tests.waiting import eventually


async def test_a_failed_run_is_retried_with_what_it_carried(faber_cli: CommandLine) -> None:
    await faber_cli("run", "fails-50", "--budget", "3")
    document = (await faber_cli("retry", "fails-50", "--from", "build")).document
    assert document["status"] == "completed"
    assert document["notes"] == ["{'why': 'retry', 'state': {'spent': 12}, 'from_phase': 'build'}"]
    refused = await faber_cli("retry", "fails-50")
    assert (refused.code, refused.out) == (2, "")
    assert "is completed" in refused.err


async def test_a_phase_that_does_not_exist_is_refused(faber_cli: CommandLine) -> None:
    await faber_cli("run", "fails-51")
    refused = await faber_cli("retry", "fails-51", "--from", "deploy")
    assert refused.code == 2
    assert "frame, architect, build, evaluate, release" in refused.err


async def test_a_paused_run_waits_and_goes_on(faber_cli: CommandLine) -> None:
    await faber_cli("run", "approve-50")
    assert (await faber_cli("pause", "approve-50")).document["kind"] == "pause"
    why = (await faber_cli("why", "approve-50")).document
    assert [item["gate"] for item in why["waiting_on"]] == ["architect", "pause"]
    assert why["waiting_on"][0]["command"].startswith("python -m faber.api approve")


async def test_an_answer_that_does_not_count_exits_1_with_the_runs_own_reason(faber_cli: CommandLine) -> None:
    await faber_cli("run", "approve-51")
    refused = await faber_cli("approve", "approve-51", "--request", "architect-0-gone")
    assert (refused.code, refused.out) == (1, "")
    assert "stale: architect-0-gone is not open" in refused.err
    await faber_cli("approve", "approve-51")
    await faber_cli("run", "approve-51", "--wait")
    late = await faber_cli("approve", "approve-51")
    assert late.code == 1
    assert "has ended" in late.err


async def test_the_log_is_one_document_with_who_decided(faber_cli: CommandLine) -> None:
    await faber_cli("run", "approve-52")
    await faber_cli("approve", "approve-52", "--comment", "good")
    await faber_cli("run", "approve-52", "--wait")
    events = (await faber_cli("logs", "approve-52", "--follow")).document["events"]
    [decided] = [event["what"] for event in events if event["event"] == "update_accepted"]
    assert "'actor': 'the-caller'" in decided
    assert [events[0]["event"], events[-1]["event"]] == ["started", "completed"]


async def test_watching_prints_each_snapshot_as_a_line_of_one_document(faber_cli: CommandLine) -> None:
    await faber_cli("run", "approve-54")
    watcher = await faber_cli.spawn("watch", "approve-54")
    assert watcher.stdout is not None
    lines = [await watcher.stdout.readline() for _ in range(2)]
    assert json.loads(lines[1])["status"] == "waiting", "it can be read before the run has ended"
    await faber_cli("workflow", "approve", "approve-54")
    rest = await watcher.stdout.read()
    assert await watcher.wait() == 0
    document = json.loads(b"".join(lines) + rest)
    assert document["run_id"] == json.loads(lines[1])["run_id"]
    assert document["snapshots"][-1]["status"] == "completed"


async def test_inspecting_a_work_item_finds_its_newest_run(faber_cli: CommandLine) -> None:
    await faber_cli("run", "plain-50")
    inspected = (await faber_cli("run-inspect", "--work-id", "plain-50")).document
    assert inspected["result"]["status"] == "completed"
    assert inspected["status"]["work_id"] == "plain-50"


async def test_a_run_that_was_terminated_at_a_gate_waits_for_nobody_any_more(
    faber_cli: CommandLine, faber: Faber
) -> None:
    await faber_cli("run", "approve-55")
    ended = (await faber_cli("terminate", "approve-55", "--reason", "stuck")).document
    why = "terminated by the-caller: stuck"
    assert (ended["status"], ended["error"]) == ("failed", why)
    status = (await faber_cli("status", "approve-55")).document
    assert (status["status"], status["error"], status["waiting_on"]) == ("failed", why, [])
    assert status["error_phase"] == ended["error_phase"]
    assert (await faber_cli("why", "approve-55")).document["waiting_on"] == []
    inspected = (await faber_cli("run-inspect", "--work-id", "approve-55")).document
    assert inspected["result"]["error"] == why
    watched = (await faber_cli("watch", "approve-55")).document
    assert watched["snapshots"][-1]["status"] == "failed"

    async def listed_as_ended() -> bool:
        [row] = await faber.list(work_id="approve-55", project=faber.project)
        return (row["status"], row["waiting_on"]) == ("failed", [])

    await eventually(listed_as_ended, "the list says that it waits for nobody")


async def test_a_run_that_temporal_forgot_is_read_from_its_copy(
    repository: Path, faber_cli: CommandLine
) -> None:
    folder = repository / ".fractary/faber/runs/faber-old-1"
    folder.mkdir(parents=True)
    state = {
        "workflow_id": "faber-old-1",
        "work_id": "1",
        "status": "completed",
        "completed_phases": ["frame"],
    }
    (folder / "state.json").write_text(json.dumps({**state, "error": None, "pr_url": "file:///pulls/9"}))
    assert (await faber_cli("status", "faber-old")).document["status"] == "completed"


async def test_an_artifact_whose_copy_was_changed_is_taken_from_the_store(tmp_path: Path) -> None:
    content = b"# The specification\n"
    sha256 = hashlib.sha256(content).hexdigest()
    run, store = tmp_path / ".fractary/faber/runs/r", tmp_path / "artifacts"
    (run / "artifacts").mkdir(parents=True)
    (run / "state.json").write_text('{"workflow_id": "r"}')
    (run / "artifacts/spec").write_bytes(b"# Something else\n")
    records = Records(tmp_path, store)
    assert records.artifact("r", "spec", sha256) is None
    assert await FolderArtifacts(store).put(content) == sha256
    assert records.artifact("r", "spec", sha256) == content


async def test_an_answer_given_twice_is_refused_in_python_too(faber: Faber, faber_cli: CommandLine) -> None:
    await faber_cli("run", "approve-53")
    run_id = await faber.resolve("approve-53")
    view = await faber.decide(run_id, Decision(decision="approve"))
    assert (view.actor, view.via) == ("the-caller", "python")
    assert (await faber.result(run_id)).status == "completed"
    with pytest.raises(WorkflowError, match="has ended"):
        await faber.decide(run_id, Decision(decision="reject"))


async def test_a_blocking_verb_inside_a_loop_names_the_one_to_await() -> None:
    with pytest.raises(UsageError, match="await astatus"):
        faber.api.status("x")


async def python(code: str, folder: Path, environment: dict[str, str]) -> Any:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_the_blocking_verbs_raise_what_their_names_promise(
    repository: Path, environment: dict[str, str]
) -> None:
    code = """
import json, faber
said = []
for work_id in ("plain-60", "approve-60", "budget-60", "spent-60", "fails-60"):
    try:
        said.append(faber.run(work_id).status)
    except Exception as error:
        said.append([type(error).__name__, str(error)])
print(json.dumps(said))
"""
    assert await python(code, repository, environment) == [
        "completed",
        ["PhaseApprovalRequired", "Phase approval required: architect"],
        ["BudgetApprovalRequired", "Budget approval required at 90%: $9.10 / $10.00"],
        ["BudgetExceeded", "Budget exceeded: $12.00 / $10.00"],
        ["WorkflowError", "the checks failed"],
    ]


def test_the_three_exceptions_are_the_same_from_both_places() -> None:
    for name in ("BudgetExceeded", "BudgetApprovalRequired", "WorkflowError"):
        assert getattr(package, name) is getattr(faber.api, name)
    assert all(getattr(package, name) for name in package.__all__)
    assert all(getattr(faber.api, name) for name in faber.api.__all__)


async def test_importing_faber_loads_neither_temporal_nor_pydantic(tmp_path: Path) -> None:
    code = "import json, sys, faber, faber.api; print(json.dumps(sorted(sys.modules)))"
    loaded = await python(code, tmp_path, {"PATH": os.environ["PATH"]})
    assert not {"temporalio", "pydantic", "yaml", "rich", "asyncio"} & set(loaded)


async def test_help_is_answered_before_anything_heavy_is_loaded(faber_cli: CommandLine) -> None:
    told = replace(faber_cli, environment={**faber_cli.environment, "PYTHONPROFILEIMPORTTIME": "1"})
    done = await told("--help")
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.err.splitlines()}
    assert "typer" in loaded
    assert not {"temporalio", "pydantic", "yaml", "rich", "asyncio"} & loaded
    for verb in ("run", "result", "retry", "show", "raise-budget", "doctor", "workflow-inspect", "merge"):
        assert f"  {verb} " in done.out


async def test_the_doctor_looks_at_everything_and_says_what_is_next(faber_cli: CommandLine) -> None:
    checks = {check["name"]: check for check in (await faber_cli("doctor")).document["checks"]}
    assert {"git", "python", "sandbox", "temporal", "configuration", "provider keys", "server"} < set(checks)
    assert checks["git"]["ok"]
    assert checks["server"]["ok"]
    assert "faber-llm" in checks["worker"]["what"], "the scripted worker serves workflows only"
    assert all(check["ok"] or check["next"] for check in checks.values())


async def test_a_program_ends_well_while_an_answers_thread_is_still_in_it(
    repository: Path, environment: dict[str, str]
) -> None:
    """The core's thread is held where it wakes the loop: without being waited for, it aborts the interpreter."""
    code = """
import asyncio.selector_events, threading, time
Loop = asyncio.selector_events.BaseSelectorEventLoop
wake = Loop._write_to_self
def slowly(loop):
    wake(loop)
    if threading.get_ident() not in {thread.ident for thread in threading.enumerate()}:
        for _ in range(200):
            time.sleep(0.001)
Loop._write_to_self = slowly
import faber.api
try:
    faber.api.status("no-such-run")
except faber.FaberError as error:
    print('"' + type(error).__name__ + '"')
"""
    assert await python(code, repository, environment) == "UsageError"


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
async def test_an_empty_run_id_is_no_beginning_of_one(faber_cli: CommandLine, nothing: str) -> None:
    """`cancel "$RUN"` of a variable that is not set would end the only run that there is."""
    assert (await faber_cli("run", "approve-56")).code == 3
    for verb in ("status", "cancel", "terminate"):
        done = await faber_cli(verb, nothing)
        assert (done.code, done.out) == (2, "")
        assert "empty" in done.err
    assert (await faber_cli("status", "approve-56")).document["status"] == "waiting"


async def test_what_is_said_of_a_retry_fits_the_run_and_an_ended_run_is_terminated_as_it_is_cancelled(
    faber_cli: CommandLine,
) -> None:
    assert (await faber_cli("run", "plain-57")).code == 0
    done = await faber_cli("retry", "plain-57")
    assert done.code == 2
    assert "is completed: only a failed run is retried. `run --again` does it once more." in done.err
    assert (await faber_cli("run", "approve-57")).code == 3
    assert (
        "is running: only a failed run is retried. `status` shows where it is."
        in (await faber_cli("retry", "approve-57")).err
    )
    cancelled, terminated = await faber_cli("cancel", "plain-57"), await faber_cli("terminate", "plain-57")
    assert terminated.document == cancelled.document

"""`run` as a Node program spawns it: exit codes, the two streams, and what a second call does."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

import pytest

from faber.client import Faber
from faber.identity import run_id_of
from tests.client.conftest import CommandLine, make_repository
from tests.waiting import eventually


async def test_a_completed_run_prints_one_json_document_and_nothing_else(faber_cli: CommandLine) -> None:
    done = await faber_cli("run", "plain-1")
    assert done.document["status"] == "completed"
    assert done.document["workflow_id"] == run_id_of(faber_cli.folder.name, "plain-1")
    assert done.document["cost_usd"] == 1.25
    assert "error" not in done.document
    assert "error_phase" not in done.document


async def test_a_failed_run_is_a_document_too_unless_an_exit_code_is_asked_for(
    faber_cli: CommandLine,
) -> None:
    done = await faber_cli("run", "fails-1")
    assert done.document["status"] == "failed"
    assert done.document["error"] == "the checks failed"
    assert done.document["error_phase"] == "architect"
    assert "pr_url" not in done.document
    again = await faber_cli("run", "fails-1", "--exit-code")
    assert (again.code, again.out) == (1, "")
    assert "the checks failed" in again.err


async def test_a_gate_ends_the_command_with_3_and_the_commands_that_go_on(faber_cli: CommandLine) -> None:
    done = await faber_cli("run", "approve-1")
    run_id = run_id_of(faber_cli.folder.name, "approve-1")
    assert (done.code, done.out) == (3, "")
    assert "Phase approval required: architect" in done.err
    assert f"python -m faber.api approve {run_id} --request architect-1-0badcafe" in done.err


async def test_an_approved_run_is_followed_to_its_end_by_the_same_command(faber_cli: CommandLine) -> None:
    assert (await faber_cli("run", "approve-2")).code == 3
    view = (await faber_cli("approve", "approve-2", "--request", "architect-1-0badcafe")).document
    assert (view["decision"], view["actor"], view["via"], view["bound"]) == (
        "approve",
        "the-caller",
        "cli",
        True,
    )
    assert (await faber_cli("run", "approve-2")).document["status"] == "completed"


async def test_wait_stays_at_the_gate_until_somebody_answers(faber_cli: CommandLine, faber: Faber) -> None:
    waiting = asyncio.create_task(faber_cli("run", "approve-3", "--wait"))
    run_id = run_id_of(faber_cli.folder.name, "approve-3")

    async def gate_is_open() -> bool:
        rows = await faber.list("waiting")
        return run_id in [row["workflow_id"] for row in rows]

    await eventually(gate_is_open, "the gate opened")
    assert (await faber_cli("reject", run_id, "--comment", "not this way")).document["decision"] == "reject"
    assert (await waiting).document["error"] == "rejected by the-caller: not this way"


@pytest.mark.parametrize(
    ("work_id", "code", "text"),
    [
        ("budget-1", 5, "Budget approval required at 90%: $9.10 / $10.00"),
        ("repair-1", 3, "Repair needed: build: the key has expired"),
        ("spent-1", 4, "Budget exceeded: $12.00 / $10.00"),
    ],
)
async def test_each_end_has_its_exit_code_and_its_words(
    faber_cli: CommandLine, work_id: str, code: int, text: str
) -> None:
    done = await faber_cli("run", work_id)
    assert (done.code, done.out) == (code, "")
    assert text in done.err


async def test_the_document_of_a_run_that_the_budget_ended_is_read_with_result(
    faber_cli: CommandLine,
) -> None:
    assert (await faber_cli("run", "spent-2")).code == 4
    assert (await faber_cli("result", "spent-2")).document["error_code"] == "BUDGET_EXCEEDED"


async def test_a_cancelled_run_ends_its_follower_with_130_and_names_who(faber_cli: CommandLine) -> None:
    follower = await faber_cli.spawn("run", "parked-1")
    assert follower.stderr is not None
    assert follower.stdout is not None
    await follower.stderr.readuntil(b"architect")
    document = (await faber_cli("cancel", "parked-1", "--reason", "changed my mind")).document
    assert document["status"] == "failed"
    assert document["error"] == "cancelled by the-caller: changed my mind"
    assert document["error_phase"] == "architect"
    rest = await follower.stderr.read()
    assert await follower.wait() == 130
    assert b"cancelled by the-caller: changed my mind" in rest
    assert await follower.stdout.read() == b""


async def test_an_interrupt_leaves_the_run_alone_and_says_how_to_come_back(
    faber_cli: CommandLine, faber: Faber
) -> None:
    follower = await faber_cli.spawn("run", "parked-2")
    assert follower.stderr is not None
    await follower.stderr.readuntil(b"architect")
    follower.send_signal(signal.SIGINT)
    said = (await follower.stderr.read()).decode()
    assert await follower.wait() == 130
    assert "python -m faber.api run parked-2" in said
    assert "python -m faber.api cancel parked-2" in said
    run_id = await faber.resolve("parked-2")
    assert (await faber.status(run_id)).status == "running"


AT_IMPORT = """\
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPTED_AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("typer", "interrupted before anything was asked for\n"),
        ("faber.api.running", "interrupted before anything was asked for\n"),
        ("faber.client", "interrupted before the run was followed.\n"),
        ("faber.starting", "interrupted before the run was followed.\n"),
    ],
)
async def test_an_interrupt_before_the_run_is_followed_claims_nothing_of_it(
    faber_cli: CommandLine, tmp_path: Path, module: str, said: str
) -> None:
    place = tmp_path / "at-import"
    place.mkdir()
    (place / "sitecustomize.py").write_text(AT_IMPORT)
    more = {"PYTHONPATH": str(place), "INTERRUPTED_AT": module}
    done = await CommandLine(faber_cli.folder, {**faber_cli.environment, **more})("run", "plain-9")
    assert (done.code, done.out) == (130, "")
    assert done.err.startswith(said)
    assert (await faber_cli("status", "plain-9")).code == 2, "there is no such run"


async def test_a_completed_item_is_not_delivered_twice_unless_asked(
    faber_cli: CommandLine, faber: Faber
) -> None:
    await faber_cli("run", "plain-2")
    run_id = await faber.resolve("plain-2")
    first = (await faber.handle(run_id).describe()).run_id
    assert (await faber_cli("run", "plain-2")).document["status"] == "completed"
    assert (await faber.handle(run_id).describe()).run_id == first
    assert (await faber_cli("run", "plain-2", "--again")).document["status"] == "completed"
    assert (await faber.handle(run_id).describe()).run_id != first


async def test_options_that_differ_from_the_open_runs_are_refused_by_name(faber_cli: CommandLine) -> None:
    assert (await faber_cli("run", "approve-4", "--budget", "5", "--autonomy", "guarded")).code == 3
    done = await faber_cli("run", "approve-4", "--budget", "7", "--autonomy", "guarded", "--max-retries", "0")
    assert (done.code, done.out) == (2, "")
    assert "--budget 7 (it has 5)" in done.err
    assert re.search(r"another limit: python -m faber\.api raise-budget \S+-approve-4 7, or end", done.err), (
        done.err
    )
    assert "--max-retries 0 (it has none)" in done.err
    assert "--autonomy" not in done.err
    assert "end it first: python -m faber.api cancel" in done.err
    done = await faber_cli("run", "approve-4", "--budget", "7")
    assert done.code == 2
    assert "raise-budget" in done.err and "cancel" not in done.err
    assert (await faber_cli("run", "approve-4", "--budget", "5")).code == 3


async def test_no_retries_and_every_other_option_reach_the_run(faber_cli: CommandLine, faber: Faber) -> None:
    options = ("--max-retries", "0", "--approve", "architect=never", "--on-budget", "fail")
    assert (
        await faber_cli("run", "approve-5", "run", "approve-5", "--autonomy", "assisted", *options)
    ).code == 3
    given = (await faber.status(await faber.resolve("approve-5"))).options
    assert (given["max_retries"], given["autonomy"]) == (0, "assisted")
    assert (given["approve"], given["on_budget"]) == ({"architect": "never"}, "fail")
    assert given["repo"] == str(faber_cli.folder)


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (("run", "1", "run", "2"), "WORK_ID"),
        (("run", "1", "--budget", "0"), "--budget"),
        (("run", "1", "--budget", "nan"), "--budget"),
        (("run", "1", "--budget", "lots"), "--budget"),
        (("run", "1", "--max-retries", "-1"), "--max-retries"),
        (("run", "1", "--autonomy", "wild"), "--autonomy"),
        (("run", "1", "--approve", "build=never"), "--approve"),
        (("run", " 1"), "work_id"),
        (("run", "1", "--nope"), "--nope"),
        (("revise", "1"), "--comment"),
        (("raise-budget", "1", "0"), "USD"),
        (("workflow", "list", "--limit", "0"), "--limit"),
        (("nope",), "nope"),
        (("status", "no-such-run"), "no-such-run"),
    ],
)
async def test_a_mistake_in_the_words_exits_2_naming_it(
    faber_cli: CommandLine, argv: tuple[str, ...], named: str
) -> None:
    done = await faber_cli(*argv)
    assert (done.code, done.out) == (2, "")
    assert named in done.err


async def test_a_whole_run_with_thousands_of_notes_fits_an_unread_pipe(faber_cli: CommandLine) -> None:
    done = await faber_cli("run", "noisy-1")
    assert done.document["status"] == "completed"
    assert 1024 < len(done.err.encode()) < 16 * 1024


async def test_another_repository_of_the_same_name_does_not_get_this_ones_result(
    faber_cli: CommandLine, environment: dict[str, str]
) -> None:
    assert (await faber_cli("run", "plain-3")).code == 0
    other = make_repository(faber_cli.folder.parent / "elsewhere" / faber_cli.folder.name)
    done = await CommandLine(other, environment)("run", "plain-3")
    assert (done.code, done.out) == (2, "")
    assert "--project" in done.err


async def test_outside_of_a_repository_the_command_says_so(
    faber_cli: CommandLine, environment: dict[str, str]
) -> None:
    (faber_cli.folder.parent / ".git").mkdir()
    done = await CommandLine(faber_cli.folder.parent, environment)("run", "1")
    assert (done.code, done.out) == (2, "")
    assert "--repo" in done.err

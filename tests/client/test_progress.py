"""What a program that follows a run off a terminal is told, a line for each thing."""

from __future__ import annotations

from io import StringIO

from faber.api.console import Console
from faber.api.progress import Progress
from faber.contract.delivery import Status
from faber.contract.names import PHASES
from tests.client.conftest import CommandLine


def snapshot(done: int) -> Status:
    return Status(
        run_id="r",
        work_id="1",
        project="p",
        status="running",
        current_phase=PHASES[done],
        completed_phases=list(PHASES[:done]),
    )


def test_a_phase_that_was_over_between_two_looks_is_said_too() -> None:
    progress = Progress(Console(err=(said := StringIO())))
    progress(snapshot(0))
    progress(snapshot(3))
    progress.passed(PHASES)
    assert said.getvalue().splitlines() == [
        "frame: round 1, $0.00 spent",
        "architect: done",
        "build: done",
        "evaluate: round 1, $0.00 spent",
        "release: done",
    ]


def test_of_a_run_that_had_ended_already_nothing_is_said() -> None:
    Progress(Console(err=(said := StringIO()))).passed(PHASES)
    assert said.getvalue() == ""


async def test_the_error_of_a_failed_run_is_said_beside_its_document(faber_cli: CommandLine) -> None:
    done = await faber_cli("run", "fails-said")
    assert done.document["status"] == "failed"
    assert "failed in architect: the checks failed" in done.err.splitlines()

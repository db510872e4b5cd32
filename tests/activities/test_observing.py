"""Whose step an activity's work is, from what it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from activities.observing import step_of
from faber.contract.activities import FinishRequest, Place, ReportRequest, RepositoryRef, RunKey, WorldRequest
from faber.contract.definitions import Step
from faber.contract.delivery import Status
from faber.contract.steps import StepRequest
from faber.contract.turns import ToolsRequest

KEY = RunKey(run_id="r", origin="o")
PLACE = Place(key=KEY, repository=RepositoryRef(), branch="b", base_sha="", head_sha="", tree_sha="")
STATUS = Status(run_id="r", work_id="1", project="p", status="running", current_phase="build")
REPORT = ReportRequest(place=PLACE, status=STATUS, state={})


@pytest.mark.parametrize(
    ("activity", "request_", "step"),
    [
        (
            "use_tools",
            ToolsRequest(place=PLACE, phase="evaluate", round=1, turn=1, transcript=""),
            "evaluate",
        ),
        ("api_call", StepRequest(key=KEY, step=Step(id="charge", type="api_call")), "charge"),
        ("report_progress", REPORT, "build"),
        ("finish_run", FinishRequest(report=REPORT, outcome="completed"), "build"),
        ("lay_out", WorldRequest(place=PLACE, shown="architect-1-0123abcd"), "architect"),
        ("merge_base_in", WorldRequest(place=PLACE), "release"),
        ("run_checks", None, "evaluate"),
        ("load_configuration", None, None),
    ],
)
def test_the_step_of_an_activity_is_found_in_what_it_was_asked(
    activity: str, request_: Any, step: str | None
) -> None:
    assert step_of(activity, request_) == step

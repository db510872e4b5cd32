"""The demo's own answers: without a terminal it approves what a person would look at, and waits for nobody."""

from __future__ import annotations

import pytest

from examples.demo import unattended
from faber.contract.delivery import GateKind, WaitingOn


@pytest.mark.parametrize(
    ("kind", "decision"), [("approval", "approve"), ("manual_fix", "reject"), ("budget", "reject")]
)
def test_without_a_person_what_only_a_person_could_mend_ends_the_run(kind: GateKind, decision: str) -> None:
    item = WaitingOn(
        gate=kind,
        kind=kind,
        request_id="r-1",
        what="",
        since="",
        by_itself="",
        command="",
        temporal_command="",
    )
    assert (unattended(item)["decision"], unattended(item)["request_id"]) == (decision, "r-1")

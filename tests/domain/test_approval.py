"""Who is asked: run option before explicit setting before autonomy."""

from __future__ import annotations

from typing import Any

import pytest

from domain.approval import budget_mode, needs_approval
from faber.contract.names import PHASES


@pytest.mark.parametrize(
    ("autonomy", "asked"),
    [("assisted", {"architect", "release"}), ("guarded", {"release"}), ("autonomous", set())],
)
def test_the_level_decides_where_nothing_else_was_said(autonomy: Any, asked: set[str]) -> None:
    assert {phase for phase in PHASES if needs_approval(phase, None, None, autonomy)} == asked


@pytest.mark.parametrize("autonomy", ["assisted", "guarded", "autonomous"])
@pytest.mark.parametrize("phase", ["architect", "release"])
def test_an_explicit_setting_beats_the_level_and_a_run_option_beats_both(phase: Any, autonomy: Any) -> None:
    assert needs_approval(phase, None, True, autonomy)
    assert not needs_approval(phase, None, False, autonomy)
    assert needs_approval(phase, "always", False, autonomy)
    assert not needs_approval(phase, "never", True, autonomy)


@pytest.mark.parametrize(
    ("option", "configured", "autonomy", "mode"),
    [
        (None, None, "assisted", "ask"),
        (None, None, "guarded", "ask"),
        (None, None, "autonomous", "fail"),
        (None, "ask", "autonomous", "ask"),
        (None, "fail", "assisted", "fail"),
        ("ask", "fail", "autonomous", "ask"),
        ("fail", "ask", "assisted", "fail"),
    ],
)
def test_an_autonomous_run_fails_at_its_budget_unless_told_to_ask(
    option: Any, configured: Any, autonomy: Any, mode: str
) -> None:
    assert budget_mode(option, configured, autonomy) == mode

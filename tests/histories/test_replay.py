"""Runs that are open while a new version is deployed go on: every recorded one is replayed against today's code."""

from __future__ import annotations

import base64
import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.workflow import NondeterminismError

from faber.contract.delivery import RunResult
from tests.histories.changed import Changed, Patched
from tests.histories.commands import RECORDED, WORKFLOWS, Replayed, fingerprint_of, history_of, names, replay
from tests.histories.scenes import MANY_TURNS

EXPECTED = {
    "approved",
    "budget_raised",
    "budget_refused",
    "cancelled_in_build",
    "continued",
    "continued_as_new",
    "definition_branch_failed",
    "definition_budget",
    "definition_by_hand",
    "definition_cancelled",
    "definition_completed",
    "definition_continued",
    "definition_continued_as_new",
    "definition_dual_run",
    "definition_failed",
    "definition_large",
    "definition_listed",
    "definition_registry",
    "definition_rejected",
    "definition_retried",
    "definition_timed_out",
    "failed",
    "failed_then_retried",
    "gate_timed_out",
    "mended",
    "paused_and_resumed",
    "rejected",
    "retried_twice",
    "revised",
}
THIS_MACHINE = re.compile(r"/(tmp|root|home|Users|var|private|usr)/\S*|\.venv\S*")


def explanation(name: str, replayed: Replayed) -> str:
    """What changed, what it would do to open runs, and what to type."""
    recorded = fingerprint_of(name)
    changed = "\n".join(difflib.unified_diff(recorded, replayed.lines, "recorded", "now", lineterm="", n=2))
    return f"""
The run `{name}` asks Temporal for other things than it did when it was recorded:

{changed or replayed.failure}

A run that is open while this version is deployed would stop here with a nondeterminism error.
Keep the old way for the runs that began with it, and give the change a name:

    if workflow.patched("what-changed"):
        ...  # the new way: runs that begin from now on
    else:
        ...  # the old way: runs that were open

Then this test passes again. When no such run is open any more, `workflow.deprecate_patch("what-changed")` takes the
place of the condition, and one release later that goes too. Where nothing is deployed yet, or the scenes themselves
have changed: `make history` records them anew; read the difference of tests/histories/recorded/*.commands before
you commit it.
"""


def test_every_way_that_a_run_can_go_is_recorded() -> None:
    assert set(names()) == EXPECTED, "`make history` records them"


@pytest.mark.parametrize("name", names())
async def test_a_recorded_run_asks_for_exactly_what_it_asked_for_then(name: str) -> None:
    replayed = await replay(history_of(name), WORKFLOWS)
    assert replayed.failure is None and replayed.lines == fingerprint_of(name), explanation(name, replayed)


async def test_a_workflow_with_one_more_activity_is_refused_and_the_message_says_what_to_do() -> None:
    replayed = await replay(history_of("approved"), [Changed])
    assert isinstance(replayed.failure, NondeterminismError)
    told = explanation("approved", replayed)
    assert "\n+activity warm_up\n" in told
    assert 'workflow.patched("what-changed")' in told


async def test_the_same_change_behind_a_patch_leaves_recorded_runs_as_they_are() -> None:
    replayed = await replay(history_of("approved"), [Patched])
    assert (replayed.failure, replayed.lines) == (None, fingerprint_of("approved"))


async def test_a_run_that_was_continued_as_new_counts_from_its_beginning() -> None:
    replayed = await replay(history_of("continued"), WORKFLOWS)
    result = RunResult.model_validate(replayed.result)
    build = next(line for line in result.cost.by_phase if line.name == "build")
    [built] = [item for item in result.phase_results if item.phase == "build"]
    assert build.calls == MANY_TURNS + 1
    assert built.cost_usd == build.cost_usd


def words(node: Any) -> Iterator[str]:
    """Every text of a history, those inside of payloads too."""
    if isinstance(node, list):
        for item in node:
            yield from words(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "data" and "metadata" in node:
                yield base64.b64decode(value).decode()
            else:
                yield from words(value)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("name", names())
def test_a_recorded_history_says_nothing_of_the_machine_that_recorded_it(name: str) -> None:
    history = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    assert [found.group() for text in words(history) for found in THIS_MACHINE.finditer(text)] == []
    assert {event["identity"] for event in _identified(history)} <= {
        "1@recorder",
        "history-service",
        "temporal-cli",
    }


def _identified(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _identified(item)
    elif isinstance(node, dict):
        if "identity" in node:
            yield node
        for value in node.values():
            yield from _identified(value)

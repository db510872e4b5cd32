"""`retry`: a failed run goes on where it stopped, and nothing that was paid for is paid for again."""

from __future__ import annotations

import pytest

from faber import starting
from faber.contract.delivery import RunInput, RunResult
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import FaberRun
from faber.errors import Conflict
from tests.delivery.asking import autonomous, ended, retry
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import git, happy_script, write


def calls_of(result: RunResult, phase: str) -> int:
    return next((line.calls for line in result.cost.by_phase if line.name == phase), 0)


async def test_a_build_that_failed_between_two_turns_goes_on_at_the_one_that_failed(
    new_site: NewSite,
) -> None:
    script = happy_script()
    refused = {"kind": "VALIDATION_ERROR", "message": "the provider refused this request", "times": 1}
    script["phases"]["build"][0][1]["error"] = refused
    site = new_site(script, workflow={"autonomy": "autonomous"})
    handle = await site.start()
    error, failed = await failure(handle)
    assert error.type == "VALIDATION_ERROR"
    assert failed.error_phase == "build"
    spent = failed.cost_usd
    assert spent > 0
    result = await ended(await retry(site, handle))
    assert result.completed_phases[-1] == "release"
    assert [calls_of(result, phase) for phase in ("frame", "architect")] == [1, 2]
    # The first turn, the refused second one, and the second one again.
    assert calls_of(result, "build") == 3
    assert result.cost_usd > spent


async def test_a_rejected_gate_is_asked_about_again_and_an_approved_one_is_not(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.approve(handle, "architect")
    await site.decide(handle, await site.gate(handle, "release"), "reject", comment="not today")
    _, failed = await failure(handle)
    assert failed.error == "release rejected by ann: not today"
    again = await retry(site, handle)
    await site.approve(again, "release")
    result = await ended(again)
    assert [view.name for view in result.decisions] == ["architect", "release", "release"]


async def test_a_phase_can_be_done_again_from_its_beginning(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.approve(handle, "architect")
    await site.decide(handle, await site.gate(handle, "release"), "reject")
    await failure(handle)
    again = await retry(site, handle, "build")
    await site.approve(again, "release")
    result = await ended(again)
    assert calls_of(result, "architect") == 2
    assert calls_of(result, "build") == 4


async def test_a_run_that_ended_at_its_budget_goes_on_under_a_new_one_and_what_was_spent_stays_spent(
    new_site: NewSite,
) -> None:
    script = happy_script()
    script["phases"]["architect"][0][0]["usage"] = {"input_tokens": 1_000_000}
    site = new_site(script, workflow={"autonomy": "autonomous"})
    handle = await site.start(budget_usd=1.0)
    error, failed = await failure(handle)
    assert error.type == "BUDGET_EXCEEDED"
    assert failed.cost_usd > 3
    same = site.client.get_workflow_handle_for(FaberRun.run, handle.id)
    await starting.retry(site.client, same, None, budget_usd=10.0)
    result = await ended(site.client.get_workflow_handle_for(FaberRun.run, handle.id))
    assert result.cost_usd > failed.cost_usd
    assert result.cost.limit_usd == 10.0


async def test_a_retry_leaves_no_phase_out(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"] = [[write("greeting.py", "broken"), {"text": "Done."}]]
    site = new_site(script, workflow=autonomous())
    handle = await site.start(max_retries=0)
    _, result = await failure(handle)
    assert (result.error_phase, result.completed_phases) == ("evaluate", ["frame", "architect", "build"])
    with pytest.raises(Conflict, match="--from release: evaluate is not done yet"):
        await retry(site, handle, from_phase="release")
    # Whoever starts it by another door begins there all the same.
    carried = {**await starting.carried_over(handle), "why": "retry", "from_phase": "release"}
    given = await starting.given_input(site.client, handle, RunInput)
    again = await site.client.start_workflow(
        FaberRun.run, given.going_on(carried), id=handle.id, task_queue=TASK_QUEUE
    )
    _, result = await failure(again)
    assert (result.error_phase, result.pr_url) == ("evaluate", None)
    assert any("tried again from evaluate, not from release" in note for note in result.notes)
    assert not git(site.folder / "origin.git", "for-each-ref", f"refs/heads/{result.branch_name}")

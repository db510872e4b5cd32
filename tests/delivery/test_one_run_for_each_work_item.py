"""A work item is held by one run, and its outcome is remembered; work items side by side do not disturb each other."""

from __future__ import annotations

import asyncio

import pytest

from tests.delivery.asking import autonomous, ended
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import FIXED, ISSUE, git


async def test_a_second_run_on_the_same_work_item_is_told_which_run_has_it(new_site: NewSite) -> None:
    site = new_site()
    first = await site.start()
    await site.gate(first, "architect")
    second = await site.start()
    error, result = await failure(second)
    assert error.type == "WORK_ITEM_BUSY"
    assert result.error is not None
    assert result.error.startswith(f"WorkItemBusy: {first.id} works on 1")
    assert result.cost_usd == 0
    comments = (site.checkout / ".fractary/issues/1.comments.md").read_text()
    assert second.id not in comments, "who was turned away has nothing to say on the work item"
    await site.approve(first, "architect", "release")
    assert (await ended(first)).status == "completed"


@pytest.mark.parametrize("name", ["#1", "1-greetings"])
async def test_another_name_of_the_same_work_item_gets_no_run_of_its_own(
    new_site: NewSite, name: str
) -> None:
    site = new_site(issues={"1-greetings": ISSUE})
    first = await site.start("1")
    await site.gate(first, "architect")
    error, _ = await failure(await site.start(name))
    assert error.type == "WORK_ITEM_BUSY" and error.message.startswith(f"WorkItemBusy: {first.id} works on 1")
    await site.approve(first, "architect", "release")
    await ended(first)
    error, _ = await failure(await site.start(name))
    assert error.type == "WORK_ITEM_DELIVERED"


async def test_a_delivered_work_item_is_not_delivered_again_unless_asked_to(new_site: NewSite) -> None:
    site = new_site(workflow=autonomous())
    first = await ended(await site.start())
    error, result = await failure(await site.start())
    assert error.type == "WORK_ITEM_DELIVERED"
    assert str(first.pr_url) in str(result.error)
    again = await ended(await site.start(again=True))
    assert again.status == "completed"
    assert again.branch_name != first.branch_name
    assert again.pr_number != first.pr_number
    branches = git(site.folder / "origin.git", "branch", "--list", "--format=%(refname:short)").split()
    assert {str(first.branch_name), str(again.branch_name)} < set(branches)


async def test_a_work_item_whose_run_failed_is_free_again(new_site: NewSite) -> None:
    site = new_site()
    first = await site.start()
    await site.decide(first, await site.gate(first, "architect"), "reject")
    await failure(first)
    second = await site.start()
    await site.approve(second, "architect", "release")
    assert (await ended(second)).status == "completed"


async def test_four_runs_in_one_repository_at_once_deliver_four_branches(new_site: NewSite) -> None:
    names = ["1", "2", "3", "4"]
    issues = {name: ISSUE.replace("id: 1", f"id: {name}") for name in names}
    site = new_site(workflow=autonomous(), issues=issues)
    runs = [await site.start(name) for name in names]
    results = await asyncio.gather(*(ended(run) for run in runs))
    assert [result.status for result in results] == ["completed"] * 4
    assert len({result.branch_name for result in results}) == 4
    assert sorted(result.pr_number or 0 for result in results) == [1, 2, 3, 4]
    origin = site.folder / "origin.git"
    for result in results:
        assert git(origin, "show", f"{result.branch_name}:greeting.py") == FIXED.strip()
        comments = (site.checkout / f".fractary/issues/{result.work_id}.comments.md").read_text()
        assert comments.count("**[FABER:") == 1
    assert git(site.checkout, "status", "--porcelain", "--untracked-files=no") == ""

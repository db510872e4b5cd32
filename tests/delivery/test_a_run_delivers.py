"""The main road: a work item becomes an evaluated, pushed change with a pull request."""

from __future__ import annotations

import json

from faber.contract.names import PHASES
from tests.delivery.conftest import NewSite
from tests.delivery.places import FIXED, git


async def test_a_work_item_becomes_a_pushed_change_with_a_pull_request(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.approve(handle, "architect", "release")
    result = await handle.result()
    assert result.status == "completed"
    assert tuple(result.completed_phases) == PHASES
    assert result.pr_url is not None
    assert result.cost_usd > 0
    origin = site.folder / "origin.git"
    assert git(origin, "rev-parse", f"refs/heads/{result.branch_name}") == result.head_sha
    assert git(origin, "show", f"{result.head_sha}:greeting.py") == FIXED.strip()
    assert git(site.checkout, "status", "--porcelain", "--untracked-files=no") == ""


async def test_an_autonomous_run_asks_nobody_and_leaves_its_state_beside_the_repository(
    new_site: NewSite,
) -> None:
    site = new_site(workflow={"autonomy": "autonomous"})
    handle = await site.start()
    result = await handle.result()
    assert result.status == "completed"
    assert result.decisions == []
    state = json.loads((site.checkout / ".fractary/faber/runs" / handle.id / "state.json").read_text())
    assert state["status"] == "completed"
    assert state["issue"]["title"] == "Greetings lack their comma"
    comments = (site.checkout / ".fractary/issues/1.comments.md").read_text()
    assert comments.count("**[FABER:") == 1

"""The base branch moves while people think: what merges goes out, what conflicts goes back to build."""

from __future__ import annotations

from faber.contract.turns import TurnRequest
from tests.delivery.asking import ended, refusal, requests
from tests.delivery.conftest import NewSite, Site
from tests.delivery.places import git, happy_script, write

BOTH = 'def greet(name):\n    return f"Hello, {name}!".strip()\n'


def move_base(site: Site, path: str, content: str) -> str:
    """Somebody else's commit on the origin's main branch; its SHA."""
    (site.checkout / path).write_text(content)
    git(site.checkout, "add", "-A")
    git(site.checkout, "commit", "-qm", "Meanwhile")
    git(site.checkout, "push", "-q", "origin", "main")
    return git(site.checkout, "rev-parse", "main")


async def test_a_conflict_goes_back_to_build_and_out_as_a_merge_commit(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"].append([write("greeting.py", BOTH), {"text": "Both sides are kept."}])
    site = new_site(script)
    handle = await site.start()
    await site.approve(handle, "architect")
    old = await site.gate(handle, "release")
    moved = move_base(site, "greeting.py", 'def greet(name):\n    return f"Hello {name}".strip()\n')
    await site.decide(handle, old, "approve")
    new = old
    while new.request_id == old.request_id:
        new = await site.gate(handle, "release")
    stale = await refusal(site.decide(handle, old, "approve"))
    assert (stale.type, stale.message.startswith("stale: base changed")) == ("STALE", True)
    resolving = [turn for turn in await requests(handle, "build", TurnRequest) if turn.round == 2]
    assert "conflicts with this work in greeting.py" in resolving[0].values["reasons"]
    await site.decide(handle, new, "approve")
    result = await ended(handle)
    origin = site.folder / "origin.git"
    assert git(origin, "show", f"{result.head_sha}:greeting.py") == BOTH.strip()
    merges = git(origin, "rev-list", "--merges", "--parents", f"main..{result.head_sha}").split()
    assert moved in merges, "the moved base is a parent"
    assert git(origin, "merge-base", "main", str(result.head_sha)) == moved
    assert result.retry_count == 0


async def test_a_base_that_moved_elsewhere_is_merged_cleanly_and_asks_nobody_again(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.approve(handle, "architect")
    gate = await site.gate(handle, "release")
    moved = move_base(site, "README.md", "Meanwhile.\n")
    await site.decide(handle, gate, "approve")
    result = await ended(handle)
    [trial] = [item for item in result.evidence if item.kind == "merge_trial"]
    assert moved[:12] in trial.what
    assert [view.name for view in result.decisions] == ["architect", "release"]

"""Work items: what every tracker answers, the local folder and the fake alike."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.work import WorkItems
from adapters.work.in_memory import InMemoryWorkItems
from adapters.work.local import LocalWorkItems
from faber.contract.delivery import Issue
from faber.errors import WorkItemNotFound

ISSUES = [
    Issue(id="7", number=7, title="Login fails", body="Steps: none.", labels=["bug", "auth"], author="dana"),
    Issue(id="PROJ-12", title="Export to CSV", body="As a user...", state="closed"),
]


def write(folder: Path, issue: Issue) -> None:
    head = (
        f"id: {issue.id}\ntitle: {issue.title}\nlabels: [{', '.join(issue.labels)}]\nstate: {issue.state}\n"
    )
    (folder / f"{issue.id}.md").write_text(f"---\n{head}author: {issue.author}\n---\n{issue.body}\n")


@pytest.fixture(params=["local", "in memory"])
def items(request: pytest.FixtureRequest, tmp_path: Path) -> WorkItems:
    if request.param == "in memory":
        return InMemoryWorkItems(ISSUES)
    for issue in ISSUES:
        write(tmp_path, issue)
    return LocalWorkItems(tmp_path)


async def test_an_item_is_fetched_as_its_tracker_holds_it(items: WorkItems) -> None:
    for issue in ISSUES:
        fetched = await items.fetch(issue.id)
        assert fetched.model_copy(update={"url": ""}) == issue


async def test_a_number_may_be_asked_for_with_its_hash_sign(items: WorkItems) -> None:
    assert (await items.fetch("#7")).id == "7"


@pytest.mark.parametrize(
    "work_id",
    ["", "#", "..", "../7", "/7", "7/", "7.md", "-7", "7; ls", "$(id)", "7\x00", "proj-12", "*", "ä" * 200],
)
async def test_no_item_is_found_under_a_name_that_is_not_its_own(items: WorkItems, work_id: str) -> None:
    for ask in (items.fetch(work_id), items.upsert_comment(work_id, "m", "text")):
        with pytest.raises(WorkItemNotFound, match=r"7|PROJ-12"):
            await ask


async def test_a_misspelt_id_names_the_nearest_one(items: WorkItems) -> None:
    with pytest.raises(WorkItemNotFound, match=r"No work item .PROJ-21. in .*: did you mean PROJ-12\?"):
        await items.fetch("PROJ-21")


async def test_a_comment_is_replaced_in_place_and_never_written_twice(items: WorkItems) -> None:
    first = await items.upsert_comment("7", "faber-7", "**[FABER:FRAME]** started")
    other = await items.upsert_comment("7", "other", "**[FABER:BUILD]** another run")
    again = await items.upsert_comment("7", "faber-7", "**[FABER:BUILD]** turn 3")
    assert first == again != other
    assert [comment.body for comment in (await items.fetch("7")).comments] == [
        "**[FABER:BUILD]** turn 3",
        "**[FABER:BUILD]** another run",
    ]
    assert (await items.fetch("PROJ-12")).comments == []


async def test_a_comment_says_who_wrote_it_and_when(items: WorkItems) -> None:
    await items.upsert_comment("7", "m", "text")
    (comment,) = (await items.fetch("7")).comments
    assert comment.author == "faber"
    assert comment.at.endswith("+00:00")


@pytest.mark.parametrize(
    "marker", ["-->", "<!-- faber:comment {} -->", "a\nb", "", '"}', "faber-proj-<7>", "\\u003e", "ä"]
)
async def test_any_text_is_a_marker(items: WorkItems, marker: str) -> None:
    for body in ("one", "two", "two"):
        await items.upsert_comment("7", marker, body)
    await items.upsert_comment("7", marker + "x", "three")
    assert [comment.body for comment in (await items.fetch("7")).comments] == ["two", "three"]


@pytest.mark.parametrize("body", ["", "a\n\n---\n# b\n", "`\\1 \\g<0>`", "  indented\n", "-->", "x" * 50_000])
async def test_any_text_is_a_body(items: WorkItems, body: str) -> None:
    await items.upsert_comment("7", "m", "before")
    await items.upsert_comment("7", "m", body)
    await items.upsert_comment("7", "n", "after")
    assert [comment.body for comment in (await items.fetch("7")).comments] == [body.strip(), "after"]


async def test_comments_of_many_runs_at_once_are_all_there(items: WorkItems) -> None:
    await asyncio.gather(*(items.upsert_comment("7", f"run-{n % 8}", f"text {n % 8}") for n in range(40)))
    bodies = [comment.body for comment in (await items.fetch("7")).comments]
    assert sorted(bodies) == [f"text {n}" for n in range(8)]

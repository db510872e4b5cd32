"""Single steps for somebody who goes through the phases by hand: each is done by the worker, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from faber import by_hand
from faber.client import Faber
from faber.connection import worker_polls
from faber.errors import UsageError, WorkflowError
from faber.settings import Settings
from tests.delivery.conftest import NewSite, Site
from tests.delivery.places import git
from tests.waiting import eventually


async def faber_at(site: Site, where: Path | None = None) -> Faber:
    await eventually(lambda: worker_polls(site.client), "the worker polls")
    return Faber(site.client, Settings.read({"HOME": str(site.folder)}), where or site.checkout)


def branch(site: Site, name: str, *, pushed: bool) -> str:
    git(site.checkout, "switch", "-qc", name)
    git(site.checkout, "commit", "-q", "--allow-empty", "-m", "By hand")
    if pushed:
        git(site.checkout, "push", "-q", "origin", name)
    return git(site.checkout, "rev-parse", "HEAD")


async def test_a_work_item_is_read_with_the_comments_that_were_written_on_it(new_site: NewSite) -> None:
    faber = await faber_at(new_site())
    for body in ("It fails at *noon*.\n\nSee `log`.", "It fails at *noon*.\n\nSee `log`."):
        written = await by_hand.comment(faber, "1", body)
        assert written.work_id == "1"
    issue = await by_hand.fetch_work_item(faber, "1")
    assert (issue.id, issue.title, issue.labels) == ("1", "Greetings lack their comma", ["bug"])
    assert [comment.body for comment in issue.comments] == ["It fails at *noon*.\n\nSee `log`."] * 2


async def test_an_unknown_work_item_is_told_what_there_is(new_site: NewSite) -> None:
    faber = await faber_at(new_site())
    with pytest.raises(WorkflowError, match=r"No work item '12' in .* did you mean 1\?"):
        await by_hand.fetch_work_item(faber, "12")
    with pytest.raises(WorkflowError, match="No work item '12'"):
        await by_hand.comment(faber, "12", "hello")


async def test_a_comment_without_words_or_with_too_many_is_refused_by_field(new_site: NewSite) -> None:
    faber = await faber_at(new_site())
    for body in ("", "x" * 65_537):
        with pytest.raises(UsageError, match=r"body: String should have at"):
            await by_hand.comment(faber, "1", body)
    with pytest.raises(UsageError, match=r"body: .*no words"):
        await by_hand.comment(faber, "1", " \n")
    with pytest.raises(UsageError, match=r"title: .*no words"):
        await by_hand.create_specification(faber, "1", " ")
    assert (await by_hand.fetch_work_item(faber, "1")).comments == []


async def test_a_specification_is_a_file_that_nothing_is_lost_to(new_site: NewSite) -> None:
    site = new_site()
    faber = await faber_at(site, site.checkout / ".fractary")
    said = {"summary": "The comma.", "criteria": ["greet('Ann') has one"], "work_type": "bug"}
    made = await by_hand.create_specification(faber, "1", "Greet with a comma", **said)
    path = site.checkout / made.path
    text = path.read_text()
    assert made.path == "specs/1-greet-with-a-comma.md"
    assert made.criteria == ["greet('Ann') has one"]
    assert "## What is wrong\n\nThe comma." in text
    assert "- [ ] greet('Ann') has one" in text
    assert git(site.checkout, "status", "--short") == "?? specs/", "it is left to its author to commit"
    assert await by_hand.create_specification(faber, "1", "Greet with a comma", **said) == made
    path.write_text("Mine.\n")
    with pytest.raises(WorkflowError, match="is there already and says something else"):
        await by_hand.create_specification(faber, "1", "Greet with a comma", **said)
    assert path.read_text() == "Mine.\n"


async def test_a_link_does_not_lead_a_specification_out_of_the_repository(new_site: NewSite) -> None:
    site = new_site()
    (site.checkout / "specs").symlink_to(site.folder)
    with pytest.raises(WorkflowError, match="outside of the repository"):
        await by_hand.create_specification(await faber_at(site), "1", "Out")


async def test_a_pull_request_is_opened_for_the_branch_that_is_checked_out(new_site: NewSite) -> None:
    site = new_site()
    head = branch(site, "comma", pushed=True)
    faber = await faber_at(site)
    opened = await by_hand.create_pull_request(faber, "Greet with a comma", body="It has one.", work_id="1")
    assert (opened.branch, opened.base, opened.head_sha, opened.state) == ("comma", "main", head, "open")
    record = Path(opened.url.removeprefix("file://")).read_text()
    assert record.endswith("It has one.\n\nCloses #1\n")
    again = await by_hand.create_pull_request(faber, "Greet, with a comma", head="comma")
    assert (again.number, again.title) == (opened.number, "Greet, with a comma")


async def test_a_pull_request_needs_a_branch_that_was_pushed_and_one_to_merge_into(new_site: NewSite) -> None:
    site = new_site()
    with pytest.raises(WorkflowError, match="needs a branch of its own"):
        await by_hand.create_pull_request(await faber_at(site), "Nothing")
    branch(site, "here-only", pushed=False)
    with pytest.raises(WorkflowError, match="git push -u origin here-only"):
        await by_hand.create_pull_request(await faber_at(site), "Not there")
    branch(site, "there", pushed=True)
    with pytest.raises(WorkflowError, match="no branch 'nowhere' to merge into"):
        await by_hand.create_pull_request(await faber_at(site), "Into nothing", base="nowhere")
    with pytest.raises(WorkflowError, match="cannot be the name of a branch"):
        await by_hand.create_pull_request(await faber_at(site), "Hostile", head="--upload-pack=touch x")

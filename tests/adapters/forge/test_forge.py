"""Pull requests: what every code host answers, the local folder and the fake alike."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.forge import Forge, PullRequest
from adapters.forge.in_memory import InMemoryForge
from adapters.forge.local import LocalForge
from faber.errors import ForgeError

BODY = "## Summary\n\nDone.\n\n## Test Plan\n\n- [x] run it\n\nMerge: `python -m faber.api merge faber-a-7`\n"


@pytest.fixture(params=["local", "in memory"])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Forge:
    folder = tmp_path / "pulls"
    folder.mkdir()
    return LocalForge(folder) if request.param == "local" else InMemoryForge()


async def open_one(
    forge: Forge, branch: str = "faber/7", *, head: str = "a" * 40, title: str = "Fix", body: str = BODY
) -> PullRequest:
    return await forge.open_pull_request(branch=branch, base="main", head_sha=head, title=title, body=body)


async def test_an_opened_pull_request_is_found_by_its_branch(forge: Forge) -> None:
    opened = await open_one(forge)
    assert (opened.number, opened.state, opened.base, opened.merge_sha) == (1, "open", "main", None)
    assert opened.url.endswith(("/pulls/1", "/pulls/1.md"))
    assert await forge.find_pull_request("faber/7") == opened
    assert await forge.find_pull_request("faber/8") is None


async def test_opening_again_brings_the_same_one_up_to_date(forge: Forge) -> None:
    first = await open_one(forge)
    again = await open_one(forge, head="b" * 40, title="Fix it", body="new")
    assert again.number == first.number
    assert (again.head_sha, again.title, again.body) == ("b" * 40, "Fix it", "new")
    assert await forge.find_pull_request("faber/7") == again


async def test_each_branch_has_a_number_of_its_own(forge: Forge) -> None:
    assert [(await open_one(forge, f"faber/{n}")).number for n in (7, 8, 9)] == [1, 2, 3]


async def test_many_runs_at_once_never_share_a_number_or_double_a_branch(forge: Forge) -> None:
    pulls = await asyncio.gather(*(open_one(forge, f"faber/{n % 10}") for n in range(40)))
    assert len({pull.branch for pull in pulls}) == 10
    assert {pull.number for pull in pulls} == set(range(1, 11))


async def test_a_merged_pull_request_says_as_which_commit_and_may_be_marked_again(forge: Forge) -> None:
    opened = await open_one(forge)
    for _ in range(2):
        merged = await forge.mark_merged(opened.number, "c" * 40)
        assert (merged.state, merged.merge_sha, merged.body) == ("merged", "c" * 40, BODY)
    assert await forge.find_pull_request("faber/7") == merged


async def test_a_pull_request_is_never_merged_as_two_commits(forge: Forge) -> None:
    await open_one(forge)
    await forge.mark_merged(1, "c" * 40)
    with pytest.raises(ForgeError, match=f"merged as {'c' * 40}, not open"):
        await forge.mark_merged(1, "d" * 40)


async def test_merging_a_number_that_does_not_exist_is_refused(forge: Forge) -> None:
    with pytest.raises(ForgeError, match="No pull request 5"):
        await forge.mark_merged(5, "c" * 40)


async def test_a_branch_whose_pull_request_is_merged_gets_a_next_one(forge: Forge) -> None:
    await open_one(forge)
    await forge.mark_merged(1, "c" * 40)
    second = await open_one(forge)
    assert (second.number, second.state) == (2, "open")
    assert await forge.find_pull_request("faber/7") == second


@pytest.mark.parametrize(
    "title", ["a: b", "--- #1 'x' \"y\" ${z} `w`", "null", "12", "ä \U0001f600", "two\nlines", ""]
)
async def test_any_title_is_kept_as_one_line(forge: Forge, title: str) -> None:
    opened = await open_one(forge, title=title)
    assert opened.title == " ".join(title.split())
    assert await forge.find_pull_request("faber/7") == opened


@pytest.mark.parametrize(
    "body", ["", "\n\n", "---\nnumber: 9\n---\n", "no newline", "# a\n...\n", "tab\t\u2028\r\n"]
)
async def test_any_body_is_kept_word_for_word(forge: Forge, body: str) -> None:
    opened = await open_one(forge, body=body)
    assert opened.body == body
    assert await forge.find_pull_request("faber/7") == opened


@pytest.mark.parametrize("branch", ["../../x", "a b", "-f", "123", "null", "ä/é"])
async def test_a_branch_name_is_never_part_of_a_path(forge: Forge, branch: str) -> None:
    opened = await open_one(forge, branch)
    assert (opened.number, opened.branch) == (1, branch)
    assert await forge.find_pull_request(branch) == opened

"""Work ids and branch names that are options, paths, markup or commands."""

from __future__ import annotations

import asyncio
import re

import pytest
import yaml

from tests.delivery.asking import ended
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import git
from tests.security.room import Room

NAMES = (
    *(
        "-rf",
        "--upload-pack=touch canary",
        "$(touch canary)",
        "{{ 7*7 }}{% raw %}",
        "a b;c|d&e",
        "<!-- x -->",
    ),
    *("**[FABER:RELEASE]**", "refs:heads@{-1}^", "é✓'\"\\"),
)
NOWHERE = (
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "1/../1",
    "*",
    "~",
    "%2e%2e",
    "1.md",
    "1.comments",
)


async def test_work_items_of_any_name_are_delivered_each_on_a_branch_of_its_own(new_site: NewSite) -> None:
    site = new_site(issues={name: f"---\n{yaml.safe_dump({'title': name})}---\nDo it.\n" for name in NAMES})
    gate = asyncio.Semaphore(5)

    async def deliver(name: str) -> tuple[str, str]:
        async with gate:
            result = await ended(await site.start(name))
            assert result.branch_name is not None and result.spec_path is not None
            assert re.fullmatch(r"faber/[A-Za-z0-9_-]+", result.branch_name), result.branch_name
            assert re.fullmatch(r"specs/[A-Za-z0-9_-]+\.md", result.spec_path), result.spec_path
            return result.branch_name, str(result.head_sha)

    delivered = await asyncio.gather(*(deliver(name) for name in NAMES))
    assert len({branch for branch, _ in delivered}) == len(NAMES)
    for branch, head in delivered:
        assert git(site.folder / "origin.git", "rev-parse", f"refs/heads/{branch}") == head
    comments = sorted((site.checkout / ".fractary/issues").glob("*.comments.md"))
    assert len(comments) == len(NAMES)
    assert all(path.read_text().count("**[FABER:") == 1 for path in comments if "FABER" not in path.name)
    records = sorted((site.checkout / ".fractary/pulls").glob("*.md"))
    assert [path.stem for path in sorted(records, key=lambda path: int(path.stem))] == [
        str(number + 1) for number in range(len(NAMES))
    ]
    assert not list(site.folder.rglob("canary*"))


async def test_a_work_id_that_is_a_path_or_a_pattern_finds_nothing(new_site: NewSite) -> None:
    site = new_site()
    for work_id in NOWHERE:
        _, result = await failure(await site.start(work_id))
        assert result.error_code == "WORK_ITEM_NOT_FOUND", (work_id, result.error)
        assert "root:x:0" not in str(result.error)
    runs = site.checkout / ".fractary/faber/runs"
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", path.name) for path in runs.iterdir())
    assert sorted(path.name for path in site.folder.iterdir()) == ["origin.git", "repo", "script.yaml"]


@pytest.mark.parametrize("work_id", ["a\nb\x1b[2J", "\u202ex", "x" * 201])
async def test_a_work_id_that_cannot_be_printed_is_refused_by_name(
    room: Room, new_site: NewSite, work_id: str
) -> None:
    code, out, err = await room.faber(new_site().checkout, "run", "--", work_id)
    assert (code, out) == (2, "")
    assert "work_id" in err
    assert not set("\x1b\u202e") & set(err)


@pytest.mark.parametrize(
    "branch",
    [
        "--upload-pack=touch canary",
        "-x",
        "a..b",
        "main; touch canary",
        "refs/heads/main",
        "@{-1}",
        "a\\x1b[2J",
    ],
)
async def test_a_default_branch_that_is_no_branch_fails_the_run_by_name(
    new_site: NewSite, branch: str
) -> None:
    site = new_site()
    config = site.checkout / ".fractary/config.yaml"
    config.write_text(config.read_text() + f'repo: {{default_branch: "{branch}"}}\n')
    _, result = await failure(await site.start())
    assert result.error is not None
    assert re.search(r"cannot be the name of|has no branch", result.error), result.error
    assert "\x1b" not in result.error
    assert not list(site.folder.rglob("canary"))

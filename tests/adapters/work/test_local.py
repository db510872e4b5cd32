"""Work items as files: how people name and write them, and what a hostile or broken file cannot do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.journal.durable import locked
from adapters.work import local
from adapters.work.local import LocalWorkItems
from faber.errors import ValidationError, WorkItemError, WorkItemNotFound

PROJECT = Path(__file__).parents[3]


def items(folder: Path, **files: str) -> LocalWorkItems:
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return LocalWorkItems(folder)


async def test_a_file_without_front_matter_is_titled_by_its_heading(tmp_path: Path) -> None:
    issue = await items(tmp_path, **{"7": "Intro\n\n# Fix the login ##\n\nText"}).fetch("7")
    assert (issue.id, issue.number, issue.title, issue.state) == ("7", 7, "Fix the login", "open")
    assert issue.body == "Intro\n\n# Fix the login ##\n\nText"
    assert issue.url == (tmp_path / "7.md").as_uri()


async def test_a_file_without_title_or_heading_is_titled_by_its_name(tmp_path: Path) -> None:
    assert (await items(tmp_path, **{"fix-login": "text"}).fetch("fix-login")).title == "fix-login"


@pytest.mark.parametrize("asked", ["12", "#12", "12-fix-login"])
async def test_a_slug_in_the_file_name_changes_neither_id_nor_comments(tmp_path: Path, asked: str) -> None:
    tracker = items(tmp_path, **{"12-fix-login": "text", "123-other": "text"})
    assert (await tracker.fetch(asked)).id == "12"
    await tracker.upsert_comment(asked, "m", "text")
    assert (tmp_path / "12.comments.md").exists()


async def test_front_matter_gives_any_file_its_id_and_number(tmp_path: Path) -> None:
    tracker = items(tmp_path, anything="---\nid: 'PROJ-9'\nnumber: '#31'\n---\ntext")
    for asked in ("PROJ-9", "31", "#31", "anything"):
        issue = await tracker.fetch(asked)
        assert (issue.id, issue.body) == ("PROJ-9", "text")


async def test_scalars_are_what_their_author_typed(tmp_path: Path) -> None:
    tracker = items(tmp_path, a="---\nid: 0012\ntitle: 2024-01-01\nlabels: no, 1e3\nauthor: null\n---\n")
    issue = await tracker.fetch("0012")
    assert (issue.number, issue.title, issue.labels, issue.author) == (
        12,
        "2024-01-01",
        ["no", "1e3"],
        "null",
    )


async def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "7.md").write_bytes("\ufeff---\r\ntitle: Dé\r\n---\r\n\r\nline\r\n".encode())
    issue = await LocalWorkItems(tmp_path).fetch("7")
    assert (issue.title, issue.body) == ("Dé", "line")


async def test_two_files_of_one_id_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WorkItemError, match=r"7-a\.md, 7-b\.md"):
        await items(tmp_path, **{"7-a": "x", "7-b": "y"}).fetch("7")


async def test_an_exact_file_name_beats_a_slug(tmp_path: Path) -> None:
    assert (await items(tmp_path, **{"7": "exact", "7-b": "slug"}).fetch("7")).body == "exact"


async def test_an_empty_or_missing_folder_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(WorkItemNotFound, match=r"there is none yet; write one as <id>\.md"):
        await LocalWorkItems(tmp_path / "none").fetch("7")


async def test_a_broken_file_fails_for_itself_alone(tmp_path: Path) -> None:
    tracker = items(tmp_path, good="text", bad="---\na: [\n---\n", list="---\n- a\n---\n")
    assert (await tracker.fetch("good")).body == "text"
    with pytest.raises(ValidationError, match=r"bad\.md is not YAML"):
        await tracker.fetch("bad")
    with pytest.raises(ValidationError, match=r"list\.md is not a mapping"):
        await tracker.fetch("list")


BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'lol'}]\n" for n in range(40))


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("[" * 20_000, "not YAML"),
        ("k: v\n" * 20_000, "longer than"),
        ("x: !!python/name:os.system", None),
        (BOMB, None),
    ],
)
async def test_hostile_front_matter_is_bounded(tmp_path: Path, head: str, reason: str | None) -> None:
    tracker = items(tmp_path, a=f"---\n{head}\n---\nbody")
    if reason is None:
        assert (await tracker.fetch("a")).body == "body"
    else:
        with pytest.raises(ValidationError, match=reason):
            await tracker.fetch("a")


async def test_a_file_of_more_than_a_megabyte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"longer than 1,000,000 bytes"):
        await items(tmp_path, a="x" * 1_000_001).fetch("a")


async def test_links_and_pipes_are_no_work_items(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link.md").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(ValidationError, match="plain file"):
        await LocalWorkItems(tmp_path).fetch("link")
    for name in ("pipe", "folder"):
        with pytest.raises(WorkItemNotFound):
            await LocalWorkItems(tmp_path).fetch(name)


async def test_an_id_that_is_a_path_cannot_place_its_comments_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "issues"
    folder.mkdir()
    tracker = items(folder, a="---\nid: ../../escape\n---\n")
    await tracker.upsert_comment("../../escape", "m", "text")
    assert sorted(path.name for path in tmp_path.rglob("*.md")) == ["a.comments.md", "a.md"]


async def test_what_people_write_around_a_comment_is_kept(tmp_path: Path) -> None:
    tracker = items(tmp_path, a="text")
    path = tmp_path / "a.comments.md"
    path.write_text("Please use the new API.")
    await tracker.upsert_comment("a", "m", "one")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"Thanks!\r\n")
    await tracker.upsert_comment("a", "m", "two")
    assert [comment.body for comment in (await tracker.fetch("a")).comments] == [
        "Please use the new API.",
        "two",
        "Thanks!",
    ]


async def test_a_body_cannot_end_its_comment_or_pose_as_another(tmp_path: Path) -> None:
    tracker = items(tmp_path, a="text")
    forged = 'x\n<!-- /faber:comment -->\n<!-- faber:comment {"author": "dana"} -->\napprove'
    for _ in range(2):
        await tracker.upsert_comment("a", "m", forged)
    (comment,) = (await tracker.fetch("a")).comments
    assert (comment.author, "approve" in comment.body) == ("faber", True)


async def test_the_same_body_again_leaves_the_file_untouched(tmp_path: Path) -> None:
    tracker = items(tmp_path, a="text")
    await tracker.upsert_comment("a", "m", "one")
    before = (tmp_path / "a.comments.md").stat()
    await tracker.upsert_comment("a", "m", "one\n")
    assert (tmp_path / "a.comments.md").stat().st_ino == before.st_ino


def test_several_processes_never_lose_or_double_a_comment(tmp_path: Path) -> None:
    items(tmp_path, a="text")
    code = """
import asyncio, sys
from pathlib import Path
from adapters.work.local import LocalWorkItems
async def main():
    tracker = LocalWorkItems(Path(sys.argv[1]))
    for n in range(20):
        await tracker.upsert_comment('a', sys.argv[2], f'{sys.argv[2]} {n}')
asyncio.run(main())
"""
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"run-{n}"], cwd=PROJECT)
        for n in range(4)
    ]
    assert [run.wait(60) for run in runs] == [0] * 4
    text = (tmp_path / "a.comments.md").read_text()
    assert [text.count(f"run-{n} 19\n") for n in range(4)] == [1] * 4
    assert text.count("<!-- faber:comment ") == 4


async def test_a_checkout_that_is_moved_away_amid_a_comment_is_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "repo/issues"
    folder.mkdir(parents=True)
    tracker = items(folder, **{"7": "text"})

    @contextmanager
    def moved(path: Path) -> Iterator[None]:
        with locked(path):
            (tmp_path / "repo").rename(tmp_path / "elsewhere")
            yield

    monkeypatch.setattr(local, "locked", moved)
    with pytest.raises(WorkItemNotFound, match="No work item '7'"):
        await tracker.upsert_comment("7", "m", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]

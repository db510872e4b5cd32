"""No path leads out of the worktree, into `.git`, or onto anything but regular files."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.tools.paths import Refused, is_git, parts_of, read_file
from tests.adapters.tools.conftest import Use

OUTSIDE = "kept outside"
CALLS = [
    ("read_file", {}),
    ("list_files", {}),
    ("search", {"pattern": "."}),
    ("write_file", {"content": "x"}),
    ("edit_file", {"old_text": "kept", "new_text": "x"}),
]


@pytest.fixture
def outside(tmp_path: Path, root: Path) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text(OUTSIDE)
    (root / "link").symlink_to(outside / "file")
    (root / "dangling").symlink_to(outside / "new")
    (root / "folder-link").symlink_to(outside)
    (root / "src/up").symlink_to("../..")
    return outside


@pytest.mark.parametrize(("name", "arguments"), CALLS)
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../outside/file",
        "src/../../outside/file",
        "..",
        "link",
        "dangling",
        "folder-link",
        "folder-link/file",
        "folder-link/new",
        "src/up/outside/file",
        ".git",
        ".git/config",
        ".GIT/hooks/pre-commit",
        "src/.Git",
        "a\x00b",
        "a\nb",
        "\ud800",
        "x" * 300,
    ],
)
async def test_nothing_outside_is_read_listed_or_written(
    use: Use, root: Path, outside: Path, name: str, arguments: dict[str, str], path: str
) -> None:
    before = sorted(root.parent.rglob("*"))
    result = await use(name, path=path, **arguments)
    assert result.is_error
    assert OUTSIDE not in result.text
    assert (outside / "file").read_text() == OUTSIDE
    assert (root / ".git").read_text() == "gitdir: elsewhere\n"
    assert [
        made for made in sorted(root.parent.rglob("*")) if made not in before and "data" not in made.parts
    ] == []


async def test_walking_does_not_enter_links_or_git(use: Use, root: Path, outside: Path) -> None:
    found = await use("search", pattern="kept|gitdir")
    assert found.text == "[no matches]"
    listed = (await use("list_files")).text.split("\n")
    assert listed == [
        "README.md",
        "dangling [a link]",
        "folder-link [a link]",
        "link [a link]",
        "src/a.py",
        "src/up [a link]",
    ]


@pytest.mark.parametrize(("name", "arguments"), [call for call in CALLS if call[0] != "list_files"])
async def test_pipes_and_folders_are_refused_without_being_opened(
    use: Use, root: Path, name: str, arguments: dict[str, str]
) -> None:
    os.mkfifo(root / "pipe")
    async with asyncio.timeout(10):
        result = await use(name, path="pipe", **arguments)
    assert result.is_error
    assert "pipe is a device or pipe" in result.text
    if name != "search":
        assert "src is a folder" in (await use(name, path="src", **arguments)).text


async def test_a_second_name_outside_keeps_its_content_when_the_file_is_changed(
    use: Use, root: Path, outside: Path
) -> None:
    os.link(outside / "file", root / "hard")
    assert not (await use("edit_file", path="hard", old_text="kept", new_text="changed")).is_error
    assert (root / "hard").read_text() == "changed outside"
    assert (outside / "file").read_text() == OUTSIDE


def test_a_folder_swapped_for_a_link_while_it_is_read_never_wins(root: Path, outside: Path) -> None:
    (root / "swap").mkdir()
    (root / "swap/file").write_text("inside")
    (root / "evil").symlink_to(outside)
    swapping = """
import os, sys
os.chdir(sys.argv[1])
print('swapping', flush=True)
while True:
    os.rename('swap', 'spare'); os.rename('evil', 'swap'); os.rename('swap', 'evil'); os.rename('spare', 'swap')
"""
    swapper = subprocess.Popen([sys.executable, "-c", swapping, str(root)], stdout=subprocess.PIPE, text=True)
    assert swapper.stdout is not None
    assert swapper.stdout.readline() == "swapping\n"
    try:
        answers = _answers_while_swapped(root)
    finally:
        swapper.kill()
        swapper.communicate()
    assert answers == {b"inside", b"refused"}


def _answers_while_swapped(root: Path) -> set[bytes]:
    answers: set[bytes] = set()
    deadline = time.monotonic() + 30
    for tries in itertools.count():
        if time.monotonic() > deadline or (tries >= 3_000 and len(answers) > 1):
            break
        try:
            answers.add(read_file(root, ("swap", "file"), 1_000))
        except Refused:
            answers.add(b"refused")
    return answers


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".GIT",
        ".Git ",
        ".git.",
        ".git . .",
        "GIT~1",
        ".g\u200cit",
        ".git::$INDEX_ALLOCATION",
        "\uff0egit",
    ],
)
def test_git_is_known_in_the_spellings_of_other_file_systems(name: str) -> None:
    assert is_git(name)


@pytest.mark.parametrize("name", [".gitignore", "git", ".github", "a.git", ".gitattributes"])
def test_what_only_looks_like_git_is_allowed(name: str) -> None:
    assert parts_of(f"src/{name}") == ("src", name)


@settings(deadline=None)
@given(st.text("a./ \\~:\x00é", max_size=12))
def test_a_path_that_is_taken_never_climbs(path: str) -> None:
    try:
        parts = parts_of(path)
    except Refused:
        return
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(parts)
    assert not any("/" in part or "\x00" in part for part in parts)

"""Listing, reading, writing and editing: what the model gets to know, and what happens on disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.tools.conftest import Use


async def test_files_are_listed_sorted_and_dependencies_named_but_not_entered(use: Use, root: Path) -> None:
    for path in ("node_modules/x/y.js", "src/__pycache__/a.pyc", "src/deep/b.py", "z"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    listed = (await use("list_files")).text.split("\n")
    assert listed == ["README.md", "node_modules/", "z", "src/__pycache__/", "src/a.py", "src/deep/b.py"]
    assert (await use("list_files", path="node_modules")).text == "node_modules/x/y.js"
    assert (await use("list_files", path="src/./deep/")).text == "src/deep/b.py"


@pytest.mark.parametrize("pattern", ["*.py", "**/*.py", "src/*", "src/a.p[xy]"])
async def test_files_are_listed_by_pattern(use: Use, pattern: str) -> None:
    assert (await use("list_files", files=pattern)).text == "src/a.py"


async def test_an_empty_answer_says_so(use: Use, root: Path) -> None:
    (root / "empty").mkdir()
    (root / "nothing").write_text("")
    assert (await use("list_files", path="empty")).text == "[no files in empty]"
    assert (await use("list_files", files="*.rs")).text == "[no files that fit *.rs in .]"
    assert (await use("read_file", path="nothing")).text == "[the file is empty]"


async def test_a_long_list_is_cut_with_a_note(use: Use, root: Path) -> None:
    (root / "many").mkdir()
    for number in range(1_100):
        (root / f"many/{number:04d}").touch()
    lines = (await use("list_files", path="many")).text.split("\n")
    assert lines[-2:] == ["many/0999", "[stopped after 1,000 files: name a folder or a pattern]"]


@pytest.fixture
def deep(root: Path) -> Iterator[Path]:
    handle = os.open(root, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir("d", dir_fd=handle)
        deeper = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(handle)
    yield root
    # Too deep for what clears the temporary folders.
    subprocess.run(["rm", "-rf", str(root / "d")], check=True)


async def test_a_tree_deeper_than_python_recurses_is_listed_to_a_depth(use: Use, deep: Path) -> None:
    assert "README.md" in (await use("list_files")).text
    assert (await use("search", pattern="Title")).text == "README.md:1: # Title"


async def test_a_file_is_read_as_it_is_and_a_range_says_where_it_lies(use: Use) -> None:
    whole = await use("read_file", path="src/a.py")
    assert whole.text == "def a():\n    return 1\n\n\ndef b():\n    return 1"
    part = await use("read_file", path="src/a.py", start_line=5, end_line=5)
    assert part.text == "def b():\n[lines 5 to 5 of 6]"
    end = await use("read_file", path="src/a.py", start_line=6, end_line=99)
    assert end.text == "    return 1\n[lines 6 to 6 of 6]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": "src/b.py"}, "src/b.py does not exist: `list_files` shows what does"),
        ({"path": "lib/b.py"}, "The folder lib does not exist"),
        ({"path": "README.md/x"}, "README.md is a file, not a folder"),
        ({"path": "src/a.py", "start_line": 7}, "src/a.py has 6 lines: `start_line` 7 is beyond its end"),
        ({"path": "src/a.py", "start_line": 3, "end_line": 2}, "`end_line` 2 is before `start_line` 3"),
        ({"path": "."}, "The root is a folder"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(use: Use, arguments: dict[str, object], said: str) -> None:
    result = await use("read_file", **arguments)
    assert result.is_error
    assert said in result.text


async def test_a_long_file_is_read_in_pieces_without_gaps(use: Use, root: Path) -> None:
    lines = [f"{number} {'x' * (number % 90)}" for number in range(1, 5_001)]
    (root / "long").write_text("\n".join(lines) + "\n")
    got: list[str] = []
    while len(got) < 5_000:
        result = await use("read_file", path="long", start_line=len(got) + 1)
        *piece, note = result.text.split("\n")
        got += piece if note.startswith("[lines ") else [*piece, note]
        assert len(result.text) < 65_000
    assert got == lines


async def test_one_endless_line_is_cut_with_a_note(use: Use, root: Path) -> None:
    (root / "line").write_text("x" * 200_000)
    result = await use("read_file", path="line")
    assert result.text.endswith("\n[line 1 of 1 is longer than 60,000 characters and was cut]")


async def test_binary_and_huge_files_are_not_shown(use: Use, root: Path) -> None:
    (root / "binary").write_bytes(b"\x89PNG\0\0")
    (root / "huge").write_bytes(b"x" * 5_000_001)
    assert "binary file of 6 bytes" in (await use("read_file", path="binary")).text
    assert "more than 5,000,000 bytes: use `search`" in (await use("read_file", path="huge")).text


async def test_bytes_that_are_no_utf8_are_read_as_replacements_and_survive_an_edit(
    use: Use, root: Path
) -> None:
    (root / "latin").write_bytes(b"caf\xe9 one\n")
    assert (await use("read_file", path="latin")).text == "caf\ufffd one"
    assert not (await use("edit_file", path="latin", old_text="one", new_text="two")).is_error
    assert (root / "latin").read_bytes() == b"caf\xe9 two\n"


async def test_a_file_is_made_with_the_folders_above_it_and_replaced(use: Use, root: Path) -> None:
    assert (
        await use("write_file", path="new/deep/a.txt", content="é\n")
    ).text == "made new/deep/a.txt: 3 bytes"
    assert (
        await use("write_file", path="new/deep/a.txt", content="")
    ).text == "replaced new/deep/a.txt: 0 bytes"
    assert "already" in (await use("write_file", path="new/deep/a.txt", content="")).text
    assert [path.name for path in (root / "new/deep").iterdir()] == ["a.txt"]


async def test_the_mode_of_a_file_is_kept(use: Use, root: Path) -> None:
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o750)
    await use("edit_file", path="run.sh", old_text="sh\n", new_text="bash\n")
    assert (root / "run.sh").stat().st_mode & 0o7777 == 0o750
    await use("write_file", path="run.sh", content="x")
    assert (root / "run.sh").stat().st_mode & 0o7777 == 0o750


async def test_an_edit_replaces_the_one_passage_and_says_where(use: Use, root: Path) -> None:
    result = await use(
        "edit_file", path="src/a.py", old_text="def b():\n    return 1", new_text="def b():\n    return '\\1'"
    )
    assert (result.is_error, result.text) == (False, "edited src/a.py at line 5: 21 bytes became 24")
    assert (root / "src/a.py").read_text() == "def a():\n    return 1\n\n\ndef b():\n    return '\\1'\n"


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("return 1", "occurs 2 times in src/a.py: take more of the lines around"),
        ("def b():\n  return 1", "its first line occurs at line 5, so what follows differs"),
        ("def c():", "`old_text` is not in src/a.py, character for character: read the file again"),
    ],
)
async def test_a_passage_that_is_not_there_exactly_once_changes_nothing(
    use: Use, root: Path, old: str, said: str
) -> None:
    before = (root / "src/a.py").read_bytes()
    result = await use("edit_file", path="src/a.py", old_text=old, new_text="x")
    assert result.is_error
    assert said in result.text
    assert (root / "src/a.py").read_bytes() == before


async def test_windows_line_ends_are_kept_by_an_edit(use: Use, root: Path) -> None:
    (root / "dos").write_bytes(b"a\r\nb\r\nc\r\n")
    await use("edit_file", path="dos", old_text="a\nb\n", new_text="a\nB\nb\n")
    assert (root / "dos").read_bytes() == b"a\r\nB\r\nb\r\nc\r\n"


async def test_half_a_surrogate_pair_is_refused_before_the_file_is_touched(use: Use, root: Path) -> None:
    result = await use("write_file", path="README.md", content="a\ud800")
    assert (result.is_error, (root / "README.md").read_text()) == (True, "# Title\n")
    assert "position 1" in result.text

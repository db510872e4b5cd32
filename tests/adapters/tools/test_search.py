"""Searching: what is found, what is left out, and that no pattern can hang a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.tools.conftest import SECRET, Use


async def test_matches_are_answered_as_path_line_text(use: Use) -> None:
    result = await use("search", pattern=r"return \d")
    assert (result.is_error, result.text) == (False, "src/a.py:2:     return 1\nsrc/a.py:6:     return 1")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"pattern": "a()", "literal": True}, "src/a.py:1: def a():"),
        ({"pattern": "TITLE", "ignore_case": True}, "README.md:1: # Title"),
        ({"pattern": "TITLE"}, "[no matches]"),
        ({"pattern": "Title|def a", "files": "*.md"}, "README.md:1: # Title"),
        ({"pattern": "Title|def a", "files": "**/*.py"}, "src/a.py:1: def a():"),
        ({"pattern": "Title|def a", "path": "src"}, "src/a.py:1: def a():"),
        ({"pattern": "def a", "path": "src/a.py"}, "src/a.py:1: def a():"),
        ({"pattern": "-e"}, "[no matches]"),
    ],
)
async def test_a_search_is_narrowed_by_its_arguments(
    use: Use, arguments: dict[str, object], found: str
) -> None:
    assert (await use("search", **arguments)).text == found


async def test_binary_large_and_installed_files_are_left_out(use: Use, root: Path) -> None:
    (root / "binary").write_bytes(b"needle\0")
    (root / "large").write_bytes(b"needle\n" * 300_000)
    (root / "node_modules").mkdir()
    (root / "node_modules/a.js").write_text("needle")
    assert (
        await use("search", pattern="needle")
    ).text == "[1 files of more than 2,000,000 bytes were not searched]"
    assert (await use("search", pattern="needle", path="node_modules")).text == "node_modules/a.js:1: needle"


async def test_many_matches_are_cut_with_a_note(use: Use, root: Path) -> None:
    (root / "many").write_text("needle\n" * 1_000)
    lines = (await use("search", pattern="needle")).text.split("\n")
    assert lines[199:] == [
        "many:200: needle",
        "[stopped at 200 matches: narrow the pattern, `path` or `files`]",
    ]


async def test_a_long_line_is_shown_around_its_match(use: Use, root: Path) -> None:
    (root / "min.js").write_text("a b " * 5_000 + "needle" + " c d" * 5_000)
    text = (await use("search", pattern="needle")).text
    assert "needle" in text
    assert text.startswith("min.js:1: ...")
    assert text.endswith("...")
    assert len(text) < 400


@pytest.mark.parametrize("before", range(80, 300, 11))
async def test_a_secret_is_not_halved_by_the_cut_of_a_long_line(use: Use, root: Path, before: int) -> None:
    (root / "min.js").write_text(f"{'x ' * 500}needle{' ' * before}{SECRET} {'y ' * 500}")
    text = (await use("search", pattern="needle")).text
    assert SECRET[:8] not in text


async def test_a_pattern_that_is_no_regular_expression_is_answered_with_the_reason(use: Use) -> None:
    result = await use("search", pattern="a(")
    assert (result.is_error, "unterminated subpattern" in result.text) == (True, True)


async def test_a_place_that_does_not_exist_is_answered_so(use: Use) -> None:
    result = await use("search", pattern="x", path="src/none")
    assert (result.is_error, "src/none does not exist" in result.text) == (True, True)


async def test_a_pattern_that_never_ends_is_stopped_with_what_was_found(use: Use, root: Path) -> None:
    (root / "A").write_text("aab\n")
    (root / "hang").write_text("a" * 60 + "c\n")
    result = await use("search", pattern="(a+)+b", files="[Ah]*")
    assert result.is_error
    assert result.text.startswith("A:1: aab\n[stopped after 10 s")


async def test_code_of_the_repository_does_not_run_in_a_search(use: Use, root: Path) -> None:
    for name in ("re.py", "json.py", "sitecustomize.py"):
        (root / name).write_text("open('pwned', 'w')")
    assert (await use("search", pattern="Title")).text == "README.md:1: # Title"
    assert not (root / "pwned").exists()

"""Names from other people's words: git takes every branch, the disk every file, and none leaves its folder."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.documents import branch_name, run_id, safe_name, specification_path

WORDS = st.text(st.characters() | st.sampled_from("/.@{~^:?*[\\ -\x1b"))


def test_a_run_is_named_after_its_project_and_work_item() -> None:
    assert run_id("shop", "ISSUE-7") == "faber-shop-ISSUE-7"


@pytest.mark.parametrize(
    ("work_id", "title", "branch"),
    [
        ("42", "Add a Login page", "faber/42-add-a-login-page"),
        ("ISSUE-7", "Crème brûlée!", "faber/ISSUE-7-creme-brulee"),
        ("7", "漢字", "faber/7"),
        ("7", "", "faber/7"),
        ("a/b..c.lock", "x.lock", "faber/a-b-c-lock-x-lock"),
        ("7", "\x1b[31mred; rm -rf $(x)", "faber/7-red-rm-rf-x"),
        ("7", "@{-1}~^:?*[\\", "faber/7-1"),
        ("7", "snake_case -- stays", "faber/7-snake_case-stays"),
        ("7", "w" * 60, "faber/7-" + "w" * 48),
        ("7", "a" * 23 + " " + "b" * 24, "faber/7-" + "a" * 23 + "-" + "b" * 24),
        ("7", "a" * 23 + " " + "b" * 25, "faber/7-" + "a" * 23),
        ("7", "a" * 48 + " b", "faber/7-" + "a" * 48),
        ("I" * 41, "", "faber/" + "I" * 40),
        ("7", "four " * 20, "faber/7-" + "-".join(["four"] * 9)),
    ],
)
def test_a_branch_shows_the_work_item_and_its_title(work_id: str, title: str, branch: str) -> None:
    assert branch_name(work_id, title) == branch


def test_work_items_without_a_single_plain_letter_do_not_share_a_branch() -> None:
    one, other = branch_name("漢", ""), branch_name("字", "")
    assert one != other
    assert re.fullmatch(r"faber/item-[0-9a-f]{8}", one)


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS)
def test_git_accepts_every_branch(work_id: str, title: str) -> None:
    branch = branch_name(work_id, title)
    checked = subprocess.run(
        ["git", "check-ref-format", "--branch", branch], capture_output=True, check=False
    )
    assert checked.returncode == 0, branch
    assert re.fullmatch(r"faber/[A-Za-z0-9_-]{1,100}", branch)


@given(WORDS, WORDS)
def test_a_specification_stays_in_its_folder(work_id: str, title: str) -> None:
    assert re.fullmatch(r"specs/[A-Za-z0-9_-]{1,100}\.md", specification_path(work_id, title))


def test_a_name_that_is_safe_already_stays() -> None:
    assert safe_name("faber-shop-ISSUE_7.a") == "faber-shop-ISSUE_7.a"


@given(WORDS)
def test_a_file_name_is_one_short_visible_name(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,140}", safe_name(text))


def test_names_that_look_alike_after_cleaning_do_not_share_a_file() -> None:
    assert len(safe_name("x" * 500)) == 120 + 9
    names = [safe_name(text) for text in ("a/b", "a-b", "a b", "../a-b", "..", "", "x" * 200, "x" * 201)]
    assert len(dict.fromkeys(names)) == len(names)

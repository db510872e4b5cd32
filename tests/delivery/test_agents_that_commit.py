"""Coding agents that use git as they like: what they leave in the files counts, and nothing else."""

from __future__ import annotations

import sys

import pytest

from tests.delivery.asking import autonomous, ended
from tests.delivery.conftest import NewSite
from tests.delivery.places import FIXED, git

COMMITS = f"""
import pathlib, subprocess
git = lambda *words: subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout
before = git("log", "--format=%H")
assert git("status", "--porcelain") == "", "it begins with clean files"
pathlib.Path("greeting.py").write_text({FIXED!r})
git("config", "user.name", "An agent")
git("commit", "-qam", "By myself")
git("checkout", "-qb", "elsewhere")
pathlib.Path("note.md").write_text("more")
git("add", "note.md")
git("commit", "-qm", "Once more")
git("update-ref", "-d", "refs/heads/faber/1-greetings-lack-their-comma")
print("committed after", before.split()[0])
"""


@pytest.mark.parametrize("sandbox", ["auto", "none"])
async def test_an_agent_that_commits_by_itself_delivers_and_its_commits_are_not_the_run_s(
    new_site: NewSite, sandbox: str
) -> None:
    agent = {"build": {"preset": "command", "command": [sys.executable, "-c", COMMITS]}}
    site = new_site(workflow=autonomous(sandbox=sandbox, agent=agent))
    result = await ended(await site.start())
    assert any("build: the agent did not say what it cost" in note for note in result.notes)
    assert sorted(result.files_modified) == ["greeting.py", "note.md"]
    git(site.checkout, "fetch", "-q", "origin")
    log = git(site.checkout, "log", "--format=%s %an", f"main..origin/{result.branch_name}")
    assert len(log.splitlines()) == 2 and "By myself" not in log and "An agent" not in log
    assert "elsewhere" not in git(site.checkout, "branch", "-a")

"""What a starting worker puts away, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from temporalio.client import Client

from activities.janitor import clear_gone_runs
from adapters.processes.supervised import SupervisedProcesses
from adapters.workspace import Repository
from adapters.workspace.git_workspace import GitWorkspace
from tests.delivery.conftest import NewSite
from tests.delivery.places import git, make_repository
from tests.waiting import eventually


async def test_a_run_that_is_gone_is_put_away_and_what_it_had_not_committed_is_kept(
    served: Client, tmp_path: Path
) -> None:
    checkout = make_repository(tmp_path, "scripted:unused")
    workspace = GitWorkspace(tmp_path / "data", os.environ)
    repository = Repository(checkout, None, "main")
    base = await workspace.fetch(repository)
    path = await workspace.open(repository, "faber-gone-1", "faber/1", base, base)
    (path / "unfinished.txt").write_text("worth keeping\n")
    said: list[str] = []
    await clear_gone_runs(served, workspace, SupervisedProcesses(tmp_path / "data", "worker"), said.append)
    assert not path.exists()
    assert await workspace.runs() == []
    [clone] = (tmp_path / "data/repositories").glob("*.git")
    kept = git(clone, "for-each-ref", "--format=%(refname)", "refs/faber/faber-gone-1/quarantine")
    assert git(clone, "show", f"{kept}:unfinished.txt") == "worth keeping"
    assert "faber-gone-1" in said[-1]


async def test_a_process_that_a_gone_worker_left_is_ended(served: Client, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "FABER_RUN_ID": "faber-gone-2",
        "FABER_PROCESS": str(tmp_path / "data/processes/x"),
    }
    left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], env=environment)
    processes = SupervisedProcesses(tmp_path / "data", "worker")
    await clear_gone_runs(served, GitWorkspace(tmp_path / "data", os.environ), processes, lambda line: None)
    await eventually(lambda: left.poll() is not None, "the process is ended", 10)


async def test_the_worktree_of_an_open_run_is_left_as_it_is(new_site: NewSite, data_dir: Path) -> None:
    site = new_site()
    handle = await site.start()
    item = await site.gate(handle, "architect")
    workspace = GitWorkspace(data_dir, os.environ)
    processes = SupervisedProcesses(data_dir, "another worker")
    await clear_gone_runs(site.client, workspace, processes, lambda line: None)
    assert handle.id in await workspace.runs()
    await site.decide(handle, item, "approve")
    await site.approve(handle, "release")
    assert (await handle.result()).status == "completed"

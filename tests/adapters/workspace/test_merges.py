"""The base may move while a run waits: merges are tried first, resolved in a build round, and never forced."""

from __future__ import annotations

import pytest

from faber.errors import PushRefused
from tests.adapters.workspace.sites import Site, Started, start


async def conflicting(site: Site) -> tuple[Started, str, str]:
    """A run, its head and the moved base, which both changed src/a.py."""
    run = await start(site)
    head = await run.work({"src/a.py": "a = 2\n", "b": "b\n"})
    return run, head, site.move_base({"src/a.py": "a = 3\n", "c": "c\n"})


async def test_a_conflict_is_named_and_changes_nothing(site: Site) -> None:
    run, head, moved = await conflicting(site)
    trial = await run.workspace.merge_trial(site.repository, head)
    assert (trial.base_sha, trial.clean, trial.conflicts) == (moved, False, ("src/a.py",))
    assert await run.workspace.head(site.repository, run.branch) == head
    assert (run.path / "src" / "a.py").read_text() == "a = 2\n"


async def test_a_resolved_conflict_is_committed_as_a_merge_that_the_base_takes(site: Site) -> None:
    run, head, moved = await conflicting(site)
    merged = await run.workspace.merge_into(site.repository, run.run_id, head, moved)
    assert await run.workspace.merge_into(site.repository, run.run_id, head, moved) == merged
    text = (run.path / "src" / "a.py").read_text()
    assert "<<<<<<<" in text and "a = 2" in text and "a = 3" in text
    assert (run.path / "c").read_text() == "c\n"
    await run.open(tree=merged, head=head)
    (run.path / "src" / "a.py").write_text("a = 23\n")
    resolved = await run.snapshot("build/2/1", merged)
    (run.path / "d").write_text("d\n")
    resolved = await run.snapshot("build/2/2", resolved)
    second = await run.commit(resolved, head)
    assert site.in_clone("log", "-1", "--format=%P", second) == f"{head} {moved}"
    assert await run.commit(resolved, head) == second
    (run.path / "e").write_text("e\n")
    third = await run.commit(await run.snapshot("build/3/1", resolved), second)
    assert site.in_clone("log", "-1", "--format=%P", third) == second
    assert (await run.workspace.merge_trial(site.repository, third)).clean
    await run.workspace.push(site.repository, run.branch, third, None)
    merge = await run.workspace.merge_to_base(site.repository, run.branch, third, "merge")
    assert site.git("show", f"{merge}:src/a.py", at=site.origin) == "a = 23"
    subjects = [subject for _, subject in await run.workspace.commits(site.repository, moved, third)]
    assert subjects == ["feat: work"] * 3


async def test_a_base_that_fits_becomes_a_parent_even_when_no_file_changed_after_it(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    moved = site.move_base({"b": "b\n"})
    await run.workspace.merge_trial(site.repository, head)
    merged = await run.workspace.merge_into(site.repository, run.run_id, head, moved)
    second = await run.commit(merged, head)
    assert site.in_clone("log", "-1", "--format=%P", second) == f"{head} {moved}"


async def test_a_base_that_moves_during_the_merge_is_merged_with(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    await run.workspace.push(site.repository, run.branch, head, None)
    # The origin's own hook moves the base once, between the engine's fetch and its push.
    await run.workspace.fetch(site.repository)
    site.move_base({"c": "c\n"})
    beside = site.commit({"beside": "beside\n"}, at=site.root / "other")
    site.git("push", "-q", "origin", "HEAD:refs/heads/beside", at=site.root / "other")
    script = site.origin / "hooks" / "pre-receive"
    script.write_text(
        "#!/bin/sh\nread old new ref\n"
        'if [ "$ref" = refs/heads/main ] && [ ! -e once ]; then\n'
        "  touch once; unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n"
        f"  git update-ref refs/heads/main {beside}\nfi\n"
    )
    script.chmod(0o755)
    merge = await run.workspace.merge_to_base(site.repository, run.branch, head, "merge")
    assert (site.origin / "once").exists()
    assert site.git("log", "-1", "--format=%P", merge, at=site.origin) == f"{beside} {head}"


async def test_a_merge_is_not_made_of_commits_that_nobody_approved(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    with pytest.raises(PushRefused, match=r"is at no commit, and .* was approved: nothing was merged"):
        await run.workspace.merge_to_base(site.repository, run.branch, head, "merge")
    await run.workspace.push(site.repository, run.branch, head, None)
    theirs = site.commit({"README.md": "theirs\n"})
    site.git("push", "-qf", "origin", f"{theirs}:refs/heads/{run.branch}")
    with pytest.raises(PushRefused, match=f"is at {theirs}, and {head} was approved"):
        await run.workspace.merge_to_base(site.repository, run.branch, head, "merge")
    assert site.git("rev-parse", "main", at=site.origin) == run.base


async def test_a_merge_with_conflicts_is_refused_and_names_them(site: Site) -> None:
    run, head, moved = await conflicting(site)
    await run.workspace.push(site.repository, run.branch, head, None)
    with pytest.raises(PushRefused, match=r"conflicts with main at .* in src/a.py"):
        await run.workspace.merge_to_base(site.repository, run.branch, head, "merge")
    assert site.git("rev-parse", "main", at=site.origin) == moved


async def test_a_head_that_was_merged_by_somebody_else_is_merged(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    site.move_base({"c": "c\n"})
    await run.workspace.push(site.repository, run.branch, head, None)
    other = site.root / "other"
    site.git("fetch", "-q", at=other)
    site.git("merge", "-q", "-m", "by hand", f"origin/{run.branch}", at=other)
    by_hand = site.git("rev-parse", "HEAD", at=other)
    site.git("push", "-q", "origin", "main", at=other)
    site.move_base({"d": "d\n"})
    site.git("push", "-q", "origin", "--delete", run.branch, at=other)
    assert await run.workspace.merge_to_base(site.repository, run.branch, head, "merge") == by_hand


async def test_a_base_that_was_written_anew_is_said_to_be_and_waits_for_a_person(site: Site) -> None:
    run, head, _ = await conflicting(site)
    other = site.root / "other"
    site.git("checkout", "-q", "--orphan", "anew", at=other)
    site.git("commit", "-qm", "written anew", at=other)
    site.git("push", "-qf", "origin", "anew:main", at=other)
    with pytest.raises(PushRefused, match=r"main of .* was written anew since the run began") as caught:
        await run.workspace.merge_trial(site.repository, head)
    assert caught.value.repairable and caught.value.permanent

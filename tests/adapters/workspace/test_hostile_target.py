"""Nothing that the target repository brings along runs in the engine, and the user's checkout stays as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adapters.workspace import Claim, Repository
from faber.errors import ConfigurationError, ValidationError
from tests.adapters.workspace.sites import WHEN, Site, start

HOOKS = (
    *("applypatch-msg", "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout"),
    *(
        "post-merge",
        "pre-push",
        "post-rewrite",
        "post-index-change",
        "reference-transaction",
        "push-to-checkout",
    ),
    *("pre-receive", "update", "post-receive", "post-update", "proc-receive", "fsmonitor-watchman"),
)
ATTRIBUTES = "* filter=canary diff=canary merge=canary\n*.secret -diff\n"


def plant(site: Site, git_dir: Path) -> Path:
    """Everything that makes git run a program, each of which would create the canary's file."""
    canary = site.root / "canary"
    program = site.root / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{canary}'\ncat\n")
    program.chmod(0o755)
    (git_dir / "hooks").mkdir(exist_ok=True)
    for hook in HOOKS:
        (git_dir / "hooks" / hook).write_text(program.read_text())
        (git_dir / "hooks" / hook).chmod(0o755)
    for key in (
        *("core.fsmonitor", "core.sshCommand", "core.editor", "core.pager", "core.gitProxy", "core.askPass"),
        *("core.alternateRefsCommand", "uploadpack.packObjectsHook", "remote.origin.uploadpack"),
        *("remote.origin.receivepack", "diff.external", "diff.canary.command", "diff.canary.textconv"),
        *("filter.canary.clean", "filter.canary.smudge", "filter.canary.process", "merge.canary.driver"),
        *("gpg.program", "credential.helper", "interactive.diffFilter", "sequence.editor"),
    ):
        site.git("config", "--file", str(git_dir / "config"), key, str(program), at=site.root)
    included = site.root / "included"
    included.write_text(f'[remote "origin"]\n\turl = ext::{program} included\n')
    for key, value in {
        "include.path": str(included),
        "commit.gpgSign": "true",
        "receive.denyCurrentBranch": "updateInstead",
        "receive.autogc": "true",
        "gc.auto": "1",
    }.items():
        site.git("config", "--file", str(git_dir / "config"), key, value, at=site.root)
    return canary


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file but objects, refs and their logs, which a checkout that is its own origin gets more of."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith((".git/objects", ".git/refs", ".git/logs")) or path.is_dir():
            continue
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest() + str(path.lstat().st_mtime_ns)
    return found


async def whole_life(site: Site) -> None:
    run = await start(site)
    workspace, repository = run.workspace, site.repository
    await workspace.write_claim(repository, "1", None, Claim("run-1", "first"))
    (run.path / "b.txt").write_text("b\n")
    (run.path / ".gitattributes").write_text(ATTRIBUTES + "# by the agent\n")
    head = await run.commit(await run.snapshot())
    await workspace.changes(repository, run.base, head)
    assert "+b" in await workspace.diff(repository, run.base, head)
    await workspace.merge_trial(repository, head)
    await workspace.merge_into(repository, run.run_id, head, run.base)
    await workspace.open_detached(repository, run.run_id, head, name="checks")
    await workspace.push(repository, run.branch, head, None)
    await workspace.clean(repository, run.run_id, quarantine=True)
    await workspace.prune(repository, run.run_id)


async def test_nothing_of_a_target_runs_when_it_has_an_origin(site: Site) -> None:
    site.commit({".gitattributes": ATTRIBUTES})
    site.git("push", "-q", "origin", "main")
    canary = plant(site, site.checkout / ".git")
    before = fingerprint(site.checkout)
    await whole_life(site)
    assert fingerprint(site.checkout) == before
    assert not canary.exists(), canary.read_text()
    site.git("status", check=False)
    assert canary.exists(), "the trap itself does not work"


async def test_nothing_of_a_target_runs_when_it_is_its_own_origin(own: Site) -> None:
    own.commit({".gitattributes": ATTRIBUTES})
    borrowed = own.root / "borrowed.git"
    own.git("clone", "-q", "--bare", str(own.checkout), str(borrowed), at=own.root)
    (own.checkout / ".git/objects/info/alternates").write_text(f"{borrowed}/objects\n")
    canary = plant(own, own.checkout / ".git")
    for name in ("uploadpack", "receivepack"):
        own.git("config", "--unset", f"remote.origin.{name}", at=own.checkout)
    before = fingerprint(own.checkout)
    await whole_life(own)
    assert fingerprint(own.checkout) == before
    assert not canary.exists(), canary.read_text()
    own.git("update-ref", "refs/heads/trap", "HEAD", check=False)
    assert "reference-transaction" in canary.read_text(), "the trap itself does not work"


async def test_what_an_agent_configures_in_the_clone_does_not_run_either(site: Site) -> None:
    run = await start(site)
    configured = (site.clone() / "config").read_bytes()
    canary = plant(site, site.clone())
    (site.clone() / "info/attributes").write_text(ATTRIBUTES)
    (site.clone() / "info/exclude").write_text("*.py\n")
    (run.path / "hidden.py").write_text("hidden = 1\n")
    (run.path / ".gitattributes").write_text(ATTRIBUTES)
    tree = await run.snapshot()
    head = await run.commit(tree)
    assert "+hidden = 1" in await run.workspace.diff(site.repository, run.base, head)
    await run.open(head=head)
    assert (site.clone() / "config").read_bytes() == configured
    told = site.git("check-attr", "filter", "diff", "--", "hidden.py", at=run.path)
    assert told == "hidden.py: filter: unset\nhidden.py: diff: unspecified"
    assert not canary.exists(), canary.read_text()
    plant(site, site.clone())
    site.git("status", at=run.path, check=False)
    assert canary.exists(), "the trap itself does not work"


async def test_an_attribute_cannot_hide_a_change_from_its_reviewer(site: Site) -> None:
    run = await start(site)
    head = await run.work({"x.secret": "visible\n", ".gitattributes": "*.secret -diff\n*.secret binary\n"})
    assert "+visible" in await run.workspace.diff(site.repository, run.base, head)


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch x",
        "ext::sh -c touch% x",
        "fd::3",
        "-oProxyCommand=x:y",
        "a\nb",
        "http://x/\x1b[2J",
        " ",
    ],
)
async def test_a_url_that_is_an_option_or_a_program_is_refused_by_name(site: Site, url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"the repository URL .* is refused") as caught:
        await site.workspace().fetch(Repository(None, url, "main"))
    assert "\x1b" not in str(caught.value)
    site.git("config", "remote.origin.url", url)
    with pytest.raises(ConfigurationError, match="is refused"):
        await site.workspace().fetch(site.repository)


@pytest.mark.parametrize(
    "payload", ["--upload-pack=touch x", "$(touch x)", "`touch x`", "\"; touch x; '", "-x"]
)
async def test_a_payload_as_a_branch_name_is_a_name_or_is_refused(own: Site, payload: str) -> None:
    own.git("update-ref", f"refs/heads/{payload}", "HEAD", check=False)
    workspace = own.workspace()
    base = await workspace.fetch(own.repository)
    for branch in (payload, f"faber/{payload}", f"faber/{payload.replace(' ', '_')}"):
        try:
            path = await workspace.open(own.repository, "run", branch, base, base)
        except ValidationError as problem:
            assert "cannot be the name of" in str(problem)
            continue
        (path / "b").write_text("b\n")
        tree = await workspace.snapshot(own.repository, "run", "build/1", base, "a turn", WHEN)
        head = await workspace.commit(own.repository, branch, base, tree, payload, WHEN)
        await workspace.push(own.repository, branch, head, None)
        assert await workspace.remote_head(own.repository, branch) == head
        assert await workspace.commits(own.repository, base, head) == [(head, payload)]
    with pytest.raises((ConfigurationError, ValidationError)):
        await workspace.fetch(Repository(own.checkout, None, payload + "..x"))
    assert not list(own.root.rglob("x"))


@pytest.mark.parametrize(
    "branch", ["", "..", "a..b", "a b", "a:b", "a\x1b[2J", "a.lock", "/a", "a/", "a@{1}", "-a"]
)
async def test_a_branch_name_that_git_does_not_take_is_refused(site: Site, branch: str) -> None:
    workspace = site.workspace()
    base = await workspace.fetch(site.repository)
    with pytest.raises(ValidationError, match="cannot be the name of") as caught:
        await workspace.open(site.repository, "run", branch, base, base)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["--help", "HEAD", "main", "", "a" * 39, "A" * 40, "refs/heads/main", ":/x"]
)
async def test_only_a_whole_sha_is_taken_for_a_commit(site: Site, value: str) -> None:
    run = await start(site)
    for call in (
        run.workspace.read_at(site.repository, value, "README.md"),
        run.workspace.open(site.repository, "run", "b", value, value),
        run.workspace.open_detached(site.repository, "run", value, name="checks"),
        run.workspace.diff(site.repository, run.base, value),
        run.workspace.changes(site.repository, value, run.base),
        run.workspace.commits(site.repository, value, run.base),
        run.workspace.push(site.repository, "b", value, None),
        run.workspace.merge_trial(site.repository, value),
        run.workspace.merge_into(site.repository, "run-1", run.base, value),
        run.workspace.merge_to_base(site.repository, "b", value, "m"),
        run.commit(value),
    ):
        with pytest.raises(ValidationError, match="is not the SHA"):
            await call


@pytest.mark.parametrize(
    "run_id",
    ["..", ".", "a/../../b", "a b", "ünï-✓", "a.lock", "-rf", "$(touch x)", "x" * 900, "~", "\x1b[2J", "%2e"],
)
async def test_any_run_id_gets_a_folder_and_refs_of_its_own(site: Site, run_id: str) -> None:
    run = await start(site, run_id)
    assert run.path.parent.parent == site.data / "worktrees"
    (run.path / "b").write_text("b\n")
    await run.snapshot("build/1")
    assert await run.workspace.runs() == [run_id]
    left = await run.workspace.clean(site.repository, run_id, quarantine=True)
    assert "quarantine" in left
    await run.workspace.prune(site.repository, run_id)
    assert await run.workspace.runs() == []
    assert site.in_clone("for-each-ref", "refs/faber") == ""


@pytest.mark.parametrize(
    "path", ["../README.md", "/etc/passwd", "./README.md", ":(glob)*", "*", "", "-r", "src", "a\0b"]
)
async def test_only_a_plain_path_of_the_commit_is_read(site: Site, path: str) -> None:
    run = await start(site)
    assert await run.workspace.read_at(site.repository, run.base, path) is None

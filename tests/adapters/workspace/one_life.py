"""A worker process for tests to kill: every step of a run's life in order, its outcome as JSON at the end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from adapters.workspace import Claim, Repository
from adapters.workspace.git_workspace import GitWorkspace

WHEN = 1_700_000_000
RUN, BRANCH = "run-1", "faber/1"


async def live(root: Path, data: Path) -> dict[str, Any]:
    workspace, repository = GitWorkspace(data, os.environ), Repository(root / "checkout", None, "main")
    base = await workspace.fetch(repository)
    claim = await workspace.write_claim(repository, data.name, None, Claim(RUN, "first"))
    path = await workspace.open(repository, RUN, BRANCH, base, base)
    for number in range(40):
        (path / f"file-{number}").write_text(f"{number}\n" * 200)
    tree = await workspace.snapshot(repository, RUN, "build/1/1", base, "a turn", WHEN)
    spec = await workspace.write_file(
        repository, RUN, BRANCH, base, tree, "docs/spec.md", b"# spec\n", ref="spec", when=WHEN
    )
    head = await workspace.commit(repository, BRANCH, base, spec, "feat: work", WHEN)
    checks = await workspace.open_detached(repository, RUN, head, name="checks")
    checked = sorted(entry.name for entry in checks.iterdir())
    await workspace.close(repository, RUN, name="checks")
    trial = await workspace.merge_trial(repository, head)
    merged = await workspace.merge_into(repository, RUN, head, trial.base_sha)
    branch = f"delivered/{data.name}"
    await workspace.push(repository, branch, head, None)
    await workspace.open(repository, RUN, BRANCH, head, head)
    (path / "late").write_text("late\n")
    left = await workspace.clean(repository, RUN, quarantine=True)
    return {
        "base": base,
        "claim": claim.run_id,
        "tree": tree,
        "spec": spec,
        "head": head,
        "checked": checked,
        "merged": merged,
        "pushed": await workspace.remote_head(repository, branch),
        "left": sorted(left),
        "runs": await workspace.runs(),
    }


if __name__ == "__main__":
    print("begun", flush=True)
    print(json.dumps(asyncio.run(live(Path(sys.argv[1]), Path(sys.argv[2])))), flush=True)

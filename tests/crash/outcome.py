"""What every run must have come to, whatever was killed: the one outcome of a run that nothing happened to."""

from __future__ import annotations

import psutil

from adapters.processes.records import RUN_MARK
from faber.contract.delivery import CostSummary, RunResult
from faber.contract.money import micro
from faber.contract.names import PHASES
from tests.crash.places import CALL_MICROUSD, CALLS, NOTES
from tests.crash.stage import Cast, Stage
from tests.delivery.places import FIXED, git


async def ends_as_if_nothing_happened(
    stage: Stage, *, lost_calls: int = 0, kills_amid_calls: int = 0
) -> RunResult:
    """`lost_calls`: how many model calls were under way when their worker was killed, for sure;
    `kills_amid_calls`: how many kills may have met a call, or the moment before it was sent."""
    result = await delivers_once(stage)
    money_agrees_with_the_provider(stage, result.cost, CALLS, lost_calls, lost_calls + kills_amid_calls)
    return result


async def delivers_once(stage: Stage) -> RunResult:
    result = await stage.result()
    assert result.status == "completed", result.error
    assert tuple(result.completed_phases) == PHASES
    assert all(item.ok for item in result.evidence)
    has_one_of_everything(stage, result)
    every_effect_took_place_once(stage, result)
    nothing_is_left(stage)
    return result


def has_one_of_everything(stage: Stage, result: RunResult) -> None:
    branches = git(stage.origin, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    assert branches.split() == [result.branch_name, "main"]
    assert git(stage.origin, "rev-parse", f"refs/heads/{result.branch_name}") == result.head_sha
    records = list((stage.checkout / ".fractary/pulls").iterdir())
    assert [record.name for record in records] == ["1.md"]
    assert str(result.head_sha) in records[0].read_text()
    comments = (stage.checkout / ".fractary/issues/1.comments.md").read_text()
    assert comments.count("<!-- faber:comment") == 1
    assert comments.count("**[FABER:") == 1


def every_effect_took_place_once(stage: Stage, result: RunResult) -> None:
    changed = git(stage.origin, "diff", "--name-only", "main", str(result.head_sha)).splitlines()
    assert changed == ["greeting.py", "notes.txt", result.spec_path]
    assert str(result.spec_path).startswith("specs/")
    assert git(stage.origin, "show", f"{result.head_sha}:greeting.py") == FIXED.strip()
    assert git(stage.origin, "show", f"{result.head_sha}:notes.txt") == NOTES.strip()
    commits = git(stage.origin, "log", "--format=%s", f"main..{result.head_sha}").splitlines()
    assert len(commits) == len(result.commits) == 2, commits
    assert git(stage.checkout, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(stage.checkout, "branch", "--format=%(refname:short)") == "main"


def money_agrees_with_the_provider(
    cast: Cast, cost: CostSummary, needed: int, least: int, most: int, price: int = CALL_MICROUSD
) -> None:
    """Beside those that were `needed`, between `least` and `most` calls were lost: the ledger has each of them at no
    less than its bill, of `price` micro-dollars."""
    calls = cast.provider.calls
    assert [call["outcome"] for call in calls] == ["answer"] * len(calls)
    lost = sum(line.wasted_calls for line in cost.by_phase)
    assert least <= lost <= most
    assert cost.calls == needed + lost
    # A call that was noted and not yet sent when the worker died is booked and never came.
    assert cost.calls - (most - least) <= len(calls) <= cost.calls
    assert micro(cost.spent_usd) >= len(calls) * price
    assert lost or micro(cost.spent_usd) == needed * price


def nothing_is_left(stage: Stage) -> None:
    assert marked(stage.handle.id) == []
    assert not (stage.data / "worktrees" / stage.handle.id).exists()
    (clone,) = (stage.data / "repositories").glob("*.git")
    assert git(clone, "worktree", "list").count("\n") == 0
    assert list((stage.data / "processes").glob("*")) == []


def marked(run_id: str) -> list[psutil.Process]:
    """The living processes that bear the run's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUN_MARK) == run_id and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found

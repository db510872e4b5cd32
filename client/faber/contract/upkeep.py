"""Upkeep on the wire: merging a delivered change, and putting old runs away."""

from __future__ import annotations

from pydantic import Field

from faber.contract.wire import FromPerson, FromWorker


class MergeInput(FromPerson):
    """`run_id` is a completed delivery run whose pull request is open."""

    run_id: str = Field(min_length=1)
    actor: str = "unknown"


class MergeResult(FromWorker):
    run_id: str
    merge_sha: str
    branch_name: str
    base: str
    pr_url: str


class PruneInput(FromPerson):
    """`repo` as in a run's input. Only runs that ended more than `older_than_days` ago are put away."""

    repo: str | None = None
    older_than_days: float = Field(default=30.0, ge=0)
    dry_run: bool = False


class PruneResult(FromWorker):
    """The ids of the runs that were put away, or would be."""

    runs: list[str] = Field(default_factory=list)
    dry_run: bool = False

"""What the delivery run asks of its activities, and what they answer.

Anything that may be large (a specification, a diff, a transcript, a check's output) travels as the sha256 of an
artifact. `when` is Unix seconds by the workflow's clock, so that a repeated commit has the same SHA.
"""

from __future__ import annotations

import functools
import json
import sys
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from faber.contract.config import Configuration
from faber.contract.delivery import Evidence, Issue, RunInput, Specification, Status
from faber.contract.money import OnePrice
from faber.contract.names import Phase
from faber.contract.wire import FromWorker


class RunKey(FromWorker):
    """Which run asks. `origin` is the first execution run id: notes and answers are kept under it."""

    run_id: str
    origin: str
    project: str = ""
    work_id: str = ""


class RepositoryRef(FromWorker):
    """`folder`: where in the checkout the configuration is looked for, from there upwards; empty is its root."""

    checkout: str | None = None
    folder: str = ""
    url: str | None = None
    default_branch: str = "main"


class ConfigurationRequest(FromWorker):
    key: RunKey
    input: RunInput


def as_text(value: Any) -> Any:
    return sys.intern(json.dumps(value)) if isinstance(value, dict) else value


Compact = Annotated[str, BeforeValidator(as_text), PlainSerializer(json.loads, return_type=dict[str, Any])]
"""An object where it is written down, its JSON text in memory, once for all runs of a worker that have the same."""


class Setup(FromWorker):
    """The configuration in force, as it was at the start of the run, and what was found out beside it."""

    configuration: Compact
    repository: RepositoryRef
    project: str
    base_sha: str
    host_queue: str
    prices: dict[Phase, OnePrice] = Field(default_factory=dict)
    prompts: dict[str, str] = Field(default_factory=dict)
    checks_recognised: bool = False
    sandbox: str = "none"
    search_attributes: bool = False
    notes: list[str] = Field(default_factory=list)

    def read(self) -> Configuration:
        """The configuration as this worker knows it, read once for all runs that have the same."""
        return _read(self.configuration)


@functools.lru_cache(16)
def _read(text: str) -> Configuration:
    # A newer worker's configuration may have keys that this one does not know.
    return Configuration.model_validate_json(text, extra="ignore")


class Place(FromWorker):
    """Where a run works: enough to make its worktree again anywhere."""

    key: RunKey
    repository: RepositoryRef
    branch: str
    base_sha: str
    head_sha: str
    tree_sha: str
    when: int = 0


class ClaimRequest(FromWorker):
    """`branch`, `head_sha` and `tree_sha` are set when the run goes on from work that an earlier one left."""

    key: RunKey
    repository: RepositoryRef
    base_sha: str
    work_path: str
    again: bool = False
    branch: str | None = None
    head_sha: str | None = None
    tree_sha: str | None = None


class Claimed(FromWorker):
    issue: Issue
    branch: str
    head_sha: str
    evidence: list[Evidence] = Field(default_factory=list)
    issue_artifact: str


class SpecificationRequest(FromWorker):
    place: Place
    issue: Issue
    work_type: str
    answer: str
    round: int


class SpecificationWritten(FromWorker):
    specification: Specification
    head_sha: str
    artifact: str
    evidence: list[Evidence] = Field(default_factory=list)


class CommitRequest(FromWorker):
    """`checks` are the commands that will judge the change, as words."""

    place: Place
    issue: Issue
    work_type: str
    spec_path: str
    round: int
    checks: list[list[str]] = Field(default_factory=list)


class Committed(FromWorker):
    """`changed` is false when the work holds nothing beside its specification; `tests_changed` are the files of it
    that decide what the checks say."""

    head_sha: str
    tree_sha: str
    changed: bool
    files: list[str] = Field(default_factory=list)
    tests_added: list[str] = Field(default_factory=list)
    tests_changed: list[str] = Field(default_factory=list)
    commits: list[str] = Field(default_factory=list)
    diff: str
    evidence: list[Evidence] = Field(default_factory=list)


class ChecksRequest(FromWorker):
    place: Place
    checks: list[dict[str, Any]]
    sandbox: str
    round: int


class CheckResult(FromWorker):
    name: str
    required: bool
    exit_code: int | None
    output: str
    tail: str = ""
    seconds: float = 0.0


class ChecksDone(FromWorker):
    results: list[CheckResult]
    report: str
    head_sha: str
    evidence: list[Evidence] = Field(default_factory=list)


class World(FromWorker):
    """What stands in the world now, to be held against what a person was shown."""

    head_sha: str | None
    tree_sha: str
    base_sha: str
    merge_clean: bool = True
    conflicts: list[str] = Field(default_factory=list)
    spec_hash: str | None = None
    spec_artifact: str | None = None


class WorldRequest(FromWorker):
    """`shown` names the question that the files were laid out for, when a person was asked one."""

    place: Place
    shown: str = ""
    spec_path: str | None = None
    try_merge: bool = False
    round: int = 1


class MergedIn(FromWorker):
    tree_sha: str
    base_sha: str


class PushRequest(FromWorker):
    place: Place
    expected: str | None = None


class Pushed(FromWorker):
    remote_sha: str
    evidence: Evidence


class PullRequestRequest(FromWorker):
    place: Place
    issue: Issue
    answer: str | None
    evidence: list[Evidence] = Field(default_factory=list)
    files: list[str] = Field(default_factory=list)
    tests_changed: list[str] = Field(default_factory=list)
    platform: str = "local"
    work_path: str = ".fractary/issues"


class PullRequestOpened(FromWorker):
    number: int
    url: str
    state: str
    head_sha: str
    evidence: Evidence


class MergeRequest(FromWorker):
    place: Place
    number: int
    title: str


class Merged(FromWorker):
    merge_sha: str
    evidence: Evidence


class ReportRequest(FromWorker):
    """Where the run stands: its comment on the work item and the derived copy in `.fractary/faber/runs/`.

    `state` is what the copy tells beside the status."""

    place: Place
    status: Status
    state: dict[str, Any]
    work_path: str = ".fractary/issues"
    comment: bool = True


class Reported(FromWorker):
    comment_id: str | None = None


class FinishRequest(FromWorker):
    """The end of a run: outcome, what to do with the worktree, and the last report. `item` is the work item's own id,
    under which it is claimed."""

    report: ReportRequest
    outcome: str
    pr_url: str = ""
    claimed: bool = True
    quarantine: bool = False
    item: str = ""


class Finished(FromWorker):
    """What was ended, cleaned and left behind, and where."""

    receipt: dict[str, Any] = Field(default_factory=dict)

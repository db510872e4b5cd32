"""The change itself: the specification and the work as commits, and what stands in the world now."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence

from temporalio import activity

from activities.places import repository_of
from adapters.artifacts import Artifacts
from adapters.journal import Journal
from adapters.workspace import Change, Repository, Workspace
from domain.deciding import deciding_files, is_test
from domain.documents import clean_line, specification_document, specification_path
from domain.redaction import KnownSecrets
from faber.contract.activities import (
    CommitRequest,
    Committed,
    MergedIn,
    Place,
    SpecificationRequest,
    SpecificationWritten,
    World,
    WorldRequest,
)
from faber.contract.delivery import Evidence, Specification
from faber.errors import SecretInWork

MOST_FILES, MOST_BYTES = 500, 32_000


class Changes:
    def __init__(
        self, *, workspace: Workspace, artifacts: Artifacts, journal: Journal, secrets: KnownSecrets
    ) -> None:
        self._workspace = workspace
        self._secrets = secrets
        self._journal = journal
        self._artifacts = artifacts

    @activity.defn
    async def write_specification(self, request: SpecificationRequest) -> SpecificationWritten:
        """Render the architect's answer, put it into the tree and commit it to the branch."""
        place, issue = request.place, request.issue
        answer = json.loads(await self._artifacts.get(request.answer))
        document = specification_document(issue, request.work_type, answer)
        path = specification_path(place.key.work_id, issue.title)
        repository = repository_of(place.repository)
        tree = await self._workspace.write_file(
            repository,
            place.key.run_id,
            place.branch,
            place.head_sha,
            place.tree_sha,
            path,
            document.encode(),
            ref=f"architect/{request.round}/specification",
            when=place.when,
        )
        subject = f"docs: specify {clean_line(issue.title, 60)} ({clean_line(place.key.work_id, 40)})"
        head = await self._workspace.commit(
            repository, place.branch, place.head_sha, tree, subject, place.when
        )
        committed = await self._workspace.read_at(repository, head, path)
        digest = hashlib.sha256(document.encode()).hexdigest()
        specification = Specification(
            id=digest[:8],
            path=path,
            title=clean_line(str(answer["title"]), 200),
            status="proposed",
            content_hash=digest,
            criteria=[clean_line(str(item), 500) for item in answer["criteria"]],
        )
        evidence = Evidence(
            phase="architect",
            kind="specification",
            ok=committed == document.encode(),
            what=f"{path} committed",
            sha=head,
            round=request.round,
        )
        return SpecificationWritten(
            specification=specification,
            head_sha=head,
            artifact=await self._artifacts.put(document.encode()),
            evidence=[evidence],
        )

    @activity.defn
    async def commit_change(self, request: CommitRequest) -> Committed:
        """Commit what the build left in the tree; says whether that is a change at all. Errors: SecretInWork."""
        place = request.place
        repository = repository_of(place.repository)
        await self._refuse_secrets(repository, place)
        kind = {"feature": "feat", "bug": "fix"}.get(request.work_type, "chore")
        subject = f"{kind}: {clean_line(request.issue.title, 64)} ({clean_line(place.key.work_id, 40)})"
        head = await self._workspace.commit(
            repository,
            place.branch,
            place.head_sha,
            place.tree_sha,
            subject,
            place.when,
        )
        changes = await self._workspace.changes(repository, place.base_sha, head)
        diff = await self._workspace.diff(repository, place.base_sha, head)
        work = [change for change in changes if change.path != request.spec_path]
        deciding = some(deciding_files(statuses(work), request.checks))
        return Committed(
            head_sha=head,
            tree_sha=head,
            changed=bool(work),
            files=some(change.path for change in work),
            tests_added=some(change.path for change in work if change.status == "A" and is_test(change.path)),
            tests_changed=deciding,
            commits=[sha for sha, _ in await self._workspace.commits(repository, place.base_sha, head)],
            diff=await self._artifacts.put(diff.encode(errors="replace")),
            evidence=[
                await self._commit_evidence(repository, place.branch, head, work, request.round),
                *deciding_evidence(deciding, head, request.round),
            ],
        )

    async def _refuse_secrets(self, repository: Repository, place: Place) -> None:
        content = await self._workspace.added(repository, place.base_sha, place.tree_sha)
        names = await asyncio.to_thread(self._secrets.names_in, content)
        if names:
            raise SecretInWork(
                f"the work holds the value of {', '.join(names)} of the worker's environment, so it is neither "
                "committed nor pushed. Change that secret, and run with workflow.sandbox: bwrap, where no command "
                "can read it",
                names=names,
            )

    async def _commit_evidence(
        self, repository: Repository, branch: str, head: str, work: list[Change], round: int
    ) -> Evidence:
        on_branch = await self._workspace.head(repository, branch) == head
        what = (
            f"{len(work)} changed files on {branch}"
            if work
            else "nothing was changed beside the specification"
        )
        return Evidence(
            phase="build", kind="commit", ok=on_branch and bool(work), what=what, sha=head, round=round
        )

    @activity.defn
    async def lay_out(self, request: WorldRequest) -> None:
        """Put the work into the worktree as it is, for a person to look at and, who wants to, to edit."""
        place = request.place
        await self._workspace.open(
            repository_of(place.repository), place.key.run_id, place.branch, place.head_sha, place.tree_sha
        )
        self._journal.save(f"{place.key.origin}/laid-out", request.shown)

    @activity.defn
    async def observe_world(self, request: WorldRequest) -> World:
        """What stands now: the branch, the files in the worktree, the specification, the base and a merge with it."""
        place = request.place
        repository = repository_of(place.repository)
        # Files that were laid out for another question are no edits: a reset run finds its own later ones there.
        laid_out = self._journal.load(f"{place.key.origin}/laid-out")
        await self._workspace.open(
            repository,
            place.key.run_id,
            place.branch,
            place.head_sha,
            place.tree_sha,
            keep=laid_out is not None and laid_out == request.shown,
        )
        head = await self._workspace.head(repository, place.branch)
        tree = await self._workspace.snapshot(
            repository,
            place.key.run_id,
            f"seen/{request.round}",
            place.tree_sha,
            "as found at a gate",
            place.when,
        )
        world = World(head_sha=head, tree_sha=tree, base_sha=place.base_sha)
        if request.spec_path is not None:
            content = await self._workspace.read_at(repository, tree, request.spec_path)
            if content is not None:
                world.spec_hash = hashlib.sha256(content).hexdigest()
                world.spec_artifact = await self._artifacts.put(content)
        if request.try_merge:
            trial = await self._workspace.merge_trial(repository, place.head_sha)
            world.base_sha, world.merge_clean = trial.base_sha, trial.clean
            world.conflicts = list(trial.conflicts)[:50]
        return world

    @activity.defn
    async def merge_base_in(self, request: WorldRequest) -> MergedIn:
        """Bring the moved base into the work with its conflicts, for a build round to resolve."""
        place = request.place
        repository = repository_of(place.repository)
        trial = await self._workspace.merge_trial(repository, place.head_sha)
        await self._workspace.open(repository, place.key.run_id, place.branch, place.head_sha, place.tree_sha)
        tree = await self._workspace.merge_into(repository, place.key.run_id, place.head_sha, trial.base_sha)
        return MergedIn(tree_sha=tree, base_sha=trial.base_sha)


def some(paths: Iterable[str]) -> list[str]:
    """As many as history can carry: a change may touch any number of files."""
    kept: list[str] = []
    for path in itertools.islice(paths, MOST_FILES):
        if sum(map(len, kept)) + len(path) > MOST_BYTES:
            break
        kept.append(path)
    return kept


def statuses(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """A renamed file is gone from where it was."""
    for change in changes:
        yield change.status, change.path
        if change.before:
            yield "D", change.before


def deciding_evidence(paths: Sequence[str], head: str, round: int) -> list[Evidence]:
    if not paths:
        return []
    what = f"{len(paths)} changed files decide what the checks say: {', '.join(paths)}"
    return [Evidence(phase="build", kind="deciding_files", ok=True, what=what[:1_000], sha=head, round=round)]

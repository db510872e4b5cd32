"""The engine's own look at a change: the configured commands, run on a clean tree of exactly the evaluated commit."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from temporalio import activity

from activities.attempts import Attempts, lease_for
from activities.places import repository_of
from adapters.artifacts import Artifacts
from adapters.journal import Journal
from adapters.processes import Command, Completed, Processes, Sandbox
from adapters.workspace import Repository, Workspace
from domain.deciding import program_of
from domain.verdict import how_ended
from faber.contract.activities import CheckResult, ChecksDone, ChecksRequest
from faber.contract.config import Check
from faber.contract.delivery import Evidence

TAIL = 2_000
REPORT_LIMIT = 20_000


class Checking:
    def __init__(
        self,
        *,
        workspace: Workspace,
        artifacts: Artifacts,
        journal: Journal,
        processes: Processes,
        attempts: Attempts,
        environment: Mapping[str, str],
        confine: Callable[[str, Path], Sandbox | None],
        redact: Callable[[str], str],
        owner: str,
    ) -> None:
        self._workspace = workspace
        self._artifacts = artifacts
        self._journal = journal
        self._processes = processes
        self._attempts = attempts
        self._environment = environment
        self._confine = confine
        self._redact = redact
        self._owner = owner

    @activity.defn
    async def run_checks(self, request: ChecksRequest) -> ChecksDone:
        key = f"{request.place.key.origin}/evaluate/{request.round}/checks/{request.place.head_sha}"
        return await self._attempts.join(key, lambda: self._run(key, request))

    async def _run(self, key: str, request: ChecksRequest) -> ChecksDone:
        place = request.place
        if self._journal.take_lease(*lease_for(key, self._owner)) is not None:
            await self._processes.end(lease=key)
        repository = repository_of(place.repository)
        name = f"checks-{request.round}"
        results = []
        for check in (Check.model_validate(given, extra="ignore") for given in request.checks):
            path = await self._workspace.open_detached(
                repository, place.key.run_id, place.head_sha, name=name
            )
            results.append(await self._check(key, request, repository, check, path))
        await self._workspace.close(repository, place.key.run_id, name=name)
        report = "\n\n".join(
            f"$ {result.name}\n{how_ended(result.exit_code)}\n{result.tail}" for result in results
        )
        return ChecksDone(
            results=results,
            report=await self._artifacts.put(report[:REPORT_LIMIT].encode()),
            head_sha=place.head_sha,
            evidence=[
                Evidence(
                    phase="evaluate",
                    kind="check" if result.required else "optional_check",
                    ok=result.exit_code == 0,
                    what=result.name,
                    sha=place.head_sha,
                    exit_code=result.exit_code,
                    artifact=result.output,
                    round=request.round,
                )
                for result in results
            ],
        )

    async def _check(
        self, key: str, request: ChecksRequest, repository: Repository, check: Check, path: Path
    ) -> CheckResult:
        argv = tuple(check.argv)
        await self._restore_program(request, repository, argv, path)
        began = time.monotonic()
        done = await self._processes.run(
            Command(
                argv=argv,
                cwd=path,
                env=dict(self._environment),
                run_id=request.place.key.run_id,
                lease=key,
                timeout_s=check.timeout_s,
                sandbox=self._confine(request.sandbox, path),
            )
        )
        # In a thread: two megabytes take seconds, and every heartbeat of this worker would wait for them.
        output = await asyncio.to_thread(self._redact, said(done, check.timeout_s))
        return CheckResult(
            name=check.name or shlex.join(argv),
            required=check.required,
            exit_code=done.exit_code,
            output=await self._artifacts.put(output.encode()),
            tail=output[-TAIL:],
            seconds=round(time.monotonic() - began, 2),
        )

    async def _restore_program(
        self, request: ChecksRequest, repository: Repository, argv: Sequence[str], path: Path
    ) -> None:
        """A check that is a program of the repository runs as it was at the base commit, whatever the change
        made of it: otherwise the change would decide how it is judged."""

        async def original(name: str) -> bytes | None:
            return await self._workspace.read_at(repository, request.place.base_sha, name)

        program = program_of(argv)
        for name in program.exact:
            put_back(path, name, await original(name))
        for name in program.files:
            content = await original(name)
            if content is not None:
                put_back(path, name, content)
                return


def put_back(root: Path, name: str, content: bytes | None) -> None:
    """The file with this content, or (None) no such file; links in its way are removed, never followed."""
    *folders, last = Path(name).parts
    target = root
    for folder in folders:
        target /= folder
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            target.unlink()
        if not target.exists():
            if content is None:
                return
            target.mkdir()
    target /= last
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    if content is not None:
        target.write_bytes(content)
        target.chmod(0o755)


def said(done: Completed, timeout_s: float) -> str:
    parts = [done.stdout, done.stderr]
    if done.timed_out:
        parts.append(f"ended after {timeout_s:g} s without an answer")
    if done.truncated:
        parts.append("(the output was cut)")
    parts.append(done.hint)
    return "\n".join(part for part in parts if part)

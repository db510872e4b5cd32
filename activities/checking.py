"""The engine's own look at a change: the configured commands, run on a clean tree of exactly the evaluated commit."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from temporalio import activity

from activities.attempts import Attempts, lease_for
from activities.places import repository_of
from adapters.artifacts import Artifacts
from adapters.journal import Journal
from adapters.processes import Command, Completed, Processes, Sandbox
from adapters.workspace import Repository, Workspace
from faber.contract.activities import CheckResult, ChecksDone, ChecksRequest
from faber.contract.config import Check
from faber.contract.delivery import Evidence

TAIL = 2_000
REPORT_LIMIT = 20_000
INTERPRETER = re.compile(r"^(sh|bash|dash|zsh|python[0-9.]*|node|ruby|perl)$")


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
            f"$ {result.name}\nexit code {result.exit_code}\n{result.tail}" for result in results
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
        argv = tuple(shlex.split(check.run) if isinstance(check.run, str) else check.run)
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
        output = self._redact(said(done, check.timeout_s))
        return CheckResult(
            name=check.name or shlex.join(argv),
            required=check.required,
            exit_code=done.exit_code,
            output=await self._artifacts.put(output.encode()),
            tail=output[-TAIL:],
            seconds=round(time.monotonic() - began, 2),
        )

    async def _restore_program(
        self, request: ChecksRequest, repository: Repository, argv: tuple[str, ...], path: Path
    ) -> None:
        """A check that is a script of the repository runs as it was at the base commit, whatever the change
        made of it: otherwise the change would decide how it is judged."""
        program = program_of(argv)
        if program is None:
            return
        original = await self._workspace.read_at(repository, request.place.base_sha, program)
        target = path / program
        if original is None or not target.resolve().is_relative_to(path.resolve()):
            return
        mode = target.stat().st_mode if target.is_file() else 0o755
        target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(original)
        target.chmod(mode)


def program_of(argv: tuple[str, ...]) -> str | None:
    """The repository's own file that a command runs, as a relative path: `./check.sh`, `sh check.sh`."""
    word = argv[0]
    if INTERPRETER.match(Path(word).name):
        words = [item for item in argv[1:] if not item.startswith("-")]
        word = words[0] if words and argv[1] == words[0] else ""
    elif "/" not in word:
        return None
    if not word or word.startswith("/") or ".." in Path(word).parts:
        return None
    return str(Path(word))


def said(done: Completed, timeout_s: float) -> str:
    parts = [done.stdout, done.stderr]
    if done.timed_out:
        parts.append(f"ended after {timeout_s:g} s without an answer")
    if done.truncated:
        parts.append("(the output was cut)")
    return "\n".join(part for part in parts if part)

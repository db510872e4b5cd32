"""Whether a run may call itself completed: by what the engine itself wrote down, never by what was said."""

from __future__ import annotations

from collections.abc import Sequence

from faber.contract.delivery import Evidence
from faber.contract.names import PHASES, Phase


def missing_evidence(
    completed_phases: Sequence[Phase],
    evidence: Sequence[Evidence],
    evaluated_sha: str | None,
    required_checks: Sequence[str] = (),
) -> list[str]:
    """What still stands between the run and `completed`, one text each; empty when nothing does.

    Of several pieces of one kind the last one counts, as a later round replaces an earlier one.
    `required_checks` are the names of checks that must have run."""
    missing = [f"{phase}: the phase is not completed" for phase in PHASES if phase not in completed_phases]
    if not evaluated_sha:
        missing.append("evaluate: no commit was evaluated")
    probes = _Probes(evidence, evaluated_sha or "")
    missing += probes.lacking("frame", "worktree", "an isolated worktree")
    missing += probes.lacking("architect", "specification", "a committed specification")
    missing += probes.lacking(
        "build", "commit", "a commit that changes more than the specification", at_sha=True
    )
    missing += probes.failed_checks(required_checks)
    missing += probes.lacking("evaluate", "verdict", "a GO verdict", at_sha=True)
    missing += probes.lacking("release", "merge_trial", "a clean trial merge")
    missing += probes.lacking("release", "push", "a pushed head", at_sha=True)
    missing += probes.lacking("release", "pull_request", "a pull request record", at_sha=True)
    return missing


class _Probes:
    def __init__(self, evidence: Sequence[Evidence], evaluated_sha: str) -> None:
        self._evidence = evidence
        self._sha = evaluated_sha

    def lacking(self, phase: Phase, kind: str, what: str, at_sha: bool = False) -> list[str]:
        found = [item for item in self._evidence if (item.phase, item.kind) == (phase, kind)]
        if not found:
            return [f"{phase}: no evidence of {what}"]
        last = found[-1]
        if not last.ok:
            return [f"{phase}: no evidence of {what}: {last.what}"]
        if not last.sha and kind in {"specification", "commit"}:
            return [f"{phase}: the evidence of {what} names no commit"]
        if at_sha and last.sha != self._sha:
            return [f"{phase}: the evidence of {what} is for {last.sha}, not for the evaluated {self._sha}"]
        return []

    def failed_checks(self, required: Sequence[str]) -> list[str]:
        last: dict[str, Evidence] = {}
        for item in self._evidence:
            if (item.phase, item.kind, item.sha) == ("evaluate", "check", self._sha):
                last[item.what] = item
        never = [
            f"evaluate: required check {name} never ran on the evaluated commit"
            for name in required
            if name not in last
        ]
        return never + [
            f"evaluate: required check {name} ended with exit code {item.exit_code}"
            for name, item in last.items()
            if item.exit_code != 0 or not item.ok
        ]

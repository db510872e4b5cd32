"""The derived copy of a run beside its repository, for when Temporal no longer knows the run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faber.contract.delivery import RunResult, Status

RUNS = Path(".fractary") / "faber" / "runs"


@dataclass(frozen=True)
class Records:
    """`root` is the caller's checkout, None outside of one; `store` the folder of artifacts, None when they are kept
    where only a worker reaches them."""

    root: Path | None
    store: Path | None

    def run_ids(self) -> list[str]:
        return sorted(self._folders())

    def _folders(self) -> dict[str, Path]:
        """By run id: a folder's name is the id's where a file system takes it."""
        if self.root is None:
            return {}
        states = (self.root / RUNS).glob("*/state.json")
        return {str((_read(state) or {}).get("workflow_id")): state.parent for state in states}

    def _folder(self, run_id: str) -> Path | None:
        return self._folders().get(run_id)

    def state(self, run_id: str) -> dict[str, Any] | None:
        """The run's state.json, None when there is none that can be read."""
        folder = self._folder(run_id)
        return _read(folder / "state.json") if folder else None

    def status(self, run_id: str) -> Status | None:
        state = self.state(run_id)
        return Status.model_validate({**_filled(state, run_id), "run_id": run_id}) if state else None

    def result(self, run_id: str) -> RunResult | None:
        """The document of an ended run; None too when the record stops before its end."""
        state = self.state(run_id)
        if state is None or state.get("status") not in ("completed", "failed", "cancelled"):
            return None
        status = "completed" if state["status"] == "completed" else "failed"
        return RunResult.model_validate({**state, "workflow_id": run_id, "status": status})

    def artifact(self, run_id: str, name: str, sha256: str) -> bytes | None:
        """The bytes of exactly that name; a copy that was changed since does not count."""
        places = [self.store / sha256[:2] / sha256[2:4] / sha256] if self.store else []
        if folder := self._folder(run_id):
            places.insert(0, folder / "artifacts" / name)
        for place in places:
            try:
                content = place.read_bytes()
            except OSError:
                continue
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
        return None


def _filled(state: dict[str, Any], run_id: str) -> dict[str, Any]:
    done = "release" in state.get("completed_phases", [])
    ended = "failed" if state.get("error") else "completed" if done else "running"
    return {"project": "", "work_id": "", "current_phase": None, "status": ended, **state}


def _read(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None

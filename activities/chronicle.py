"""What has happened in a run, told once each, out of the snapshots that a run reports again and again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activities.events import EventName, known, tell
from adapters.journal import Journal
from adapters.telemetry import PROJECT, Attribute, at_step, current, past_span
from adapters.telemetry.ids import RUN, WORKFLOW, span_of
from faber.contract.activities import RunKey
from faber.contract.definition_runs import StepRun
from faber.contract.delivery import GateKind, PhaseResult, Status

ENDS: dict[str, EventName] = {
    "completed": "run.completed",
    "failed": "run.failed",
    "cancelled": "run.canceled",
    "canceled": "run.canceled",
}


@dataclass(frozen=True)
class Happening:
    """`id` tells it apart from everything else that happens in the run, retries included. What `began` some time
    before it happened is a span of its own."""

    id: str
    event: EventName
    step_id: str | None = None
    at: datetime | None = None
    attributes: dict[str, Attribute | None] = field(default_factory=dict)
    waited_s: float | None = None
    began: datetime | None = None


class Chronicle:
    """Which happenings were told stands in the journal, so that neither a retry nor a new worker tells one again."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def tell(self, key: RunKey, happenings: Iterable[Happening]) -> list[Happening]:
        """Tell those that are new, and return them."""
        log = told_by(key.run_id)
        told = {name for line in (self._journal.load(log) or "").splitlines() for name in json.loads(line)}
        new = {item.id: item for item in happenings if item.id not in told}
        fresh = sorted(new.values(), key=order)
        for item in fresh:
            self._span(key, item)
            tell(item.event, item.attributes, step_id=item.step_id, at=item.at)
            if item.waited_s is not None:
                kind = str(item.attributes.get("kind", ""))
                current().meters.gate_wait.record(item.waited_s, {"kind": kind})
        if fresh:
            self._journal.append(log, json.dumps([item.id for item in fresh]))
        return fresh

    def trace_to(self, key: RunKey, project: str) -> None:
        """The run shows in this project of LangSmith."""
        self._journal.save(f"{key.origin}/langsmith", project)

    def project_of(self, key: RunKey) -> str | None:
        """LangSmith's project, None for a run that does not go there."""
        return self._journal.load(f"{key.origin}/langsmith")

    def _span(self, key: RunKey, item: Happening) -> None:
        """A step below its run, and the run below Temporal's span of it."""
        if item.began is None or item.at is None:
            return
        place, above = (
            ((item.step_id, item.attributes.get("visit")), RUN) if item.step_id else ((RUN,), WORKFLOW)
        )
        error = item.attributes.get("error")
        project = self.project_of(key) if current().langsmith else None
        with at_step(item.step_id):
            past_span(
                item.step_id or RUN,
                (span_of(key.origin, *place), span_of(key.origin, above)),
                item.began,
                item.at,
                known({**item.attributes, PROJECT: project}),
                None if error is None else str(error),
            )


# Of one moment: an answer ends a step, the next one begins, and waits.
FIRST: tuple[EventName, ...] = ("run.resumed", "step.completed", "step.failed", "step.started", "run.waiting")


def order(item: Happening) -> tuple[int, float, int]:
    """The run's beginning, then by time, what has none being of now, then its end."""
    edge = -1 if item.event in ("run.created", "run.started") else int(item.event in ENDS.values())
    if item.at is None:
        return edge, math.inf, 0
    return edge, item.at.timestamp(), FIRST.index(item.event) if item.event in FIRST else 0


def told_by(run_id: str) -> str:
    """The journal's key: by the run's id and not its execution's, because a retried run carries its past along."""
    return f"told/{run_id}"


def begun(key: RunKey) -> Iterator[Happening]:
    yield Happening(f"{key.origin}/created", "run.created")
    yield Happening(f"{key.origin}/started", "run.started")


def ended(
    key: RunKey,
    outcome: str,
    error: str | None = None,
    *,
    began: datetime | None = None,
    at: datetime | None = None,
) -> Iterator[Happening]:
    """`outcome` is completed, failed or cancelled."""
    yield Happening(f"{key.origin}/ended", ENDS[outcome], at=at, attributes={"error": error}, began=began)


def of_gates(status: Status) -> Iterator[Happening]:
    """A run waits when a gate opens, and is resumed when it is answered."""
    life = status.started_at
    opened = [(gate.request_id, gate.gate, gate.kind, gate.since) for gate in status.waiting_on]
    opened += [(view.request_id, view.name, view.kind, view.opened_at) for view in status.decided]
    for request_id, gate, kind, since in opened:
        yield Happening(
            f"{life}/opened/{request_id}/{since}",
            "run.waiting",
            step_of(gate, kind),
            at=datetime.fromisoformat(since),
            attributes={"gate": gate, "kind": kind, "request_id": request_id},
        )
    for view in status.decided:
        if view.decided_at is None:
            continue
        since_, at = datetime.fromisoformat(view.opened_at), datetime.fromisoformat(view.decided_at)
        yield Happening(
            f"{life}/decided/{view.request_id}/{view.decided_at}",
            "run.resumed",
            step_of(view.name, view.kind),
            at=at,
            attributes={
                "gate": view.name,
                "kind": view.kind,
                "request_id": view.request_id,
                "decision": view.decision,
                "via": view.via,
            },
            waited_s=max(0.0, (at - since_).total_seconds()),
        )


def moment(text: str) -> datetime | None:
    """A time of a snapshot, which may not have it yet."""
    return datetime.fromisoformat(text) if text else None


def step_of(gate: str, kind: GateKind) -> str | None:
    """Approvals and forms go by the name of their step or phase; anything else is asked within one."""
    return gate if kind in ("approval", "form") else None


def of_phases(status: Status, results: Sequence[PhaseResult], at: datetime) -> Iterator[Happening]:
    """The phases of a delivery run are its steps. `at` is when the run reported them."""
    life = status.started_at
    for result in results:
        yield Happening(
            f"{life}/{result.phase}/{result.round}/{result.status}",
            "step.completed" if result.status == "completed" else "step.failed",
            result.phase,
            at,
            {
                "type": "phase",
                "visit": result.round,
                "duration_ms": result.duration_ms,
                "cost_usd": result.cost_usd,
                "error": result.error,
            },
            began=at - timedelta(milliseconds=result.duration_ms),
        )
    begun_with = status.current_phase if status.status == "running" else status.error_phase
    if begun_with is not None:
        yield Happening(
            f"{life}/{begun_with}/{status.round}/started",
            "step.started",
            begun_with,
            attributes={"type": "phase", "visit": status.round},
        )
    failed = status.error_phase
    if failed is not None:
        # When its round has a result already, this is told already.
        yield Happening(
            f"{life}/{failed}/{status.round}/failed",
            "step.failed",
            failed,
            attributes={"type": "phase", "visit": status.round, "error": status.error},
        )


def of_steps(steps: Sequence[StepRun]) -> Iterator[Happening]:
    """The steps of a definition's run."""
    for step in steps:
        attributes: dict[str, Attribute | None] = {"type": step.type, "visit": step.visit}
        began = moment(step.started_at)
        if began is not None:
            yield Happening(f"{step.id}/started", "step.started", step.step_id, began, attributes)
        if step.ended_at and step.status in ("completed", "failed"):
            yield Happening(
                f"{step.id}/{step.status}",
                "step.completed" if step.status == "completed" else "step.failed",
                step.step_id,
                datetime.fromisoformat(step.ended_at),
                {**attributes, "error": step.error},
                began=began,
            )

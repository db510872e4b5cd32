"""A run on a terminal: a live view of its phases, and questions that show the thing first."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console as RichConsole
from rich.live import Live
from rich.table import Table
from rich.text import Text

from faber.api.asking import ask
from faber.api.console import plain
from faber.contract.delivery import RunResult, Status
from faber.contract.names import PHASES
from faber.errors import BudgetApprovalRequired, PhaseApprovalRequired, WorkflowError
from faber.gates import until_gate

if TYPE_CHECKING:
    from faber.api.session import Session


class View:
    """Phases, spend and elapsed time; it counts on between two snapshots."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.status: Status | None = None
        self.silent = False
        self.began = time.time()

    def __call__(self, status: Status | None) -> None:
        self.silent = status is None
        if status is not None:
            self.status = status
            if status.started_at:
                self.began = datetime.fromisoformat(status.started_at).timestamp()

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 2))
        seconds = int(time.time() - self.began)
        elapsed = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        spent = f"${self.status.cost_usd:.2f}" if self.status else ""
        table.add_row(Text(plain(self.run_id), style="bold"), Text(elapsed), Text(spent + self._limit()))
        for phase in PHASES:
            table.add_row(Text(f"{self._mark(phase)} {phase}"), Text(self._doing(phase)))
        if self.silent:
            table.add_row(Text("no answer from the run's worker: waiting for it", style="yellow"))
        return table

    def _limit(self) -> str:
        limit = self.status.cost.limit_usd if self.status else None
        return f" of ${limit:.2f}" if limit else ""

    def _mark(self, phase: str) -> str:
        if self.status and phase in self.status.completed_phases:
            return "\N{CHECK MARK}"
        return (
            "\N{BLACK RIGHT-POINTING TRIANGLE}" if self.status and phase == self.status.current_phase else " "
        )

    def _doing(self, phase: str) -> str:
        if self.status is None or phase != self.status.current_phase:
            return ""
        waiting = ", ".join(f"waits for {gate.gate}" for gate in self.status.waiting_on)
        return plain(waiting or f"round {self.status.round}")


def follow_on_terminal(session: Session, run_id: str) -> RunResult:
    """Until the run ends, asking at each gate. Raises the gate's error when the person answers later."""
    screen = RichConsole(stderr=True, markup=False, highlight=False)
    view = View(run_id)
    while True:
        try:
            with Live(view, console=screen, refresh_per_second=4):
                return session.ask(until_gate(session.faber, run_id, seen=view))
        except (PhaseApprovalRequired, BudgetApprovalRequired) as gate:
            status: Status = gate.details["status"]
            session.console.note_all(status.notes)
            if not _answered(session, gate):
                raise


def _answered(session: Session, gate: WorkflowError) -> bool:
    """Whether an answer was given; one that the run refuses is said, and the question comes again."""
    try:
        return ask(session, gate.details["run_id"], gate.details["waiting"])
    except WorkflowError as refused:
        session.console.say(f"not taken: {refused.message}")
        return True

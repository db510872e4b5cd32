"""A run's progress off a terminal: a line for each thing that changed, few enough for an unread pipe."""

from __future__ import annotations

from collections.abc import Sequence

from faber.api.console import Console
from faber.contract.delivery import Status
from faber.contract.listed import Trying
from faber.gates import gate_text
from faber.trying import in_words


class Progress:
    """Called with each snapshot; None means that nobody answers at the moment."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: object = None
        self._told: set[tuple[str, str]] = set()
        self._phases: set[str] | None = None

    def __call__(self, status: Status | None) -> None:
        if status is None:
            self._once("silence", "no answer from the run's worker: waiting for it")
            return
        for note in status.notes:
            self._console.note(note)
        self._phases = self._phases or set()
        self.passed(status.completed_phases)
        where = (status.current_phase, status.round, [gate.request_id for gate in status.waiting_on])
        if status.waiting_on:
            texts = ", ".join(gate_text(gate) for gate in status.waiting_on)
            self._once(where, f"waiting: {texts}")
        elif status.current_phase:
            self._phases.add(status.current_phase)
            self._once(where, f"{status.current_phase}: round {status.round}, ${status.cost_usd:.2f} spent")

    def tried(self, again: list[Trying]) -> None:
        """Each error once: its attempts are many."""
        for trying in again:
            if (trying.step, trying.error) not in self._told:
                self._told.add((trying.step, trying.error))
                self._console.say(in_words(trying))

    def passed(self, completed: Sequence[str]) -> None:
        """Phases that were over between two snapshots. Of a run that had ended before nothing is said."""
        if self._phases is None:
            return
        for phase in completed:
            if phase not in self._phases:
                self._phases.add(phase)
                self._console.say(f"{phase}: done")

    def _once(self, what: object, line: str) -> None:
        if what != self._said:
            self._said = what
            self._console.say(line)

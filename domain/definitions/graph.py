"""Which step follows which: what leads nowhere, what is never reached, what goes round for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from domain.definitions.branches import Fork, Incoming
from domain.definitions.drafts import Draft
from domain.definitions.findings import Findings
from domain.definitions.near import close, suggestion
from domain.definitions.places import Place

WAITING = ("form", "approval")


def links(draft: Draft) -> Iterator[tuple[Place, str]]:
    """Every step that this one names to go on with, and where it names it."""
    for key, target in (("next", draft.next), ("else", draft.otherwise)):
        if target is not None:
            yield (*draft.place, key), target
    for number, target in enumerate(draft.parallel):
        yield (*draft.place, "parallel", number), target
    if draft.on_error not in ("fail", "continue"):
        yield (*draft.place, "on_error"), draft.on_error
    if draft.type == "approval":
        for key, words in (("on_reject", ("fail",)), ("on_timeout", ("fail", "reject"))):
            target = draft.written.get(key)
            if isinstance(target, str) and target not in words:
                yield (*draft.place, "config", key), target


class Graph:
    """The steps of a definition by id, the first of each id."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self._drafts = list(drafts)
        self.steps: dict[str, Draft] = {}
        for draft in self._drafts:
            if draft.id:
                self.steps.setdefault(draft.id, draft)
        self._links = {
            name: list(dict.fromkeys(target for _, target in links(draft) if target in self.steps))
            for name, draft in self.steps.items()
        }
        self._forks = [Fork(draft, self._links) for draft in self.steps.values() if draft.parallel]

    def check(self, start: str, place: Place, findings: Findings) -> None:
        for draft in self._drafts:
            if draft.id and self.steps[draft.id] is not draft:
                findings.error((*draft.place, "id"), f"there is a step {draft.id!r} already")
            for at, target in links(draft):
                if target not in self.steps:
                    findings.error(at, f"there is no step {target[:100]!r}{suggestion(target, self.steps)}")
        if not start:
            first = next(iter(self.steps), "collect")
            findings.error(
                place, f"start_step is missing: it names the first step, such as start_step: {first}"
            )
        elif start not in self.steps:
            findings.error(place, f"there is no step {start[:100]!r}{suggestion(start, self.steps)}")
        self._check_reached(start, findings)
        incoming = self._incoming()
        for fork in self._forks:
            for at, message in fork.problems(start, self.steps, incoming):
                findings.error(at, message)
        for cycle in _cycles(self._unattended()):
            round_trip = " -> ".join([*cycle, cycle[0]])
            findings.error(
                self.steps[cycle[0]].place,
                f"{round_trip[:500]} goes round without a form or an approval in it, so it might never end",
            )

    def _check_reached(self, start: str, findings: Findings) -> None:
        """A name that is mistyped, missing or taken is said elsewhere; it must not make every later step unreached."""
        meant = self._meant(start)
        if not meant:
            return
        for draft in self._drafts:
            whole = self.steps.get(draft.id) is draft
            meant += [
                one
                for _, name in links(draft)
                if not (whole and name in self.steps)
                for one in self._meant(name)
            ]
        reached = _reached(meant, self._links)
        for name, draft in self.steps.items():
            if name not in reached:
                findings.error(draft.place, f"no other step leads to {name!r}")

    def _meant(self, name: str) -> list[str]:
        return [name] if name in self.steps else close(name, self.steps)

    def before(self, name: str) -> set[str]:
        """The steps that may have been done when this one begins."""
        backwards = self._backwards
        return _reached(backwards[name], backwards)

    @cached_property
    def _backwards(self) -> dict[str, list[str]]:
        backwards: dict[str, list[str]] = {step: [] for step in self.steps}
        for step, followers in self._flow.items():
            for follower in followers:
                backwards[follower].append(step)
        return backwards

    def _incoming(self) -> Incoming:
        incoming: dict[str, list[tuple[str, Place]]] = {name: [] for name in self.steps}
        for name, draft in self.steps.items():
            for place, target in links(draft):
                if target in incoming:
                    incoming[target].append((name, place))
        return incoming

    @cached_property
    def _flow(self) -> dict[str, list[str]]:
        """Links as they are gone: a fork goes on through its branches only."""
        flow = {name: list(self._links[name]) for name in self.steps}
        joined: dict[str, str] = {}
        # The innermost fork has the fewest steps.
        for fork in sorted(self._forks, key=lambda fork: len(fork.members)):
            after = fork.draft.next
            if fork.members and after in self.steps:
                flow[fork.draft.id].remove(after)
                for name in fork.members:
                    joined.setdefault(name, after)
        for name, after in joined.items():
            draft = self.steps[name]
            ends = draft.next is None or (draft.type == "conditional" and draft.otherwise is None)
            if ends and after not in flow[name]:
                flow[name].append(after)
        return flow

    def _unattended(self) -> dict[str, list[str]]:
        kept = {name for name, draft in self.steps.items() if draft.type not in WAITING}
        return {
            name: [target for target in followers if target in kept]
            for name, followers in self._flow.items()
            if name in kept
        }


def _reached(start: Iterable[str], links: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += links[name]
    return reached


def _cycles(links: dict[str, list[str]]) -> Iterator[list[str]]:
    """One round for each knot, from the step that is written first; those with a step in common once."""
    rest = {name: list(followers) for name, followers in links.items()}
    while True:
        _shed_ends(rest)
        if not rest:
            return
        seen: list[str] = []
        name = next(iter(rest))
        while name not in seen:
            seen.append(name)
            name = rest[name][0]
        cycle = seen[seen.index(name) :]
        first = min(range(len(cycle)), key=lambda place: list(links).index(cycle[place]))
        yield cycle[first:] + cycle[:first]
        for member in cycle:
            del rest[member]


def _shed_ends(rest: dict[str, list[str]]) -> None:
    """Without what leads out of the rest: what is left leads to a round from everywhere."""
    while True:
        for name in rest:
            rest[name] = [target for target in rest[name] if target in rest]
        ends = [name for name, followers in rest.items() if not followers]
        if not ends:
            return
        for name in ends:
            del rest[name]

"""The branches of a parallel step: which steps are in them, and that they stay apart until they join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.definitions.drafts import Draft
from domain.definitions.places import Place

Incoming = Mapping[str, Sequence[tuple[str, Place]]]
"""By step: which steps name it, and where."""


class Fork:
    """`members` says of each step in a branch which step begins that branch. A branch ends where `next` is null or
    the step that the fork goes on with, which is in none of them."""

    def __init__(self, draft: Draft, links: Mapping[str, Iterable[str]]) -> None:
        self.draft = draft
        self.members: dict[str, str] = {}
        self._shared: dict[str, None] = {}
        self._returning: dict[str, None] = {}
        for first in draft.parallel:
            if first in links and first not in (draft.next, draft.id):
                self._follow(first, links)

    def _follow(self, first: str, links: Mapping[str, Iterable[str]]) -> None:
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name == self.draft.id:
                self._returning[first] = None
            elif self.members.get(name, first) != first:
                self._shared[name] = None
            elif name != self.draft.next and name not in self.members:
                self.members[name] = first
                waiting += links[name]

    def problems(
        self, start: str, steps: Mapping[str, Draft], incoming: Incoming
    ) -> Iterator[tuple[Place, str]]:
        fork, branches = self.draft.id, self.draft.parallel
        for number, first in enumerate(branches):
            place = (*self.draft.place, "parallel", number)
            if first in branches[:number]:
                yield place, f"{first!r} begins two branches"
            elif first in (self.draft.next, fork):
                yield place, f"{first!r} is no branch: it is where the branches join or fork"
            elif first in self._returning:
                yield place, f"the branch of {first!r} leads back to {fork!r}, of which it is a part"
        for name in self._shared:
            yield (
                steps[name].place,
                f"{name!r} is in two branches of {fork!r}: a branch ends where `next` is null or the step that "
                f"{fork!r} goes on with",
            )
        if start in self.members:
            yield steps[start].place, f"the run starts inside of a branch of {fork!r}"
        for name, first in self.members.items():
            for source, place in incoming[name]:
                if source not in self.members and not (source == fork and name == first):
                    yield place, f"{name!r} is inside of a branch of {fork!r}, which only that leads into"

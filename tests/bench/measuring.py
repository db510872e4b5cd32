"""Figures: pairs of samples taken in turns, their medians and ratios, and the lines that show them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

Take = Callable[[], Awaitable[Iterable[float]]]


@dataclass(frozen=True)
class Line:
    """One measured thing. `ok` is None where nothing was promised; `note` says what exactly was measured."""

    what: str
    value: str
    ratio: float | None = None
    target: str = ""
    ok: bool | None = None
    note: str = ""

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}x"
        verdict = {None: "", True: "ok", False: "NO"}[self.ok]
        first = f"{self.what:<44} {self.value:<30} {ratio:>8}  {self.target:<16} {verdict}".rstrip()
        return first + (f"\n    {self.note}" if self.note else "")


@dataclass
class Pairs:
    """Samples of both sides. A pair is taken within a moment, so that what else the machine does counts for both."""

    own: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def add(self, own: Sequence[float], raw: Sequence[float]) -> None:
        self.own += own
        self.raw += raw
        self.ratios.append(statistics.median(own) / statistics.median(raw))


async def in_turns(pairs: int, own: Take, raw: Take) -> Pairs:
    """A B B A A B ...: neither side is always the one that comes first. One pair beforehand warms both up."""
    taken = Pairs()
    for number in range(pairs + 1):
        if number % 2:
            first, second = list(await own()), list(await raw())
        else:
            second, first = list(await raw()), list(await own())
        if number:
            taken.add(first, second)
    return taken


def p95(samples: Sequence[float]) -> float:
    return sorted(samples)[max(0, math.ceil(len(samples) * 0.95) - 1)]


def ms(samples: Sequence[float]) -> str:
    """Of seconds."""
    return f"{statistics.median(samples) * 1e3:.4g} ms, p95 {p95(samples) * 1e3:.4g} ms"

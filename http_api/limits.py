"""How much one caller may ask: requests a minute, as a bucket that fills up again steadily."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_CALLERS = 10_000


@dataclass
class RateLimit:
    """`rate` requests a minute for each name, of which all may come at once. Who asks least lately is forgotten
    when there are too many to remember."""

    rate: int
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_for(self, name: str) -> float:
        """0 when the request counts; else the seconds after which one would."""
        now = self.clock()
        left, at = self._buckets.pop(name, (float(self.rate), now))
        left = min(float(self.rate), left + (now - at) * self.rate / 60)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.rate

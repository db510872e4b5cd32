"""Ids of traces and spans that everybody can derive: a run's trace is one, whoever started it and whichever worker
goes on with it, and a span can be named as parent before it is written."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

RUN, WORKFLOW = "run", "workflow"
"""The places of a run's whole span, and of the one that Temporal's interceptor writes when its workflow begins."""


@dataclass(frozen=True)
class Next:
    span_id: int
    trace_id: int | None = None


_next: ContextVar[Next | None] = ContextVar("next", default=None)


def trace_of(origin: str) -> int:
    """The trace of a run that nobody's span began. `origin` is its first execution's run id."""
    return _number(16, origin)


def span_of(origin: str, *place: object) -> int:
    """RUN, WORKFLOW, or a step's id and visit, within that run."""
    return _number(8, origin, *place)


def _number(size: int, *parts: object) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(map(str, parts)).encode()).digest()[:size], "big") or 1


def traceparent(trace_id: int, span_id: int) -> dict[str, str]:
    """As W3C's header, sampled."""
    return {"traceparent": f"00-{trace_id:032x}-{span_id:016x}-01"}


def next_ids() -> Next | None:
    return _next.get()


@contextlib.contextmanager
def taking(span_id: int, trace_id: int | None = None) -> Iterator[None]:
    """The span that is begun inside gets these ids."""
    before = _next.set(Next(span_id, trace_id))
    try:
        yield
    finally:
        _next.reset(before)

"""The events of a run and its steps, as the contract names them: on the span under way, and as a log line.

Only activities tell them, because workflow code is replayed. `run_id` and `step_id` come from the activity itself
(activities/interceptor.py) and need not be given. No body of a request or an answer belongs into one: `weighed`
represents it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from adapters.telemetry import Attribute, current, nanoseconds, subject
from faber.contract.money import Usage, usd

RunEvent = Literal[
    "run.created",
    "run.started",
    "run.waiting",
    "run.resumed",
    "run.completed",
    "run.failed",
    "run.canceled",
]
StepEvent = Literal["step.started", "step.completed", "step.failed"]
EventName = RunEvent | StepEvent | Literal["ai.request", "ai.response"]

LOG = logging.getLogger(__name__)


def tell(
    name: EventName,
    attributes: Mapping[str, Attribute | None] | None = None,
    *,
    step_id: str | None = None,
    at: datetime | None = None,
) -> None:
    """Tell that something happened, now or `at` an earlier moment. An attribute that is None is left out."""
    about = subject()
    said = (about.attributes() if about else {}) | ({"step_id": step_id} if step_id else {})
    said |= known(attributes or {})
    trace.get_current_span().add_event(name, said, nanoseconds(at) if at else None)
    LOG.info(name, extra={"told": said if at is None else {**said, "at": at.isoformat()}})


def known(attributes: Mapping[str, Attribute | None]) -> dict[str, Attribute]:
    return {key: value for key, value in attributes.items() if value is not None}


def weighed(name: str, body: str | bytes) -> dict[str, Attribute]:
    """`<name>_sha256` and `<name>_size`: what stands for a body that is never told."""
    content = body.encode() if isinstance(body, str) else body
    return {f"{name}_sha256": hashlib.sha256(content).hexdigest(), f"{name}_size": len(content)}


@dataclass(frozen=True)
class Prompted:
    """Which template a model call was made from, and how often it was asked before for the same answer."""

    template_id: str = ""
    template_version: str = ""
    retry_count: int = 0


class Asked:
    """One model call under way. Call `answered` or `failed` before it ends."""

    def __init__(self, model: str, prompted: Prompted) -> None:
        provider, _, name = model.partition(":")
        self._model: dict[str, Attribute] = {
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": name,
        }
        self._prompted: dict[str, Attribute] = {
            "provider": provider,
            "template_id": prompted.template_id,
            "template_version": prompted.template_version,
        }
        self._retries = prompted.retry_count
        self._began = time.perf_counter()

    @property
    def attributes(self) -> dict[str, Attribute]:
        return self._model | self._prompted

    def request(self, attributes: Mapping[str, Attribute | None]) -> None:
        tell("ai.request", {**self._prompted, "retry_count": self._retries, **attributes})

    def answered(
        self, usage: Usage, cost_microusd: int, attributes: Mapping[str, Attribute | None] | None = None
    ) -> None:
        """`attributes` go to the span: `gen_ai.response.model`, a body's weight."""
        took = time.perf_counter() - self._began
        trace.get_current_span().set_attributes(known(attributes or {}))
        self._count(usage, cost_microusd, took)
        tell(
            "ai.response",
            {
                **self._prompted,
                "tokens_prompt": prompt_tokens(usage),
                "tokens_output": usage.output_tokens,
                "latency_ms": round(took * 1000),
                "retry_count": self._retries,
            },
        )

    def failed(self, kind: str, usage: Usage, cost_microusd: int) -> None:
        trace.get_current_span().set_attribute("error.type", kind)
        self._count(usage, cost_microusd, time.perf_counter() - self._began, {"error.type": kind})

    def _count(
        self, usage: Usage, cost_microusd: int, took: float, error: dict[str, Attribute] | None = None
    ) -> None:
        trace.get_current_span().set_attributes(
            {
                "gen_ai.usage.input_tokens": prompt_tokens(usage),
                "gen_ai.usage.output_tokens": usage.output_tokens,
                "faber.cost_usd": usd(cost_microusd),
            }
        )
        meters = current().meters
        meters.tokens.add(prompt_tokens(usage), self._model | {"gen_ai.token.type": "input"})
        meters.tokens.add(usage.output_tokens, self._model | {"gen_ai.token.type": "output"})
        meters.cost.add(usd(cost_microusd), self._model)
        meters.model_latency.record(took, self._model | (error or {}))


def prompt_tokens(usage: Usage) -> int:
    """Those from a cache too: they were part of the prompt."""
    return usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens


@contextlib.contextmanager
def asking(
    model: str,
    prompted: Prompted,
    operation: str = "chat",
    attributes: Mapping[str, Attribute | None] | None = None,
) -> Iterator[Asked]:
    """The span `ai.request` of one model call; `model` is `provider:model`. `attributes` are of the request."""
    asked = Asked(model, prompted)
    with current().tracer.start_as_current_span(
        "ai.request",
        kind=SpanKind.CLIENT,
        attributes={"gen_ai.operation.name": operation, **asked.attributes},
    ):
        asked.request(attributes or {})
        yield asked

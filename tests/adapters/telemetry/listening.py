"""Telemetry that was started for a receiver of a test, and what it said on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from adapters.telemetry import Telemetry
from adapters.telemetry.start import start_telemetry
from faber.settings import Settings


@dataclass
class Started:
    telemetry: Telemetry
    said: list[str] = field(default_factory=list)


@contextmanager
def listening(**environment: str) -> Iterator[Started]:
    """Closed on the way out: then everything has been sent."""
    said: list[str] = []
    telemetry = start_telemetry(
        Settings.read({"HOME": "/nowhere", **environment}), "faber-worker", said.append
    )
    try:
        yield Started(telemetry, said)
    finally:
        telemetry.close()

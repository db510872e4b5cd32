"""Tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from faber.api.console import plain

COLUMNS = ("workflow_id", "status", "current_phase", "cost_usd", "started_at", "waiting_on")


def runs_table(rows: list[dict[str, Any]]) -> None:
    table = Table(*(name.replace("_", " ") for name in COLUMNS), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(plain(_shown(name, row.get(name)))) for name in COLUMNS))
    Console(markup=False, highlight=False).print(table if rows else "no runs")


def _shown(name: str, value: Any) -> str:
    if name == "cost_usd":
        return f"${value:.2f}"
    if name == "started_at":
        return str(value)[:19].replace("T", " ")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")

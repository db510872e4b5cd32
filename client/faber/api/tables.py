"""Tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from faber.api.console import plain

COLUMNS = {
    "workflow_id": "run",
    "status": "status",
    "current_phase": "phase",
    "cost_usd": "cost",
    "started_at": "started",
    "waiting_on": "waiting on",
}


def runs_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for name, title in COLUMNS.items():
        # A run id that is cut off cannot be copied.
        table.add_column(title, no_wrap=name != "waiting_on", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(_shown(name, row.get(name)))) for name in COLUMNS))
    Console(markup=False, highlight=False).print(table if rows else "no runs")


def _shown(name: str, value: Any) -> str:
    if name == "cost_usd":
        return f"${value:.2f}"
    if name == "started_at":
        return str(value)[:16].replace("T", " ")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")

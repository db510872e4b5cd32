"""Where something stands in a document: `steps[2].config.when`."""

from __future__ import annotations

from collections.abc import Callable

Place = tuple[str | int, ...]
Lines = Callable[[Place], int | None]

SHOWN = 200


def shown(place: Place) -> str:
    """`steps[2].config.when`; the whole document is `$`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")[:SHOWN] or "$"

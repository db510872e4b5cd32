"""From a price and counted tokens to micro-dollars."""

from __future__ import annotations

from faber.contract.money import MICRO, Price, Usage


def cost_of(price: Price, usage: Usage) -> int:
    """Micro-dollars of one call, rounded up so that a sum of small calls is never below the bill.

    `usage.input_tokens` are the uncached ones and `usage.output_tokens` include the reasoning. A cache read
    or write whose own price is unknown is charged as plain input."""
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    total = (
        usage.input_tokens * price.input
        + usage.output_tokens * price.output
        + usage.cache_read_tokens * read
        + usage.cache_write_tokens * write
    )
    return -(-total // MICRO)

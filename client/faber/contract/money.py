"""Money on the wire: integer micro-dollars inside, decimal dollars at the edges."""

import functools
from typing import Annotated

from pydantic import AfterValidator, ConfigDict

from faber.contract.wire import FromWorker

MICRO = 1_000_000


def usd(micro: int) -> float:
    return round(micro / MICRO, 6)


def micro(dollars: float) -> int:
    return round(dollars * MICRO)


class Price(FromWorker):
    """What one model costs, in micro-dollars per million tokens.

    `priced` is false when no list price is known: then the figures are the dearest known of the provider,
    so that a budget still holds, and every report says so.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None
    priced: bool = True
    source: str = "genai-prices"


@functools.lru_cache(64)
def _one(price: Price) -> Price:
    return price


OnePrice = Annotated[Price, AfterValidator(_one)]
"""One in memory, however many runs and phases of them have the same: every parked run of a worker keeps its own."""


class Usage(FromWorker):
    """Tokens of one call as the provider counted them; `estimated` when the provider said nothing."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    def at_least_zero(self) -> "Usage":
        """Nobody earns budget back by counting below zero."""
        return self.model_copy(update={name: 0 for name, count in self.model_dump().items() if count < 0})

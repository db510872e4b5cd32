"""The figures that genai-prices ships, read without its network updater."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import NotRequired, TypedDict

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, Provider, TieredPrices

from faber.contract.money import MICRO


class Figures(TypedDict):
    """Micro-dollars per million tokens."""

    input: int
    output: int
    cache_read: NotRequired[int]
    cache_write: NotRequired[int]


def listed(provider: str, name: str, input_tokens: int) -> Figures | None:
    """The list price, or None for a model without one (also one listed as free, or not for text)."""
    price = _price(provider, name)
    return None if price is None else _figures(price, input_tokens)


@cache
def dearest(provider: str) -> tuple[Figures, str]:
    """The highest input and the highest output price of a provider's text models, and whose they are."""
    snapshot = get_snapshot()
    try:
        known = snapshot.find_provider(None, provider, None)
    except LookupError:
        return _highest(snapshot.providers), "all providers"
    return _highest([known]), provider


@cache
def _price(provider: str, name: str) -> ModelPrice | None:
    try:
        _, info = get_snapshot().find_provider_model(name, None, provider, None)
    except LookupError:
        return None
    # Fixed for the life of the process: an off-peak discount that ends at noon must not move a budget.
    return info.get_prices(datetime.now(tz=UTC))


def _highest(providers: Iterable[Provider]) -> Figures:
    figures = [one for price in _all_prices(providers) if (one := _figures(price, None)) is not None]
    return Figures(input=max(one["input"] for one in figures), output=max(one["output"] for one in figures))


def _all_prices(providers: Iterable[Provider]) -> Iterator[ModelPrice]:
    for provider in providers:
        for model in provider.models:
            if isinstance(model.prices, ModelPrice):
                yield model.prices
            else:
                yield from (conditional.prices for conditional in model.prices)


def _figures(price: ModelPrice, input_tokens: int | None) -> Figures | None:
    """`input_tokens` None: the highest tier."""
    inputs = _amount(price.input_mtok, input_tokens)
    output = _amount(price.output_mtok, input_tokens)
    if not inputs or not output:
        return None
    figures = Figures(input=inputs, output=output)
    if (read := _amount(price.cache_read_mtok, input_tokens)) is not None:
        figures["cache_read"] = read
    if (write := _amount(price.cache_write_mtok, input_tokens)) is not None:
        figures["cache_write"] = write
    return figures


def _amount(value: Decimal | TieredPrices | None, input_tokens: int | None) -> int | None:
    if isinstance(value, TieredPrices):
        reached = [tier.price for tier in value.tiers if input_tokens is None or input_tokens > tier.start]
        prices = [value.base, *reached]
        value = max(prices) if input_tokens is None else prices[-1]
    return None if value is None else int((value * MICRO).to_integral_value())

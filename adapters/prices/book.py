"""The price of a model: the user's own, else the list price, else the dearest one of its provider."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.models.catalogue import resolve
from faber.contract.config import PriceOverride
from faber.contract.money import Price, micro
from faber.errors import LLMError

# A prepared model costs nothing; with a nominal price budgets and gates are seen working without a key.
SCRIPTED_INPUT_USD = 3.0
SCRIPTED_OUTPUT_USD = 15.0


def price_of(model: str, overrides: Mapping[str, PriceOverride], *, input_tokens: int = 0) -> Price:
    """The price of `provider:model`, or of a bare name of a known family, in micro-dollars per million tokens. Never
    fetches anything.

    `overrides` are looked up by the full id, then by the bare name. Some models charge more for a long input:
    `input_tokens` (all of it, cached too) picks that tier. A model without a list price gets the dearest
    figures of its provider (of all providers, when that is unknown too) and `priced=False`. What is invented
    costs nothing."""
    full = named(model)
    provider, _, name = full.partition(":")
    own = overrides.get(model) or overrides.get(full) or overrides.get(name)
    if own is not None:
        return Price(model=full, input=micro(own.input_usd), output=micro(own.output_usd), source="override")
    if provider == "scripted":
        return Price(
            model=full, input=micro(SCRIPTED_INPUT_USD), output=micro(SCRIPTED_OUTPUT_USD), source="scripted"
        )
    if provider == "mock":
        return Price(model=full, input=0, output=0, source="mock")
    # The bundled list takes a quarter of a second to import; a scripted run never needs it.
    from adapters.prices.list_prices import dearest, listed

    figures = listed(provider, name, input_tokens)
    if figures is not None:
        return Price(model=full, **figures)
    figures, whose = dearest(provider)
    return Price(model=full, **figures, priced=False, source=f"dearest of {whose}")


def named(model: str) -> str:
    """With its provider, where a bare name tells it; a coding agent may call its model what it likes."""
    try:
        return resolve(model)
    except LLMError:
        return model

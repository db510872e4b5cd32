"""What a model call costs: bundled list prices, the user's own before them, and never 0 out of ignorance."""

from adapters.prices.arithmetic import cost_of
from adapters.prices.book import price_of

__all__ = ["cost_of", "price_of"]

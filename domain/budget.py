"""What a call may cost and what fits into a budget: integer micro-dollars, and the texts that name them."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from faber.contract.money import MICRO, Price, Usage, micro

OUTPUT_FLOOR = 1024


def limit_of(budget_usd: float | None, configured_usd: float | None) -> int | None:
    """The run's limit in micro-dollars: the option before the configuration; absent or <= 0 is unlimited."""
    dollars_given = configured_usd if budget_usd is None else budget_usd
    if dollars_given is None or dollars_given <= 0:
        return None
    return max(1, micro(dollars_given))


def worst_case(price: Price, input_bound_tokens: int, max_output_tokens: int) -> int:
    """The most that one call can cost, in micro-dollars, rounded up."""
    return -(-(_input_rate(price) * input_bound_tokens + price.output * max_output_tokens) // MICRO)


def affordable_output(price: Price, input_bound: int, wanted: int, remaining: int | None) -> int:
    """The output tokens, at most `wanted`, whose worst case fits into `remaining` micro-dollars.

    Below 1,024 (or below `wanted`, when that is less) an answer is of no use: 0, it does not fit."""
    if remaining is None:
        return wanted
    left = remaining * MICRO - _input_rate(price) * input_bound
    if left < 0:
        return 0
    fitting = min(wanted, left // price.output) if price.output else wanted
    return fitting if fitting >= min(OUTPUT_FLOOR, wanted) else 0


def all_input(usage: Usage) -> int:
    """The whole input in tokens: `input_tokens` are only the uncached ones."""
    return usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens


def input_bound(last_input: int, last_output: int, bytes_added: int) -> int:
    """The most input tokens that the next call can have, `last_input` being the whole (`all_input`): no
    tokeniser makes more tokens than bytes."""
    return last_input + last_output + bytes_added


def dollars(amount: int, rounding: str = ROUND_HALF_UP) -> str:
    """`$12.00`; four decimals under ten cents, so that a small budget does not read as nothing."""
    step = Decimal("0.01") if amount >= MICRO // 10 or amount == 0 else Decimal("0.0001")
    return f"${(Decimal(amount) / MICRO).quantize(step, rounding=rounding)}"


def exceeded_text(spent: int, limit: int) -> str:
    """`Budget exceeded: $12.00 / $10.00`. Rounded up, so that it never reads as within the limit."""
    return f"Budget exceeded: {dollars(spent, ROUND_CEILING)} / {dollars(limit)}"


def approval_text(ask_at: float, spent: int, limit: int) -> str:
    """`Budget approval required at 90%: $9.10 / $10.00`."""
    return f"Budget approval required at {ask_at * 100:g}%: {dollars(spent)} / {dollars(limit)}"


def needed_text(limit: int) -> str:
    """`the next call needs a limit of $13.03`. Rounded up, so that it is enough."""
    return f"the next call needs a limit of {dollars(limit, ROUND_CEILING)}"


def _input_rate(price: Price) -> int:
    # Writing to the prompt cache is dearer than plain input at some providers.
    return max(price.input, price.cache_write or 0, price.cache_read or 0)

"""What a model costs, known or not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.prices import cost_of, price_of
from faber.contract.config import PriceOverride
from faber.contract.money import Price, Usage

ROOT = Path(__file__).parents[3]
OWN = PriceOverride(input_usd=1.5, output_usd=7)


def test_a_listed_model_has_its_list_price_in_micro_dollars_per_million_tokens() -> None:
    price = price_of("anthropic:claude-sonnet-4-5", {})
    assert (price.input, price.output) == (3_000_000, 15_000_000)
    assert (price.cache_read, price.cache_write) == (300_000, 3_750_000)
    assert (price.priced, price.source) == (True, "genai-prices")


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-4o",
        "google:gemini-2.5-pro",
        "xai:grok-3",
        "deepseek:deepseek-chat",
        "mistral:mistral-large",
    ],
)
def test_every_provider_is_in_the_list(model: str) -> None:
    assert price_of(model, {}).priced


@pytest.mark.parametrize(
    ("bare", "full"), [("gpt-4o", "openai:gpt-4o"), ("gemini-2.5-pro", "google:gemini-2.5-pro")]
)
def test_a_bare_name_of_a_known_family_has_that_model_s_price(bare: str, full: str) -> None:
    assert price_of(bare, {}) == price_of(full, {}) and price_of(bare, {}).priced
    assert price_of(bare, {full: OWN}).source == price_of(bare, {bare: OWN}).source == "override"


def test_a_name_that_is_nobody_s_is_booked_at_the_dearest_of_all() -> None:
    assert (price_of("opus", {}).priced, price_of("opus", {}).source) == (False, "dearest of all providers")


def test_a_long_input_costs_its_tier() -> None:
    short, long = [price_of("google:gemini-2.5-pro", {}, input_tokens=count) for count in (1000, 300_000)]
    assert long.input > short.input and long.output > short.output


@pytest.mark.parametrize("key", ["openai:gpt-4o", "gpt-4o"])
def test_the_users_own_price_comes_first(key: str) -> None:
    price = price_of("openai:gpt-4o", {key: OWN})
    assert (price.input, price.output, price.source, price.priced) == (1_500_000, 7_000_000, "override", True)


def test_the_full_name_is_looked_at_before_the_bare_one() -> None:
    other = PriceOverride(input_usd=9, output_usd=9)
    assert price_of("openai:gpt-4o", {"gpt-4o": other, "openai:gpt-4o": OWN}).input == 1_500_000


def test_a_model_that_one_says_is_free_is_free() -> None:
    assert price_of("openai:local", {"local": PriceOverride(input_usd=0, output_usd=0)}).input == 0


def test_what_is_invented_costs_nothing_and_that_is_known() -> None:
    price = price_of("mock:anything", {})
    assert (price.input, price.output, price.priced, price.source) == (0, 0, True, "mock")
    assert price_of("mock:anything", {"mock:anything": OWN}).input == 1_500_000


def test_an_unknown_model_costs_as_much_as_the_dearest_of_its_provider_and_says_so() -> None:
    unknown = price_of("anthropic:claude-next", {})
    assert (unknown.priced, unknown.source) == (False, "dearest of anthropic")
    for name in ("claude-sonnet-4-5", "claude-haiku-4-5", "claude-3-opus-20240229"):
        known = price_of(f"anthropic:{name}", {}, input_tokens=1_000_000)
        assert unknown.input >= known.input and unknown.output >= known.output


def test_an_unknown_provider_costs_as_much_as_the_dearest_of_all() -> None:
    unknown = price_of("nobody:knows", {})
    assert (unknown.priced, unknown.source) == (False, "dearest of all providers")
    assert unknown.output >= price_of("openai:unknown-model", {}).output


@pytest.mark.parametrize("model", ["openai:text-embedding-3-small", "bare", "", ":", "openai:"])
def test_no_name_whatever_is_free(model: str) -> None:
    price = price_of(model, {})
    assert price.input > 0 and price.output > 0 and not price.priced


def test_a_prepared_model_has_a_nominal_price() -> None:
    price = price_of("scripted:demo", {})
    assert (price.input, price.output, price.source) == (3_000_000, 15_000_000, "scripted")
    assert price.priced


def test_the_sum_counts_every_kind_of_token_at_its_own_price() -> None:
    price = Price(model="m", input=2_000_000, output=8_000_000, cache_read=200_000, cache_write=2_500_000)
    usage = Usage(input_tokens=10, output_tokens=20, cache_read_tokens=30, cache_write_tokens=40)
    assert cost_of(price, usage) == 20 + 160 + 6 + 100


def test_cached_tokens_without_a_price_of_their_own_cost_as_much_as_input() -> None:
    price = Price(model="m", input=2_000_000, output=8_000_000)
    assert cost_of(price, Usage(cache_read_tokens=10, cache_write_tokens=10)) == 40


def test_reasoning_is_part_of_the_output_and_not_paid_twice() -> None:
    price = Price(model="m", input=1_000_000, output=1_000_000)
    assert cost_of(price, Usage(output_tokens=10, reasoning_tokens=8)) == 10


@pytest.mark.parametrize(("tokens", "cost"), [(0, 0), (1, 1), (3, 1), (10, 1), (11, 2)])
def test_a_fraction_of_a_micro_dollar_is_rounded_up(tokens: int, cost: int) -> None:
    assert cost_of(Price(model="m", input=100_000, output=0), Usage(input_tokens=tokens)) == cost


def test_a_price_is_known_without_a_network_and_the_list_is_read_only_when_needed() -> None:
    code = (
        "import socket, sys\n"
        "socket.socket.connect = None\n"
        "from adapters.prices import price_of\n"
        "price_of('scripted:demo', {})\n"
        "assert 'genai_prices' not in sys.modules\n"
        "print(price_of('openai:gpt-4o', {}).priced)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("True\n", "")

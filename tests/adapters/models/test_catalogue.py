"""Which provider a model's name means, and which key it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.models import default_model
from adapters.models.catalogue import PROVIDERS, required_key, resolve
from adapters.models.providers import Providers
from adapters.prices import price_of
from faber.errors import LLMError
from tests.adapters.models.asking import ask
from tests.stand_in import ModelServer

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("openai:gpt-4o", "openai:gpt-4o"),
        ("openai:ft:gpt-4o:me", "openai:ft:gpt-4o:me"),
        (" gpt-3.5-turbo ", "openai:gpt-3.5-turbo"),
        ("o1", "openai:o1"),
        ("o3-mini", "openai:o3-mini"),
        ("claude-3-opus", "anthropic:claude-3-opus"),
        ("gemini-1.5-pro", "google:gemini-1.5-pro"),
        ("grok-2", "xai:grok-2"),
        ("deepseek-chat", "deepseek:deepseek-chat"),
        ("mistral-large", "mistral:mistral-large"),
        ("scripted:demo", "scripted:demo"),
        ("mock:mock", "mock:mock"),
    ],
)
def test_a_known_family_needs_no_prefix(written: str, meant: str) -> None:
    assert resolve(written) == meant


@pytest.mark.parametrize(
    "written", ["llama-3", "ollama:llama", "openai:", "", ":gpt-4o", "opus", "demo", "mock", "mock:"]
)
def test_an_unknown_provider_is_refused_with_the_known_ones(written: str) -> None:
    with pytest.raises(LLMError, match="openai, anthropic, google, xai, deepseek, mistral") as caught:
        resolve(written)
    assert caught.value.kind == "UNSUPPORTED_PROVIDER"


def test_each_provider_has_a_key_of_its_own_and_a_script_needs_none() -> None:
    needed = [required_key(name) for name in ("gpt-4o", "claude-3", "gemini-1", "grok-1", "deepseek-chat")]
    assert needed == [
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GOOGLE_API_KEY",
        "XAI_API_KEY",
        "DEEPSEEK_API_KEY",
    ]
    assert required_key("mistral:mistral-large") == "MISTRAL_API_KEY"
    assert required_key("scripted:demo") is None
    assert required_key("mock:anything") is None


@pytest.mark.parametrize(
    ("environment", "meant"),
    [
        ({}, None),
        ({"AI_PROVIDER": ""}, None),
        ({"OPENAI_API_KEY": "k"}, None),
        ({"AI_PROVIDER": "mock"}, "mock:mock"),
        ({"AI_PROVIDER": " Mock "}, "mock:mock"),
    ],
)
def test_nobody_is_asked_whom_nobody_chose_and_the_mock_only_by_name(
    environment: dict[str, str], meant: str | None
) -> None:
    assert default_model(environment) == meant


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_chosen_provider_has_a_default_model_of_its_own_with_a_known_price(provider: str) -> None:
    model = default_model({"AI_PROVIDER": provider, f"{provider.upper()}_API_KEY": "k"})
    assert model is not None
    assert model.startswith(f"{provider}:")
    assert resolve(model.partition(":")[2]) == model
    assert price_of(model, {}).priced


@pytest.mark.parametrize("key", [None, "", " \n"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_chosen_provider_without_its_key_is_refused_by_the_keys_name(
    provider: str, key: str | None
) -> None:
    variable = f"{provider.upper()}_API_KEY"
    with pytest.raises(LLMError, match=f"{variable} is not set") as caught:
        default_model({"AI_PROVIDER": provider} | ({} if key is None else {variable: key}))
    assert (caught.value.kind, caught.value.details["variable"]) == ("MISSING_API_KEY", variable)


@pytest.mark.parametrize("provider", ["scripted", "opnai", "mock:mock"])
def test_a_provider_that_there_is_not_is_refused_with_the_known_ones(provider: str) -> None:
    with pytest.raises(
        LLMError, match=r"AI_PROVIDER.*mock, openai, anthropic, google, xai, deepseek, mistral"
    ) as caught:
        default_model({"AI_PROVIDER": provider})
    assert caught.value.kind == "UNSUPPORTED_PROVIDER"


def test_no_sdk_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, adapters.models.providers as one\n"
        "one.Providers({})\n"
        "print([name for name in ('openai', 'anthropic', 'genai_prices') if name in sys.modules])\n"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


async def test_a_bare_name_is_answered_and_priced_as_the_full_one(
    model: Providers, server: ModelServer
) -> None:
    bare, full = [await model.answer(ask(name)) for name in ("gpt-4o", "openai:gpt-4o")]
    assert bare.cost_microusd == full.cost_microusd
    assert [call.model for call in server.calls] == ["gpt-4o", "gpt-4o"]

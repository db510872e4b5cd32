"""Schemathesis finds nothing on any route, with a key and without: schemathesis.toml says how it asks."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.http_api.places import ANN, Api, key_of

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "headers",
    # Whoever is unknown is answered in one way, whatever is asked.
    [["--header", f"X-API-Key: {key_of(ANN)}"], ["--max-examples", "2"]],
    ids=["known", "unknown"],
)
async def test_every_route_does_what_the_description_says(
    api: Api, headers: list[str], tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "schemathesis.toml")),
        *("run", str(ROOT / "openapi.yaml"), "--url", api.url, "--checks", "all", *headers),
        cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    text = said.decode(errors="replace")
    assert process.returncode == 0, text[-20_000:]
    assert "Tested: 35" in text

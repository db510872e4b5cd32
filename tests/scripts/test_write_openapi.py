"""The description that Spectral looks at is the API's own, in words that its version of OpenAPI has."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from http_api.app import create_app
from http_api.settings import ApiSettings
from scripts.write_openapi import main


def test_what_is_written_is_what_the_api_says_of_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "openapi.yaml")]) == 0
    written = yaml.safe_load((tmp_path / "openapi.yaml").read_text(encoding="utf-8"))
    assert written == create_app(ApiSettings.read({})).openapi()
    assert str(tmp_path) in capsys.readouterr().out


def test_a_stream_is_described_without_a_later_versions_word() -> None:
    document = create_app(ApiSettings.read({})).openapi()
    assert document["openapi"].startswith("3.1.")
    stream = document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert set(stream) == {"schema"}
    assert {"event", "data", "id"} <= set(stream["schema"]["properties"])


def test_every_tag_of_a_route_is_declared() -> None:
    document = create_app(ApiSettings.read({})).openapi()
    used = {
        tag for path in document["paths"].values() for operation in path.values() for tag in operation["tags"]
    }
    assert used == {tag["name"] for tag in document["tags"]}

"""The description beside the code is the code's own, and leaves nothing out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.routing import Route

from http_api.app import ROUTERS, create_app
from http_api.problems import MEDIA_TYPE
from http_api.settings import ApiSettings

FILE = Path(__file__).parents[2] / "openapi.yaml"
VERBS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(ApiSettings.read({})).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for verb in VERBS & set(item):
            yield verb, path, item[verb]


def test_the_file_beside_the_code_says_what_the_code_says(document: dict[str, Any]) -> None:
    assert yaml.safe_load(FILE.read_text(encoding="utf-8")) == document, (
        "write it anew with `python scripts/write_openapi.py`"
    )


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = [(verb.upper(), path) for verb, path, _ in operations(document)]
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]
    answered = [(method, route.path) for route in routes for method in route.methods or ()]
    assert sorted(described) == sorted(answered)
    assert len(described) > 30


def test_every_problem_is_a_problem_document_and_only_public_routes_need_no_key(
    document: dict[str, Any],
) -> None:
    for verb, path, operation in operations(document):
        refusals = {code: told for code, told in operation["responses"].items() if int(code) >= 400}
        for told in refusals.values():
            name = told["$ref"].rpartition("/")[2]
            assert set(document["components"]["responses"][name]["content"]) == {MEDIA_TYPE}
        public = operation.get("security") == []
        assert public == (path in ("/healthz", "/readyz"))
        assert public or {"401", "403", "503"} <= set(refusals), (verb, path)
        assert "{" not in path or "404" in refusals
        assert operation["description"], f"{verb} {path} says what it does"


def test_operations_have_names_that_a_client_would_call(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() and len(name) < 30 for name in names)

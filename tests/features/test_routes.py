"""Every route of the API is in a feature: what nobody described there nobody promised."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from pytest_bdd.feature import get_features

HERE = Path(__file__).parent
ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[^\s?]+)")
Route = tuple[str, str]


def routes() -> list[Route]:
    document = yaml.safe_load((HERE.parents[1] / "openapi.yaml").read_text(encoding="utf-8"))
    return [
        (method.upper(), path)
        for path, told in document["paths"].items()
        for method in told
        if method in ("get", "post", "put", "patch", "delete")
    ]


def asked_for(known: list[Route]) -> set[Route]:
    """By the steps of scenarios, not by what is only written around them."""
    steps = [
        step.name
        for feature in get_features([str(HERE)])
        for scenario in feature.scenarios.values()
        for step in scenario.steps
    ]
    found = [meant(method, path, known) for step in steps for method, path in ROUTE.findall(step)]
    return {route for route in found if route is not None}


def meant(method: str, path: str, known: list[Route]) -> Route | None:
    """The route that answers; one that is written as it is goes before one with a place for anything."""
    fitting = [route for route in known if route[0] == method and fits(route[1], path)]
    return min(fitting, key=lambda route: route[1].count("{"), default=None)


def fits(template: str, path: str) -> bool:
    pattern = "".join(
        "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", template)
    )
    return re.fullmatch(pattern, path) is not None


def test_every_route_is_in_a_feature() -> None:
    known = routes()
    assert known, "openapi.yaml describes no route"
    asked = asked_for(known)
    missing = [f"{method} {path}" for method, path in known if (method, path) not in asked]
    assert not missing, f"no scenario of tests/features sends {', '.join(missing)}: write one for each"


def test_a_path_means_the_route_that_answers_it() -> None:
    known = [("POST", "/v1/things/check"), ("POST", "/v1/things/{id}"), ("GET", "/v1/things/{id}")]
    assert meant("POST", "/v1/things/check", known) == known[0]
    assert meant("POST", "/v1/things/{thing}", known) == known[1]
    assert meant("GET", "/v1/things/7", known) == known[2]
    assert meant("GET", "/v1/things/7/parts", known) is None
    assert meant("DELETE", "/v1/things/7", known) is None

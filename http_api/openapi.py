"""The API's own description: what FastAPI finds out, with the problem documents that every route may answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from http_api.door import PUBLIC
from http_api.problems import MEDIA_TYPE, TITLES, ProblemDocument

TITLE = "FABER"
VERSION = "1.0.0"
ABOUT = (
    "Runs of every kind, the gates at which they wait for people, and the definitions that may run. Every error is a "
    "problem document (RFC 9457). Roles: `viewer` looks, `operator` starts and steers, `approver` answers gates."
)
SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "an API key, or a JWT (HS256)"},
}
ANY_ROUTE = (421, 429, 500)
BEHIND_THE_DOOR = (401, 403, 503)
WITH_WORDS = (422,)
WITH_BODY = (400, 408, 413, 415)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document. The same app gives the same text."""
    if not app.openapi_schema:
        document = get_openapi(title=TITLE, version=VERSION, description=ABOUT, routes=app.routes)
        document["servers"] = [{"url": "/"}]
        tags: dict[str, None] = {}
        used: set[int] = set()
        for path, operations in document["paths"].items():
            for operation in operations.values():
                used |= _complete(operation, public=path in PUBLIC, named="{" in path)
                tags |= dict.fromkeys(operation["tags"])
        document["tags"] = [{"name": tag} for tag in tags]
        document["components"] = _components(document.get("components", {}).get("schemas", {}), used)
        document["security"] = [{scheme: []} for scheme in SCHEMES]
        app.openapi_schema = document
    return app.openapi_schema


def _components(schemas: dict[str, Any], used: set[int]) -> dict[str, Any]:
    model = ProblemDocument.__name__
    problem = ProblemDocument.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    replaced = ("HTTPValidationError", "ValidationError")
    kept = {name: schema for name, schema in schemas.items() if name not in replaced}
    responses = {
        _name(code): {
            "description": TITLES[code],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{model}"}}},
        }
        for code in sorted(used)
    }
    return {
        "schemas": dict(sorted({**kept, **problem.pop("$defs"), model: problem}.items())),
        "responses": responses,
        "securitySchemes": SCHEMES,
    }


def _complete(operation: dict[str, Any], *, public: bool, named: bool) -> set[int]:
    """Describes every problem that it may answer, and says which those are."""
    for parameter in operation.get("parameters", ()):
        # A parameter is left out, or given: no word in a URL is null.
        kinds = [kind for kind in parameter["schema"].pop("anyOf", ()) if kind != {"type": "null"}]
        parameter["schema"] |= {key: value for kind in kinds for key, value in kind.items()}
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            # FastAPI writes OpenAPI 3.2's word for a stream into a document that says 3.1.
            if event := content.pop("itemSchema", None):
                content["schema"] = event
    codes = {int(code) for code in operation["responses"]} | set(ANY_ROUTE)
    if public:
        operation["security"] = []
    else:
        codes |= set(BEHIND_THE_DOOR)
    if named:
        codes.add(404)
    if operation.get("parameters") or "requestBody" in operation:
        codes |= set(WITH_WORDS)
    else:
        codes.discard(422)
    if "requestBody" in operation:
        codes |= set(WITH_BODY)
    problems = {code for code in codes if code >= 400}
    for code in problems:
        operation["responses"][str(code)] = {"$ref": f"#/components/responses/{_name(code)}"}
    operation["responses"] = dict(sorted(operation["responses"].items()))
    return problems


def _name(code: int) -> str:
    return TITLES[code].replace(" ", "")

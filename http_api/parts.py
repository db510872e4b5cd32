"""What routes are made of: who may ask, the words that several of them take, and bodies that are read strictly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import pydantic_core
from fastapi import Depends, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from http_api.callers import Caller, Forbidden, Role
from http_api.problems import Refused
from http_api.reach import Reach, Visit

JSON = "application/json"


class Body(BaseModel):
    """An unknown name, or a value of another type, is a mistake of whoever wrote it."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReasonBody(Body):
    reason: str = Field(default="", max_length=2_000)


NO_REASON = ReasonBody()


class RunRef(BaseModel):
    run_id: str


def asked_by(role: Role) -> Callable[[Request], Coroutine[Any, Any, Visit]]:
    """A visit of a caller with that role. Errors: Forbidden."""

    async def visit(request: Request) -> Visit:
        caller: Caller = request.state.caller
        if not caller.may(role):
            raise Forbidden(f"{caller.name} may not do that: it needs the role {role}")
        reach: Reach = request.app.state.reach
        return Visit(caller, reach)

    return visit


Viewer = Annotated[Visit, Depends(asked_by("viewer"))]
Operator = Annotated[Visit, Depends(asked_by("operator"))]
Approver = Annotated[Visit, Depends(asked_by("approver"))]

RunId = Annotated[str, Path(min_length=1, max_length=500)]
Limit = Annotated[int, Query(ge=1, le=200, description="The most that one page holds")]
Cursor = Annotated[
    str | None,
    Query(max_length=2_000, pattern="^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before"),
]
RequestId = Annotated[
    str | None, Field(max_length=200, description="The gate's, so that the answer is bound to what was shown")
]


def whole(value: Any) -> Any:
    """JSON has one kind of number: `3.0` is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Version = Annotated[int, Field(ge=1, le=2**31 - 1), BeforeValidator(whole)]


def _exactly(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _no_other_words(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("must be true or false")
    return value


Flag = Annotated[bool, BeforeValidator(_no_other_words), BeforeValidator(_exactly)]


class StrictRequest(Request):
    document: Any = None

    async def json(self) -> Any:
        return self.document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Whoever looks at a body before us may read the other one."""
    document = dict(pairs)
    if len(document) != len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"{twice[:80]!r} stands twice in one object")
    return document


def parsed(body: bytes) -> Any:
    """As JSON is defined: no NaN, no half of a surrogate pair, no key twice, and not nested without end. Errors:
    Refused."""
    try:
        pydantic_core.from_json(body, allow_inf_nan=False)
        document = json.loads(body, object_pairs_hook=_once)
        # `1e999` is a number to a reader and none to a writer.
        json.dumps(document, allow_nan=False)
        return document
    except ValueError as error:
        raise Refused(400, "NOT_JSON", f"the body is not JSON: {error}") from None


def content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class StrictRoute(APIRoute):
    """Takes JSON that says it is JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            if self.body_field is None:
                return await handle(request)
            read = StrictRequest(request.scope, request.receive)
            if body := await read.body():
                if content_type(request) != JSON:
                    raise Refused(415, "NOT_JSON", f"send the body as {JSON}")
                read.document = parsed(body)
            return await handle(read)

        return strictly

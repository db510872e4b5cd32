"""Every error as one document (RFC 9457, application/problem+json): what failed, and what to do about it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from domain.redaction import redact
from faber.errors import (
    Conflict,
    DefinitionNotFound,
    FaberError,
    NoSuchRun,
    NotYours,
    Unreachable,
    UsageError,
    WorkflowError,
)
from http_api.callers import Forbidden, Unauthenticated

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# Python's own words for them differ by its version.
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
LONGEST_DETAIL = 2_000
MOST_ERRORS = 100


class Refused(FaberError):
    """What a request asks for cannot be done; `status` is HTTP's."""

    code = "REFUSED"

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.status, self.word = status, code


class ProblemEntry(BaseModel):
    """One thing that is wrong: where in the request or the definition, and what. `line` counts from 1."""

    path: str
    message: str
    line: int | None = None
    severity: str = "error"


class ProblemDocument(BaseModel):
    """RFC 9457. `code` is stable and made for programs; `errors` is everything that was wrong with what was sent."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemEntry] = Field(default_factory=list)


# The first that fits.
STATUSES: Sequence[tuple[type[FaberError], int]] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NoSuchRun, 404),
    (DefinitionNotFound, 404),
    (NotYours, 409),
    (Conflict, 409),
    (UsageError, 422),
    (Unreachable, 503),
    (WorkflowError, 409),
)
# Why a run took no answer, by the word that it gave.
REFUSALS = {
    "NOT_ALLOWED": 403,
    "NOT_OFFERED": 422,
    "UNBOUND": 422,
    "INVALID_FORM": 422,
    "INVALID_OUTPUT": 422,
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[ProblemEntry] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    document = ProblemDocument(
        title=TITLES.get(status, "Error"),
        status=status,
        detail=redact(detail[:LONGEST_DETAIL]),
        code=code,
        errors=list(errors)[:MOST_ERRORS],
    )
    return JSONResponse(
        document.model_dump(mode="json"), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def of_error(error: FaberError) -> JSONResponse:
    """The one place where what can go wrong becomes a status."""
    if isinstance(error, Refused):
        return problem(
            error.status,
            error.word,
            error.message,
            errors=error.details.get("errors", ()),
            headers=error.details.get("headers"),
        )
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    code = error.details.get("refused") or error.code
    status = REFUSALS.get(code, status)
    headers = (
        {"WWW-Authenticate": "Bearer"} if status == 401 else {"Retry-After": "5"} if status == 503 else None
    )
    if status == 500:
        log.error("a request failed: %s", error, exc_info=error)
        return unforeseen()
    fields = error.details.get("fields") or {}
    errors = [ProblemEntry(path=f"inputs.{name}", message=str(why)) for name, why in fields.items()]
    return problem(status, code, error.message, errors=errors, headers=headers)


def unforeseen() -> JSONResponse:
    """What nobody foresaw may quote anything, so nothing of it is said."""
    return problem(500, "INTERNAL", "the request failed here, and the server's log says why")


def ending() -> JSONResponse:
    told = "the server ends before this request is done: look whether it had an effect, and send it again"
    return problem(503, "ENDING", told, headers={"Retry-After": "5"})


def of_http(error: HTTPException, headers: Mapping[str, str] | None = None) -> JSONResponse:
    title = TITLES.get(error.status_code, "Error")
    return problem(
        error.status_code, title.upper().replace(" ", "_"), title, headers=headers or error.headers
    )


def of_validation(error: RequestValidationError) -> JSONResponse:
    entries = [
        ProblemEntry(path=".".join(str(part) for part in found["loc"]), message=str(found["msg"]))
        for found in error.errors()
    ]
    said = "; ".join(f"{entry.path}: {entry.message}" for entry in entries)
    return problem(422, "INVALID_REQUEST", said, errors=entries)


def too_many(after_s: float) -> JSONResponse:
    wait = max(1, math.ceil(after_s))
    detail = f"too many requests with this credential: try again in {wait} s"
    return problem(429, "TOO_MANY_REQUESTS", detail, headers={"Retry-After": str(wait)})


def register(app: FastAPI, allowed: Callable[[str], list[str]]) -> None:
    """The app answers with problem documents whatever goes wrong in it. `allowed` are the methods of a path: a route
    that refuses one knows of its own only."""

    async def expected(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, FaberError)
        return of_error(error)

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            return of_http(error, {"Allow": ", ".join(allowed(request.url.path))})
        return of_http(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return of_validation(error)

    async def unexpected(_: Request, __: Exception) -> JSONResponse:
        return unforeseen()

    app.add_exception_handler(FaberError, expected)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)

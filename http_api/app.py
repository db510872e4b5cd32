"""The application: routes behind their door, and what they reach."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Route

from adapters.telemetry import Telemetry
from http_api import openapi, problems
from http_api.callers import Callers
from http_api.door import ALWAYS, Door
from http_api.endings import Endings
from http_api.feed import Feed
from http_api.limits import RateLimit
from http_api.reach import Reach
from http_api.routes import ai, answers, events, executions, health, looking, runs, workflows
from http_api.settings import ApiSettings

ROUTERS = (
    runs.router,
    answers.router,
    looking.router,
    events.router,
    workflows.router,
    executions.router,
    ai.router,
    health.router,
)
ASKED_WITH = ["Authorization", "Content-Type", "Last-Event-ID", "X-API-Key"]
METHODS = ["GET", "POST", "PUT", "DELETE"]


class Pages(CORSMiddleware):
    """Which origins' pages may ask; another one is refused like everybody else."""

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        said = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        told = bytes(answer.body).decode()
        return problems.problem(answer.status_code, "NOT_THIS_ORIGIN", told, headers={**ALWAYS, **said})


def create_app(
    settings: ApiSettings,
    callers: Callers | None = None,
    where: Path | None = None,
    telemetry: Telemetry | None = None,
) -> FastAPI:
    """`callers` are those that the settings name, unless others are given: then only this host may ask."""
    telemetry = telemetry or Telemetry()
    reach = Reach(settings.faber, where or Path.cwd(), telemetry.interceptors)
    feed = Feed(reach.faber)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        yield
        await feed.close()
        await reach.close()

    app = FastAPI(
        lifespan=living,
        middleware=_door(settings, callers),
        docs_url=None,
        redoc_url=None,
        # It would lead to wherever the Host header says.
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings, app.state.reach, app.state.feed = settings, reach, feed
    app.state.endings = Endings(reach)
    problems.register(app, methods_of)
    for router in ROUTERS:
        app.include_router(router)
    telemetry.watch(app)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    return app


def methods_of(path: str) -> list[str]:
    """Of exactly that path; else of those that it is an instance of."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]
    exactly = [route for route in routes if route.path == path]
    fitting = exactly or [route for route in routes if route.path_regex.match(path)]
    return sorted({method for route in fitting for method in route.methods or ()})


def _door(settings: ApiSettings, callers: Callers | None) -> list[Middleware]:
    door = Middleware(
        Door,
        callers=callers or settings.callers or Callers({}),
        only_here=settings.callers is None,
        hosts=settings.hosts,
        limit=RateLimit(settings.rate),
        body_limit=settings.body_limit,
    )
    if not settings.origins:
        return [door]
    cors = Middleware(
        Pages,
        allow_origins=settings.origins,
        allow_methods=METHODS,
        allow_headers=ASKED_WITH,
        expose_headers=["Retry-After"],
    )
    return [cors, door]

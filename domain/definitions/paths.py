"""Where a value stands in a run's context: `customer.name`, `items[0].price`, `runtime.collect_output.email`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from domain.definitions.near import suggestion
from faber.contract.definition_runs import Context
from faber.errors import FaberError

PATH_LENGTH = 500
SCOPES = ("static", "profile", "runtime")
_PATH = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[-?\d{1,9}\])*", re.ASCII)
_PART = re.compile(r"[^.\[\]]+")
_INDEX = re.compile(r"-?\d{1,9}", re.ASCII)


class PathMissing(FaberError):
    """A context path that leads nowhere. `details["path"]` is the whole of it."""

    code = "PATH_MISSING"


def merged(context: Context) -> dict[str, Any]:
    """Every name of the context: runtime hides profile, profile hides static, and all three hide the maps
    `static`, `profile` and `runtime` themselves."""
    maps = {scope: getattr(context, scope) for scope in SCOPES}
    return {**maps, **context.static, **context.profile, **context.runtime}


def narrowed(context: Context, names: Collection[str] | None) -> Context:
    """The context with these names only; the whole of it for None, and when one is missing: the error that follows
    says what there is instead."""
    if names is None:
        return context
    scopes: dict[str, dict[str, Any]] = {scope: getattr(context, scope) for scope in SCOPES}
    if not all(name in SCOPES or any(name in values for values in scopes.values()) for name in names):
        return context
    kept = {
        scope: values if scope in names else {name: values[name] for name in names if name in values}
        for scope, values in scopes.items()
    }
    return context.model_copy(update=kept)


def parts(path: str) -> list[str]:
    """The path's parts, first to last. Errors: PathMissing when it is none."""
    if len(path) > PATH_LENGTH or not _PATH.fullmatch(path):
        raise PathMissing(
            f"{path[:100]!r} is no context path: write names with dots and places in brackets, such as "
            "`customer.name` or `items[0].price`",
            path=path,
        )
    return _PART.findall(path)


def look_up(context: Context, path: str, extra: Mapping[str, Any] | None = None) -> Any:
    """The value at the path; `extra` hides the context. A key that has dots in it is found as it is written.
    Errors: PathMissing, naming the path and where it ends."""
    rest = parts(path)
    at: Any = {**merged(context), **(extra or {})}
    seen = ""
    while rest:
        taken, at = _step(at, rest, path, seen)
        seen = ".".join([*([seen] if seen else []), *rest[:taken]])
        rest = rest[taken:]
    return at


def _step(at: Any, rest: list[str], path: str, seen: str) -> tuple[int, Any]:
    if isinstance(at, dict):
        for taken in range(1, len(rest) + 1):
            key = ".".join(rest[:taken])
            if key in at:
                return taken, at[key]
        missing = suggestion(rest[0], [key for key in at if isinstance(key, str)])
        raise PathMissing(f"{path}: {seen or 'the context'} has no {rest[0]!r}{missing}", path=path)
    if isinstance(at, list) and _INDEX.fullmatch(rest[0]):
        place = int(rest[0])
        if -len(at) <= place < len(at):
            return 1, at[place]
        raise PathMissing(f"{path}: {seen} has {len(at)} items, none at {place}", path=path)
    kind = (
        "a list: give the place of an item, such as [0]" if isinstance(at, list) else "neither map nor list"
    )
    raise PathMissing(f"{path}: {seen} is {kind}", path=path)

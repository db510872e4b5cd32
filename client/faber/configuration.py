"""Finds and reads `.fractary/config.yaml`: every problem at once, each with its key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from faber.contract.config import Configuration, Platform
from faber.contract.wire import masked
from faber.errors import ConfigurationError

LOCATION = Path(".fractary") / "config.yaml"
SIZE_LIMIT = 256 * 1024
NODE_LIMIT = 20_000
SHOWN = 80

PLATFORM_HOSTS: dict[str, Platform] = {"github.com": "github"}
BUILT: frozenset[Platform] = frozenset({"local"})


def find_configuration(start: Path, root: Path | None = None) -> Path | None:
    """The nearest `.fractary/config.yaml` from `start` upwards to `root`, else to that of the file system."""
    folder = start.resolve()
    for place in (folder, *folder.parents):
        if root is not None and not place.is_relative_to(root):
            return None
        if (place / LOCATION).is_file():
            return place / LOCATION
    return None


def read_configuration(text: str, where: str) -> tuple[Configuration, list[str]]:
    """The configuration and one note for each thing in it that does not do what a reader might expect.

    `where` is what the file is called in messages. Raises ConfigurationError that lists every problem.
    """
    content = _load(text, where)
    try:
        configuration = Configuration.model_validate(content, strict=True)
    except ValidationError as error:
        problems = [_describe(problem) for problem in error.errors(include_url=False)]
        raise _refusal(where, problems) from error
    if problems := list(_not_finite(configuration, ())):
        raise _refusal(where, problems)
    return configuration, _notes(configuration)


def environment_notes(configuration: Configuration, environment: Mapping[str, str]) -> list[str]:
    """What the environment and the configuration together leave without effect, a line each."""
    notes = []
    if configuration.observability.langsmith.enabled and not environment.get("LANGSMITH_API_KEY"):
        notes.append("observability.langsmith is enabled without LANGSMITH_API_KEY: no traces go there")
    if environment.get("FABER_REDIS_URL"):
        notes.append("FABER_REDIS_URL is set and not needed: Temporal keeps what Redis kept")
    return notes


def resolve_platform(configured: Platform | None, remote_url: str | None, key: str) -> Platform:
    """What `key` (`work.platform` or `repo.platform`) stands for: as configured, else by the remote's host,
    else `local`. Raises ConfigurationError for a platform that is not built yet."""
    platform = configured or PLATFORM_HOSTS.get(_host(remote_url or ""), "local")
    if platform in BUILT:
        return platform
    why = "" if configured else f" (from the remote {_host(remote_url or '')})"
    raise ConfigurationError(f"{key}: {platform}{why} is not built yet. Set {key}: local in {LOCATION}.")


def _host(remote_url: str) -> str:
    if "://" in remote_url:
        return (urlsplit(remote_url).hostname or "").lower()
    # git's short form: user@host:path. A path has its first slash before any colon.
    before, colon, _ = remote_url.partition(":")
    return before.rpartition("@")[2].lower() if colon and "/" not in before else ""


def _refusal(where: str, problems: list[str]) -> ConfigurationError:
    lines = "\n".join(f"  {problem}" for problem in problems)
    return ConfigurationError(f"{where} has {len(problems)} problem(s):\n{lines}", problems=problems)


def _notes(configuration: Configuration) -> list[str]:
    notes = []
    if configuration.workflow.checkpointing:
        notes.append("workflow.checkpointing is accepted and not needed: Temporal's history replaced it")
    limit = configuration.workflow.cost.budget_limit_usd
    if limit is None or limit <= 0:
        notes.append(f"workflow.cost.budget_limit_usd is {_shown(limit)}: no limit but a run's own --budget")
    return notes


class _Loader(yaml.SafeLoader):
    """YAML without tags, in which a key given twice is a mistake instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [(key.value, key.start_mark) for key, _ in node.value if key.tag == "tag:yaml.org,2002:str"]
        given = {name for name, _ in names}
        for name, mark in names:
            if name not in given:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} is given twice", mark)
            given.remove(name)
        return super().construct_mapping(node, deep)


def _load(text: str, where: str) -> dict[str, Any]:
    if len(text.encode()) > SIZE_LIMIT:
        raise ConfigurationError(f"{where} is larger than {SIZE_LIMIT // 1024} KB: that is no configuration")
    try:
        content = yaml.load(text, Loader=_Loader)
        nodes = sum(1 for _ in zip(_nodes(content), range(NODE_LIMIT + 1), strict=False))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{where} is not YAML: {error}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{where} is nested too deeply: that is no configuration") from error
    if nodes > NODE_LIMIT:
        raise ConfigurationError(f"{where} has more than {NODE_LIMIT} values once aliases are written out")
    if not isinstance(content, dict | None):
        raise ConfigurationError(f"{where} must hold keys and values, got {_shown(content)}")
    return _without_empty_sections(content or {}, Configuration)


def _without_empty_sections(content: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """A section whose lines are all commented out is null to YAML and its defaults to whoever wrote it."""
    kept = {}
    for key, value in content.items():
        section = _section(model.model_fields.get(key))
        if section is None:
            kept[key] = value
        elif value is not None:
            kept[key] = _without_empty_sections(value, section) if isinstance(value, dict) else value
    return kept


def _section(field: FieldInfo | None) -> type[BaseModel] | None:
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _nodes(value: Any) -> Iterator[None]:
    """One for each value as it counts when aliases are written out: a few lines of them can mean billions."""
    yield None
    if isinstance(value, dict):
        for item in value.values():
            yield from _nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)


def _describe(problem: ErrorDetails) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key{_nearest(location)}"
    if problem["type"] == "value_error":
        return f"{key}: {problem['msg'].removeprefix('Value error, ')}"
    if problem["type"] == "model_type":
        return f"{key}: expected keys and values, got {_shown(problem['input'])}"
    return f"{key}: {problem['msg'].replace('Input should be', 'expected')}, got {_shown(problem['input'])}"


def _nearest(location: list[str]) -> str:
    """Beside it first, then the same name in another section: a key is mistyped or misplaced."""
    *parents, name = [part for part in location if not part.isdigit()]
    known = {key: key.rpartition(".")[2] for key in _keys(Configuration)}
    beside = [key for key in known if key.split(".")[:-1] == parents]
    close = difflib.get_close_matches(name, [known[key] for key in beside], 1)
    found = [".".join((*parents, close[0]))] if close else [key for key in known if known[key] == name]
    if found:
        return f"; did you mean {found[0]}?"
    return f"; known there: {', '.join(beside)}" if beside else ""


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for candidate in (field.annotation, *get_args(field.annotation)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                yield from _keys(candidate, f"{prefix}{name}.")


def _not_finite(value: Any, location: tuple[str, ...]) -> Iterator[str]:
    """YAML writes `.nan` and `.inf`; as a limit or a price neither compares as anybody means it."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{'.'.join(location)}: expected a finite number, got {value}"
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _not_finite(getattr(value, name), (*location, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _not_finite(item, (*location, str(name)))


def _shown(value: Any) -> str:
    text = masked(repr(value))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."

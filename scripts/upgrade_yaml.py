"""Brings a step definition of an older format up to date, with its comments where they are.

    python scripts/upgrade_yaml.py --from 0.1 --to 0.2 --in workflow.yml --out workflow.v0.2.yml

0.1  A step says its `kind`, and `ai` stands for what is `ai_generate` now; a conditional's config has an `expression`.
0.2  A step says its `type`, a conditional's config has `when`. No format's version is written.
1.0  As 0.2, with `schema_version: 1.0.0` at the top.

All of them are `workflow: {...}` or the map itself. Nothing is written when a step is not as its format has it.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter

FORMATS = ("0.1", "0.2", "1.0")
SIZE = 1_000_000
_KINDS = {"ai": "ai_generate"}
_STEPS = re.compile(r"^( *)steps:[^\n]*\n(?:\s*#[^\n]*\n|\s*\n)*( *)- ", re.MULTILINE)


class NotUpgraded(Exception):
    """Why the document stays as it is."""


class _Writing(RoundTripRepresenter):
    """Writes null as null: `next:` with nothing behind it reads like something forgotten."""

    def represent_none(self, data: None) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Writing.add_representer(type(None), _Writing.represent_none)


def upgrade(text: str, old: str, new: str) -> str:
    """The document in the newer format. Errors: NotUpgraded."""
    first, last = _format(old), _format(new)
    if first >= last:
        raise NotUpgraded(f"--to {new} is not newer than --from {old}: formats are {', '.join(FORMATS)}")
    if len(text) > SIZE:
        raise NotUpgraded(f"the document has {len(text):,} characters, more than {SIZE:,}")
    yaml = _round_trip(text)
    try:
        document = yaml.load(text)
    except (YAMLError, RecursionError, ValueError) as error:
        raise NotUpgraded(f"it is no YAML: {error}") from None
    body = document.get("workflow", document) if isinstance(document, CommentedMap) else None
    if not isinstance(body, CommentedMap):
        raise NotUpgraded("a definition is a map of keys and values: id, start_step, steps")
    _drop_version(document, body, FORMATS[first])
    for number in range(first, last):
        _UPGRADES[number](body)
    written = io.StringIO()
    yaml.dump(document, written)
    return written.getvalue()


def _format(version: str) -> int:
    short = re.sub(r"^(\d+\.\d+)\.0$", r"\1", version)
    if short not in FORMATS:
        raise NotUpgraded(f"there is no format {version!r}: formats are {', '.join(FORMATS)}")
    return FORMATS.index(short)


def _round_trip(text: str) -> YAML:
    yaml = YAML(typ="rt")
    yaml.Representer = _Writing
    yaml.preserve_quotes = True
    yaml.width = 10_000
    found = _STEPS.search(text)
    offset = max(0, len(found[2]) - len(found[1])) if found else 0
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


def _drop_version(document: CommentedMap, body: CommentedMap, expected: str) -> None:
    """Neither old format has one; who wrote it anyway must have meant the one that is upgraded from."""
    for owner in (document, body):
        said = owner.pop("schema_version", None)
        inner = owner.get("definition")
        if isinstance(inner, CommentedMap) and "version" in inner:
            said = owner.pop("definition")["version"]
        if said is not None and FORMATS[_format(str(said))] != expected:
            raise NotUpgraded(f"the document says that its format is {said}, and not {expected}")


def _steps(body: CommentedMap) -> Iterator[tuple[str, CommentedMap]]:
    steps = body.get("steps")
    if not isinstance(steps, list):
        raise NotUpgraded("steps is no list")
    for number, step in enumerate(steps):
        if not isinstance(step, CommentedMap):
            raise NotUpgraded(f"steps[{number}] is no map")
        yield f"step {step.get('id', number)}", step


def _rename(owner: CommentedMap, old: str, new: str, where: str) -> None:
    """In its place, with the comments around it."""
    if new in owner:
        raise NotUpgraded(f"{where} has both `{old}` and `{new}`: take out the one that is not meant")
    comments = owner.ca.items.get(old)
    place, value = list(owner).index(old), owner.pop(old)
    owner.insert(place, new, value)
    if comments is not None:
        owner.ca.items[new] = comments


def _to_0_2(body: CommentedMap) -> None:
    for where, step in _steps(body):
        if "kind" not in step:
            raise NotUpgraded(f"{where} has no `kind`, as every step of 0.1 has: is it --from 0.2?")
        _rename(step, "kind", "type", where)
        step["type"] = _KINDS.get(str(step["type"]), step["type"])
        for owner in (step, step.get("config")):
            if isinstance(owner, CommentedMap) and step["type"] == "conditional" and "expression" in owner:
                _rename(owner, "expression", "when", where)


def _to_1_0(body: CommentedMap) -> None:
    for where, step in _steps(body):
        if "kind" in step:
            raise NotUpgraded(f"{where} has a `kind`, as steps of 0.1 have: is it --from 0.1?")
    place = list(body).index("id") + 1 if "id" in body else 0
    body.insert(place, "schema_version", "1.0.0")


_UPGRADES = (_to_0_2, _to_1_0)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--from", dest="old", required=True, help=f"the format it has: {', '.join(FORMATS[:-1])}"
    )
    parser.add_argument(
        "--to", dest="new", required=True, help=f"the format it gets: {', '.join(FORMATS[1:])}"
    )
    parser.add_argument("--in", dest="source", type=Path, required=True, help="the file to read")
    parser.add_argument("--out", dest="target", type=Path, required=True, help="the file to write")
    given: Any = parser.parse_args(arguments)
    try:
        upgraded = upgrade(given.source.read_text(encoding="utf-8"), given.old, given.new)
        given.target.write_text(upgraded, encoding="utf-8")
    except (NotUpgraded, OSError, UnicodeDecodeError) as error:
        print(f"{given.source}: {error}", file=sys.stderr)
        return 2
    print(f"{given.target}: {given.old} -> {given.new}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

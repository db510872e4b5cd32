"""Puts the definitions of a folder, examples/definitions/ by itself, into the registry that DATABASE_URL names.

    python scripts/seed_workflows.py [FOLDER]

What is there already stays the version that it is. Nothing is put when one of the files is not valid.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    # Started as a file, Python looks for the rooms in scripts/.
    sys.path.insert(0, str(ROOT))

from activities.definitions import checked  # noqa: E402
from activities.registering import Registering  # noqa: E402
from adapters.records import Records  # noqa: E402
from adapters.records.sql import open_records  # noqa: E402
from faber.contract.registry import RegistryInput  # noqa: E402
from faber.env_file import read_env_file  # noqa: E402
from faber.errors import DefinitionInvalid, FaberError, UsageError  # noqa: E402
from faber.settings import Settings  # noqa: E402

EXAMPLES = ROOT / "examples/definitions"
AUTHOR = "seed"


async def seed(records: Records, folder: Path) -> list[str]:
    """A line for each file: what was put, and as which version. Errors: UsageError, DefinitionInvalid, NotYours."""
    files = sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".yml", ".json"))
    if not files:
        raise UsageError(f"{folder} has no definitions: name a folder with .yaml, .yml or .json files")
    sources = {path: path.read_text(encoding="utf-8") for path in files}
    ids = {path: _checked_id(path, text) for path, text in sources.items()}
    registry, lines = Registering(records=records), []
    for path, text in sources.items():
        before = await records.get_definition(ids[path])
        wanted = RegistryInput(action="put", definition=text, author=AUTHOR)
        [put] = (await registry.consult_registry(wanted)).entries
        same = before is not None and before.version == put.version
        lines.append(f"{put.id}: version {put.version}{', as it was' if same else ''} ({path.name})")
    return lines


def _checked_id(path: Path, text: str) -> str:
    try:
        definition, _ = checked(text)
    except DefinitionInvalid as error:
        raise DefinitionInvalid(f"{path}: {error.message}", **error.details) from error
    return definition.id


async def _seeded(folder: Path) -> list[str]:
    records = open_records(Settings.read().database_url)
    try:
        return await seed(records, folder)
    finally:
        await records.close()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=EXAMPLES)
    given: Any = parser.parse_args(arguments)
    try:
        read_env_file()
        print("\n".join(asyncio.run(_seeded(given.folder))))
    except (FaberError, OSError, UnicodeDecodeError) as error:
        print(f"seed: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The examples are in the registry after `make seed`, and stay the versions that they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.records.in_memory import InMemoryRecords
from faber.errors import DefinitionInvalid, UsageError
from scripts.seed_workflows import EXAMPLES, ROOT, seed

VALID = "id: {id}\nversion: 1\nname: {name}\nschema_version: 1.0.0\nstart_step: a\nsteps:\n" + (
    "  - {{id: a, type: form, next: null, config: {{fields: [{{key: name}}]}}}}\n"
)


def put(folder: Path, id: str, name: str = "Tried") -> None:
    (folder / f"{id}.yaml").write_text(VALID.format(id=id, name=name), encoding="utf-8")


async def test_every_example_is_put_word_for_word_and_said_with_its_version() -> None:
    records = InMemoryRecords()
    files = sorted(EXAMPLES.glob("*.yaml"))
    assert await seed(records, EXAMPLES) == [f"{path.stem}: version 1 ({path.name})" for path in files]
    for path in files:
        kept = await records.get_definition(path.stem)
        assert kept is not None
        assert (kept.source_text, kept.author) == (path.read_text(encoding="utf-8"), "seed")


async def test_what_is_there_stays_and_what_changed_is_the_next_version(tmp_path: Path) -> None:
    records = InMemoryRecords()
    put(tmp_path, "one")
    put(tmp_path, "two")
    await seed(records, tmp_path)
    put(tmp_path, "two", "Changed")
    assert await seed(records, tmp_path) == [
        "one: version 1, as it was (one.yaml)",
        "two: version 2 (two.yaml)",
    ]


async def test_one_file_that_is_not_valid_keeps_all_of_them_out_and_is_named(tmp_path: Path) -> None:
    records = InMemoryRecords()
    put(tmp_path, "fine")
    (tmp_path / "wrong.yaml").write_text("id: wrong\nstart_step: nowhere\nsteps: []\n", encoding="utf-8")
    with pytest.raises(DefinitionInvalid, match=r"wrong\.yaml: the definition has"):
        await seed(records, tmp_path)
    assert (await records.list_definitions()).items == []


async def test_a_folder_without_definitions_is_no_seed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no definitions"):
        await seed(InMemoryRecords(), tmp_path)


def test_as_a_command_it_keeps_them_in_the_database_that_the_environment_names(tmp_path: Path) -> None:
    put(tmp_path, "one")
    environment = {
        **os.environ,
        "FABER_ENV_FILE": "",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'records.db'}",
    }

    def seeded(folder: Path) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, str(ROOT / "scripts/seed_workflows.py"), str(folder)]
        return subprocess.run(
            argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    first, again, nowhere = seeded(tmp_path), seeded(tmp_path), seeded(tmp_path / "nowhere")
    assert (first.returncode, first.stdout) == (0, "one: version 1 (one.yaml)\n"), first.stderr
    assert again.stdout == "one: version 1, as it was (one.yaml)\n"
    assert nowhere.returncode == 2
    assert "has no definitions" in nowhere.stderr

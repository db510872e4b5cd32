"""What `init` writes: defaults that are the defaults, and nothing that was there is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import BaseModel

from faber.configuration import read_configuration
from faber.contract.config import Configuration, Models
from faber.template import CONFIGURATION, write_template
from tests.client.conftest import CommandLine


def uncommented(text: str) -> str:
    """With every default switched on, as a reader would: the `# ` before a key or a list item removed."""
    return re.sub(r"^( *)# ( *)(?=[\w\"-]+:|- )", r"\1\2", text, flags=re.MULTILINE)


def names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names(field.annotation)


def test_the_written_configuration_changes_no_default_but_the_platform() -> None:
    text = CONFIGURATION.format(**Models().model_dump())
    configuration, notes = read_configuration(text, "config.yaml")
    assert notes == []
    assert configuration.workflow == Configuration().workflow
    assert (configuration.work.platform, configuration.repo.platform) == ("local", "local")


def test_every_key_stands_in_it_and_each_example_reads() -> None:
    text = uncommented(CONFIGURATION.format(**Models().model_dump()))
    configuration, _ = read_configuration(text, "config.yaml")
    assert configuration.workflow.models == Models()
    assert configuration.workflow.gates == Configuration().workflow.gates
    assert configuration.workflow.turns == Configuration().workflow.turns
    assert configuration.observability == Configuration().observability
    missing = [name for name in names(Configuration) if f"{name}:" not in text]
    assert missing == []
    assert yaml.safe_load(text)["project"] == "my-project"


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    assert write_template(tmp_path)["written"] == [".fractary/config.yaml", ".fractary/.gitignore"]
    (tmp_path / ".fractary/config.yaml").write_text("project: mine\n")
    again = write_template(tmp_path, example=True)
    assert again == {
        "written": [".fractary/issues/1.md"],
        "kept": [".fractary/config.yaml", ".fractary/.gitignore"],
    }
    assert (tmp_path / ".fractary/config.yaml").read_text() == "project: mine\n"


async def test_init_needs_no_temporal_and_ignores_the_runs(repository: Path, tmp_path: Path) -> None:
    cli = CommandLine(repository, {"HOME": str(tmp_path), "TEMPORAL_ADDRESS": "127.0.0.1:1"})
    done = await cli("init")
    assert done.document["written"] == [".fractary/config.yaml", ".fractary/.gitignore"]
    assert "/faber/runs/" in (repository / ".fractary/.gitignore").read_text()

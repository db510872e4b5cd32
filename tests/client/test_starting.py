"""What a start takes over from the folder that it is asked from."""

from __future__ import annotations

from pathlib import Path

import pytest

from faber.contract.delivery import RunInput
from faber.starting import prepare
from tests.client.conftest import CommandLine, make_repository


@pytest.fixture
def monorepo(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "mono")
    (root / "packages/api/src").mkdir(parents=True)
    return root


def configure(folder: Path, project: str) -> None:
    (folder / ".fractary").mkdir(exist_ok=True)
    (folder / ".fractary/config.yaml").write_text(f"project: {project}\n")


def prepared(where: Path) -> tuple[str | None, str | None]:
    found = prepare(RunInput(work_id="1"), where, "ann")
    return found.repo, found.project


def test_the_nearest_configuration_of_the_repository_names_project_and_place(monorepo: Path) -> None:
    configure(monorepo, "whole")
    configure(monorepo / "packages/api", "part")
    assert prepared(monorepo / "packages/api/src") == (str(monorepo / "packages/api"), "part")
    assert prepared(monorepo / "packages") == (str(monorepo), "whole")


def test_a_configuration_outside_of_the_repository_does_not_count(monorepo: Path) -> None:
    configure(monorepo.parent, "others")
    assert prepared(monorepo / "packages/api") == (str(monorepo), "mono")


async def test_a_configuration_that_does_not_count_is_said(faber_cli: CommandLine) -> None:
    configure(faber_cli.folder.parent, "others")
    done = await faber_cli("run", "plain-outside")
    assert "is outside of" in done.err and "does not count" in done.err, done.err

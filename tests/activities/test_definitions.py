"""Whether LangSmith sees a definition's run, by the configuration of the worker's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.chronicle import Chronicle
from activities.contexts import Contexts
from activities.definitions import Definitions
from adapters.artifacts.folder import FolderArtifacts
from adapters.journal.in_memory import InMemoryJournal
from adapters.records.in_memory import InMemoryRecords
from faber.contract.activities import RunKey
from faber.contract.definition_runs import DefinitionInput
from faber.contract.steps import LoadRequest

KEY = RunKey(run_id="def-tried", origin="tried", work_id="tried", project="")
DEFINITION = {
    "id": "tried",
    "version": 1,
    "schema_version": "1.0.0",
    "start_step": "look",
    "steps": [{"id": "look", "type": "conditional", "config": {"when": "true"}, "next": None, "else": None}],
}


async def loaded(home: Path, configuration: str | None, key: str) -> tuple[str | None, list[str]]:
    """The run's project in LangSmith, and what its setup notes of that."""
    if configuration is not None:
        (home / ".fractary").mkdir()
        (home / ".fractary/config.yaml").write_text(configuration)
    chronicle = Chronicle(InMemoryJournal())
    definitions = Definitions(
        records=InMemoryRecords(),
        contexts=Contexts(FolderArtifacts(home / "artifacts")),
        chronicle=chronicle,
        home=home,
        environment={"LANGSMITH_API_KEY": key},
        search_attributes=False,
    )
    setup = await definitions.load_definition(
        LoadRequest(key=KEY, input=DefinitionInput(definition=DEFINITION))
    )
    return chronicle.project_of(KEY), [note for note in setup.notes if "LangSmith" in note]


@pytest.mark.parametrize(
    ("configuration", "key", "project"),
    [
        (None, "a-key", "faber-workflows"),
        ("observability: {langsmith: {project: ours}}\n", "a-key", "ours"),
        ("observability: {langsmith: {enabled: false}}\n", "a-key", None),
        (None, "", None),
    ],
)
async def test_the_workers_folder_says_which_project_a_run_goes_to(
    tmp_path: Path, configuration: str | None, key: str, project: str | None
) -> None:
    assert await loaded(tmp_path, configuration, key) == (project, [])


async def test_a_configuration_that_cannot_be_read_is_a_note_and_no_failure(tmp_path: Path) -> None:
    project, notes = await loaded(tmp_path, "no_such_key: 1\n", "a-key")
    assert project is None
    [note] = notes
    assert note.startswith("the run is not shown in LangSmith: ")
    assert "no_such_key" in note

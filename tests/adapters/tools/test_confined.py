"""What is on offer, and how a call that does not fit is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from adapters.models import ToolCall
from faber.errors import WorkerError
from tests.adapters.tools.conftest import PYTHON, SECRET, Make, Use

READING = ["list_files", "read_file", "search"]


def test_without_writing_only_what_changes_nothing_is_on_offer(make: Make) -> None:
    assert [spec.name for spec in make("ls").specs(writing=False)] == READING
    assert [spec.name for spec in make("ls").specs(writing=True)] == [
        *READING,
        "write_file",
        "edit_file",
        "run_command",
    ]


def test_without_an_allowed_command_there_is_none_on_offer(make: Make) -> None:
    assert "run_command" not in [spec.name for spec in make().specs(writing=True)]


def test_every_spec_is_a_valid_schema_that_refuses_unknown_arguments_and_names_the_commands(
    make: Make,
) -> None:
    for spec in make("pytest", "npm test").specs(writing=True):
        Draft202012Validator.check_schema(spec.parameters)
        assert spec.parameters["additionalProperties"] is False
        assert len(spec.description) > 40
    assert "pytest, npm test" in spec.description


@pytest.mark.parametrize("name", ["write_file", "edit_file", "run_command"])
async def test_a_writing_tool_is_refused_where_only_reading_is_on_offer(
    use: Use, root: Path, name: str
) -> None:
    result = await use(name, writing=False, path="new", content="x")
    assert result.is_error
    assert "not on offer in this phase: use one of list_files, read_file, search" in result.text
    assert not (root / "new").exists()


async def test_an_unknown_tool_is_answered_with_the_known_ones(use: Use) -> None:
    result = await use("bash", command="ls")
    assert result.is_error
    assert "'bash' is no tool: use one of list_files, read_file" in result.text


async def test_arguments_that_were_no_json_object_are_shown_to_the_model(use: Use) -> None:
    result = await use("read_file", malformed='{"path": "a')
    assert result.is_error
    assert """not a JSON object: '{"path": "a'""" in result.text


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "read_file",
            {},
            "read_file(path, start_line?, end_line?) does not take these arguments: 'path' is",
        ),
        ("read_file", {"path": 5}, "argument `path`: 5 is not of type 'string'"),
        (
            "read_file",
            {"path": "a", "start_line": 0},
            "argument `start_line`: 0 is less than the minimum of 1",
        ),
        ("read_file", {"path": "a", "line": 1}, "'line' was unexpected"),
        ("run_command", {"argv": "ls -l"}, "argument `argv`: 'ls -l' is not of type 'array'"),
        ("run_command", {"argv": ["ls", 1]}, "argument `argv.1`: 1 is not of type 'string'"),
        ("run_command", {"argv": []}, "argument `argv`"),
        ("write_file", {"path": "a", "content": "x" * 1_000_001}, "is too long"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(
    use: Use, name: str, arguments: dict[str, object], said: str
) -> None:
    result = await use(name, **arguments)
    assert result.is_error
    assert said in result.text
    assert len(result.text) < 600


async def test_every_answer_is_redacted_also_a_refusal(use: Use, root: Path) -> None:
    (root / "env").write_text(f"a\nDEPLOY={SECRET}\n")
    (root / SECRET).write_text("x")
    answers = [
        await use("read_file", path="env"),
        await use("search", pattern="DEPLOY"),
        await use("list_files"),
        await use("read_file", path=f"../{SECRET}"),
        await use("run_command", argv=[PYTHON, "-c", f"print('{SECRET}')"]),
    ]
    for answer in answers:
        assert SECRET not in answer.text
        assert "[REDACTED]" in answer.text


async def test_a_secret_in_the_file_is_never_overwritten_by_its_mark(use: Use, root: Path) -> None:
    (root / "env").write_text(f"DEPLOY={SECRET}\nMODE=dev\n")
    refused = await use("write_file", path="env", content="DEPLOY=[REDACTED]\nMODE=prod\n")
    assert refused.is_error
    assert "use edit_file on passages without it" in refused.text
    assert not (await use("edit_file", path="env", old_text="MODE=dev", new_text="MODE=prod")).is_error
    assert (root / "env").read_text() == f"DEPLOY={SECRET}\nMODE=prod\n"
    assert not (await use("write_file", path="docs.md", content="Secrets become [REDACTED].")).is_error


async def test_a_worktree_that_is_gone_is_no_answer_but_an_error(make: Make, root: Path) -> None:
    tools = make()
    root.rename(root.with_name("moved"))
    call = ToolCall(id="1", name="read_file", arguments={"path": "README.md"})
    with pytest.raises(WorkerError, match="cannot be opened"):
        await tools.use(call, writing=False)

"""What the model is told about each tool: its name, what it does, and the JSON Schema of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from adapters.models import ToolSpec
from adapters.tools.paths import Refused

LARGEST_TEXT = 1_000_000
READING = ("list_files", "read_file", "search")

_PATH = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1_000,
    "description": "Relative to the root of the repository, with `/`. `..`, links and `.git` are refused.",
}
_FILES = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "description": "Only files whose path or name fits, such as `*.py` or `src/*test*`; `*` also fits `/`.",
}
_TEXT = {"type": "string", "maxLength": LARGEST_TEXT}


def _spec(name: str, description: str, required: list[str], **properties: Any) -> ToolSpec:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return ToolSpec(name=name, description=description, parameters=parameters)


def all_specs(commands: tuple[str, ...]) -> dict[str, ToolSpec]:
    """Every tool by name; `run_command` only where some command is allowed."""
    specs = [
        _spec(
            "list_files",
            "List the files below a folder, one path per line. Folders of dependencies and caches are named but not "
            "entered: list them by name to look inside.",
            [],
            path=_PATH | {"default": "."},
            files=_FILES,
        ),
        _spec(
            "read_file",
            "Read a text file, or the lines `start_line` to `end_line` of it. Long answers are cut, with a note that "
            "says from which line to go on. `[REDACTED]` stands for a secret that you do not get to see.",
            ["path"],
            path=_PATH,
            start_line={"type": "integer", "minimum": 1, "description": "The first line, counted from 1."},
            end_line={"type": "integer", "minimum": 1, "description": "The last line, included."},
        ),
        _spec(
            "search",
            "Search the text files below a folder, or one file, by line. Answers `path:line: text`. Binary files, "
            "`.git`, folders of dependencies and caches are left out.",
            ["pattern"],
            pattern={
                "type": "string",
                "minLength": 1,
                "maxLength": 1_000,
                "description": "A Python regular expression; with `literal`, the text itself.",
            },
            path=_PATH | {"default": "."},
            files=_FILES,
            literal={"type": "boolean", "default": False},
            ignore_case={"type": "boolean", "default": False},
        ),
        _spec(
            "write_file",
            "Write a whole file: a new one, with the folders above it, or in place of the old one. To change part of "
            "a file use `edit_file`.",
            ["path", "content"],
            path=_PATH,
            content=_TEXT | {"description": "The whole new text of the file."},
        ),
        _spec(
            "edit_file",
            "Replace one passage of a file. `old_text` must occur exactly once, character for character: take enough "
            "of the lines around it.",
            ["path", "old_text", "new_text"],
            path=_PATH,
            old_text=_TEXT | {"minLength": 1, "description": "The passage as it stands in the file now."},
            new_text=_TEXT | {"description": "What takes its place; empty removes the passage."},
        ),
    ]
    if commands:
        specs.append(
            _spec(
                "run_command",
                "Run one program in the root of the repository and wait for it: at most 300 s, no input. There is "
                "no shell: no pipes, no `&&`, no variables, no wildcards. Allowed: "
                + ", ".join(commands)
                + ".",
                ["argv"],
                argv={
                    "type": "array",
                    "items": {"type": "string", "maxLength": 20_000},
                    "minItems": 1,
                    "maxItems": 200,
                    "description": 'The program and its arguments, such as ["pytest", "-q", "tests/test_a.py"].',
                },
            )
        )
    return {spec.name: spec for spec in specs}


def check(spec: ToolSpec, arguments: Mapping[str, Any]) -> None:
    """Errors: Refused naming the argument and what the schema wants."""
    error = best_match(Draft202012Validator(spec.parameters).iter_errors(dict(arguments)))
    if error is None:
        return
    where = f"argument `{'.'.join(str(step) for step in error.path)}`: " if error.path else ""
    said = error.message if len(error.message) <= 300 else f"{error.message[:80]} ... {error.message[-80:]}"
    required = spec.parameters["required"]
    takes = ", ".join(name if name in required else f"{name}?" for name in spec.parameters["properties"])
    raise Refused(f"{spec.name}({takes}) does not take these arguments: {where}{said}")

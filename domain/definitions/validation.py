"""A definition, or everything that is wrong with it."""

from __future__ import annotations

from typing import Any

from domain.definitions.contents import Contents
from domain.definitions.findings import Findings
from domain.definitions.graph import Graph
from domain.definitions.names import Names
from domain.definitions.reading import SIZE, Unreadable, read
from domain.definitions.shape import Outline, Shape
from faber.contract.definitions import Definition, Problem, Step


def validate(source: str | dict[str, Any]) -> tuple[Definition | None, list[Problem]]:
    """The definition with every default filled in, None when there is an error among the problems. All problems are
    found at once, by line where there is one; a warning does not stop a definition. Never raises."""
    refused: list[Unreadable] = []
    document: dict[str, Any] | None
    try:
        document, lines = read(source)
    except Unreadable as error:
        document, lines, refused = error.document, error.lines, [error, *error.others]
    findings = Findings(lines)
    for one in refused:
        findings.unreadable(one.place, one.message, one.line)
    if document is None:
        return None, findings.problems
    outline = Shape(document, findings).outline()
    graph = Graph(outline.steps)
    if outline.steps:
        graph.check(outline.start_step, outline.start_place, findings)
    contents = Contents(Names(graph, outline.static, findings), findings)
    for draft in outline.steps:
        contents.check(draft)
    made = None if findings.failed else _definition(outline)
    if made is not None and (size := len(made.model_dump_json().encode())) > SIZE:
        findings.error(
            (),
            f"with every default it has {size:,} bytes, more than the {SIZE:,} that a run can carry: make it smaller",
        )
        made = None
    return made, findings.told()


def _definition(outline: Outline) -> Definition:
    return Definition(
        id=outline.id,
        version=outline.version,
        name=outline.name,
        schema_version=outline.schema_version,
        static=outline.static,
        start_step=outline.start_step,
        steps=[
            Step(
                id=draft.id,
                type=draft.type,
                name=draft.name,
                next=draft.next,
                otherwise=draft.otherwise,
                parallel=draft.parallel,
                for_each=draft.for_each,
                on_error=draft.on_error,
                config=draft.config.model_dump() if draft.config else {},
            )
            for draft in outline.steps
            if draft.type
        ],
    )

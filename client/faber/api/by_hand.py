"""The commands for somebody who goes through the phases by hand: work, spec, repo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from faber.api.session import answer

if TYPE_CHECKING:
    from faber.client import Faber

WorkId = Annotated[str, typer.Argument(metavar="WORK_ID", help="The work item, as its tracker names it.")]
Title = Annotated[str, typer.Argument(metavar="TITLE")]
Body = Annotated[str, typer.Option("--body", help="Markdown.")]
BodyFile = Annotated[
    Path | None, typer.Option("--body-file", metavar="FILE", help="The same from a file; `-` is stdin.")
]


def fetch(work_id: WorkId) -> None:
    """Print a work item with its comments."""

    async def fetched(faber: Faber) -> Any:
        from faber.by_hand import fetch_work_item

        return await fetch_work_item(faber, work_id)

    answer(fetched)


def comment(work_id: WorkId, body: Body = "", body_file: BodyFile = None) -> None:
    """Write a comment on a work item."""
    text = _text(body, body_file)

    async def commented(faber: Faber) -> Any:
        from faber.by_hand import comment as comment_on

        return await comment_on(faber, work_id, text)

    answer(commented)


def create(
    title: Title,
    work_id: Annotated[str, typer.Option("--work-id", metavar="WORK_ID", help="What it specifies.")],
    work_type: Annotated[
        Literal["feature", "bug", "chore", "patch", "infrastructure", "api"],
        typer.Option("--type", help="Decides the headings."),
    ] = "feature",
    body: Annotated[str, typer.Option("--body", help="The summary, Markdown.")] = "",
    body_file: BodyFile = None,
    approach: Annotated[str, typer.Option("--approach", help="Markdown.")] = "",
    criterion: Annotated[list[str] | None, typer.Option(help="An acceptance criterion; repeatable.")] = None,
    file: Annotated[list[str] | None, typer.Option(help="A file that changes; repeatable.")] = None,
    risk: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
) -> None:
    """Write a specification into this checkout, for you to commit."""
    said = {
        "work_type": work_type,
        "summary": _text(body, body_file),
        "approach": approach,
        "criteria": criterion or [],
        "files": file or [],
        "risks": risk or [],
    }

    async def created(faber: Faber) -> Any:
        from faber.by_hand import create_specification

        return await create_specification(faber, work_id, title, **said)

    answer(created)


def create_pr(
    title: Title,
    body: Body = "",
    body_file: BodyFile = None,
    head: Annotated[
        str | None, typer.Option(metavar="BRANCH", help="A pushed branch; else the one checked out here.")
    ] = None,
    base: Annotated[str | None, typer.Option(metavar="BRANCH", help="Else the default branch.")] = None,
    work_id: Annotated[
        str | None, typer.Option("--work-id", metavar="WORK_ID", help="The work item that it closes.")
    ] = None,
) -> None:
    """Open the pull request of a pushed branch, or bring its open one up to date."""
    said = {"body": _text(body, body_file), "head": head, "base": base, "work_id": work_id}

    async def opened(faber: Faber) -> Any:
        from faber.by_hand import create_pull_request

        return await create_pull_request(faber, title, **said)

    answer(opened)


def _text(body: str, file: Path | None) -> str:
    if file is None:
        return body
    if body:
        raise typer.BadParameter("give --body or --body-file, not both", param_hint="--body-file")
    try:
        content = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {file}: {error}", param_hint="--body-file") from error

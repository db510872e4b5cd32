"""The documents that a run writes: specification, pull request, status comment, work item for a prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from domain.naming import branch_name, run_id, safe_name, specification_path
from domain.text import cell, clean_line, clean_text, code, held, inert, section, visible
from faber.contract.delivery import CostSummary, Evidence, Issue, Status, WaitingOn
from faber.contract.names import PHASES

__all__ = [
    "branch_name",
    "clean_line",
    "closing_line",
    "issue_in_brief",
    "issue_text",
    "marker",
    "pull_request_body",
    "run_id",
    "safe_name",
    "specification_document",
    "specification_path",
    "status_comment",
]

COMMENTS_SHOWN = 20
DECIDING_SHOWN = 100
OWN_COMMENT = "**[FABER:"

# Which headings the architect's answer goes under, and in which order; they differ by type of work.
_TEMPLATES: dict[str, dict[str, str]] = {
    "feature": {
        "summary": "Goal",
        "approach": "Design",
        "criteria": "Acceptance criteria",
        "files": "Files",
        "risks": "Risks",
    },
    "bug": {
        "summary": "What is wrong",
        "approach": "Cause and fix",
        "criteria": "Acceptance criteria",
        "risks": "Regression risks",
        "files": "Files",
    },
    "chore": {
        "summary": "Why",
        "approach": "Steps",
        "files": "Files",
        "criteria": "Acceptance criteria",
        "risks": "Risks",
    },
    "patch": {
        "summary": "Patch",
        "files": "Files",
        "approach": "Change",
        "criteria": "Acceptance criteria",
        "risks": "Risks",
    },
    "infrastructure": {
        "summary": "Goal",
        "approach": "Plan",
        "risks": "Risks and rollback",
        "criteria": "Acceptance criteria",
        "files": "Files",
    },
    "api": {
        "summary": "Purpose",
        "approach": "Interface",
        "risks": "Compatibility",
        "criteria": "Acceptance criteria",
        "files": "Files",
    },
}


def specification_document(issue: Issue, work_type: str, answer: dict[str, Any]) -> str:
    """The specification as Markdown: `answer` is the architect's, of SPECIFICATION_SCHEMA."""
    parts = [
        f"# {visible(clean_line(answer['title'], 200))}",
        f"Work item: {visible(clean_line(issue.id, 200))}, {visible(clean_line(issue.title, 200))}\n"
        f"Type: {work_type}",
    ]
    for field, heading in _TEMPLATES.get(work_type, _TEMPLATES["feature"]).items():
        content = _specified(field, answer[field])
        if content:
            parts.append(f"## {heading}\n\n{content}")
    return "\n\n".join(parts) + "\n"


def _specified(field: str, value: Any) -> str:
    if isinstance(value, str):
        return section(visible(value))
    lines = [line for item in value if (line := clean_line(item, 500))]
    if field == "files":
        return "\n".join(f"- {code(line)}" for line in lines)
    box = "[ ] " if field == "criteria" else ""
    return "\n".join(f"- {box}{visible(line)}" for line in lines)


def pull_request_body(
    issue: Issue,
    answer: dict[str, Any],
    evidence: Sequence[Evidence],
    files: Sequence[str],
    run: str,
    deciding: Sequence[str] = (),
) -> str:
    """The pull request's text: `answer` is the release's, of RELEASE_SCHEMA, or empty when there is none;
    `deciding` are the changed files that could make a check pass without the work being right."""
    changes = [inert(clean_line(item, 300)) for item in answer.get("changes", [])]
    plan = [inert(clean_line(item, 300)) for item in answer.get("test_plan", [])]
    summary = section(inert(clean_text(answer.get("summary") or issue.title, 10_000)))
    parts = [
        f"## Summary\n\n{summary}",
        f"## Changes\n\n{_bullets(changes or [code(path) for path in files])}",
        f"## Test Plan\n\n{_bullets(plan or ['The checks below, run by the engine.'])}",
        f"## Evidence\n\nWhat the engine itself checked:\n\n{_evidence_table(evidence)}",
    ]
    if deciding:
        listed = _bullets([code(path) for path in deciding[:DECIDING_SHOWN]])
        parts.append(f"## Review these first\n\nThey decide what the checks say:\n\n{listed}")
    parts += [closing_line(issue), marker(run)]
    return "\n\n".join(part for part in parts if part) + "\n"


def closing_line(issue: Issue) -> str:
    """What closes the work item when the pull request is merged; empty for one without a number."""
    number = _number(issue)
    return "" if number is None else f"Closes #{number}"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines if line) or "- none"


def _evidence_table(evidence: Sequence[Evidence]) -> str:
    rows = ["| Phase | Evidence | Result | Commit |", "|---|---|---|---|"]
    for item in evidence:
        exit_code = "" if item.exit_code is None else f", exit code {item.exit_code}"
        result = ("ok" if item.ok else "failed") + exit_code
        rows.append(f"| {item.phase} | {item.kind}: {cell(item.what)} | {result} | {(item.sha or '')[:12]} |")
    return "\n".join(rows)


def _number(issue: Issue) -> str | None:
    if issue.number is not None:
        return str(issue.number)
    return issue.id if re.fullmatch(r"[1-9][0-9]*", issue.id) else None


def marker(run: str) -> str:
    """The invisible line by which a run finds what it wrote; `run` cannot end the comment that holds it."""
    return f"<!-- faber-run:{re.sub('[<>-]+', '-', clean_line(run, 400))} -->"


def status_comment(status: Status) -> str:
    """The one comment of a run on its work item: where it is, what it waits for, what it cost."""
    phase = (status.current_phase or "run").upper()
    parts = [f"**[FABER:{phase}]** {status.status}, round {status.round}", _phases(status)]
    parts += [_waiting(item) for item in status.waiting_on]
    if status.error:
        parts.append(f"Error in {status.error_phase or 'the run'}: {inert(clean_line(status.error, 1000))}")
    if status.pr_url:
        parts.append(f"Pull request: {inert(clean_line(status.pr_url, 500))}")
    parts += [_cost(status.cost), f"Run {code(status.run_id)}", marker(status.run_id)]
    return "\n\n".join(parts) + "\n"


def _phases(status: Status) -> str:
    done = status.completed_phases
    return "\n".join(
        f"- [{'x' if phase in done else ' '}] {phase}{' (now)' if phase == status.current_phase else ''}"
        for phase in PHASES
    )


def _waiting(item: WaitingOn) -> str:
    when = f" at {item.at}" if item.at else ""
    waiting = "Reminder: still waiting" if item.reminded else "Waiting"
    return (
        f"{waiting} since {item.since} for {inert(clean_line(item.what, 500))}\n"
        f"By itself: {inert(clean_line(item.by_itself, 200))}{when}\n"
        f"To answer: {code(item.command, 500)}"
    )


def _cost(cost: CostSummary) -> str:
    limit = "no limit" if cost.limit_usd is None else f"limit ${cost.limit_usd:.2f}"
    unpriced = "" if cost.priced else "; a model without a list price is counted at the dearest known one"
    return f"Cost: ${cost.spent_usd:.2f} ({limit}), {cost.calls} calls, {cost.tokens} tokens{unpriced}"


def issue_in_brief(issue: Issue) -> Issue:
    """The work item small enough to travel with every step of a run; `issue_text` has it whole."""
    return issue.model_copy(
        update={
            "title": issue.title[:500],
            "body": issue.body[:8_000],
            "labels": [label[:100] for label in issue.labels[:50]],
            "state": issue.state[:100],
            "url": issue.url[:2_000],
            "author": issue.author[:200],
            "comments": [
                comment.model_copy(update={"body": comment.body[:1_000], "author": comment.author[:200]})
                for comment in issue.comments[-COMMENTS_SHOWN:]
            ],
        }
    )


def issue_text(issue: Issue) -> str:
    """The work item for a prompt: cleaned, and unable to end the element that holds it."""
    parts = [f"{clean_line(issue.id, 200)}: {clean_line(issue.title, 500)}"]
    if issue.labels:
        parts.append(f"Labels: {', '.join(clean_line(label, 100) for label in issue.labels)}")
    parts.append(clean_text(issue.body, 50_000))
    # The run's own status comment changes as the run goes on and says nothing about the work.
    said = [comment for comment in issue.comments if not comment.body.lstrip().startswith(OWN_COMMENT)]
    for comment in said[-COMMENTS_SHOWN:]:
        author = clean_line(comment.author, 100) or "unknown"
        parts.append(f"Comment by {author}:\n{clean_text(comment.body, 5_000)}")
    text = "\n\n".join(part for part in parts if part)
    return held(text) + "\n"

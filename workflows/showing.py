"""How any run shows itself in Temporal: details for people, search attributes and a memo for lists."""

from __future__ import annotations

import json
import shlex
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.gates import Gate
from faber.contract.delivery import Status, WaitingOn
from faber.contract.names import SEARCH_ATTRIBUTES
from workflows.commands import command
from workflows.desk import Desk

PHASE = SearchAttributeKey.for_keyword("FaberPhase")
PROJECT = SearchAttributeKey.for_keyword("FaberProject")
WORK_ID = SearchAttributeKey.for_keyword("FaberWorkId")
OUTCOME = SearchAttributeKey.for_keyword("FaberOutcome")
WAITING = SearchAttributeKey.for_keyword_list("FaberWaitingOn")
COST = SearchAttributeKey.for_float("FaberCostUsd")
TENANT = SearchAttributeKey.for_keyword("FaberTenant")
KEYS = (PHASE, PROJECT, WORK_ID, OUTCOME, WAITING, COST, TENANT)
assert {key.name for key in KEYS} == set(SEARCH_ATTRIBUTES)
INBOX = ("gate", "kind", "request_id", "what", "since", "at", "command")
WHAT_SHOWN = 300


def show(desk: Desk, snapshot: Status, phase: str, details: str, memo: dict[str, Any]) -> None:
    """Show the snapshot, as far as it says anything new; `memo` is what a list of runs tells without asking them."""
    workflow.set_current_details(details)
    if not desk.listed:
        return
    waiting = [f"{gate.kind}:{gate.name}" for gate in desk.state.gates.open]
    updates: list[SearchAttributeUpdate[Any]] = [
        PHASE.value_set(phase),
        PROJECT.value_set(snapshot.project),
        WORK_ID.value_set(snapshot.work_id),
        COST.value_set(snapshot.cost_usd),
        WAITING.value_set(waiting) if waiting else WAITING.value_unset(),
    ]
    if desk.outcome:
        updates.append(OUTCOME.value_set(desk.outcome))
    if snapshot.tenant:
        updates.append(TENANT.value_set(snapshot.tenant))
    told = {update.key.name: update for update in updates}
    changed = [update for name, update in told.items() if desk.attributes_shown.get(name) != update]
    desk.attributes_shown = told
    if changed:
        command()
        workflow.upsert_search_attributes(changed)
    open_gates = [inbox(item) for item in snapshot.waiting_on]
    noted = {**memo, "waiting_on": open_gates, "tenant": snapshot.tenant}
    if desk.memo_shown != noted:
        desk.memo_shown = noted
        command()
        workflow.upsert_memo({"faber": noted})


def inbox(item: WaitingOn) -> dict[str, Any]:
    """One open gate as a list of all of them tells it."""
    told = item.model_dump(mode="json", include=set(INBOX))
    return {**told, "what": item.what[:WHAT_SHOWN]}


def asked_about(snapshot: Status) -> list[str]:
    """The open gates, as lines of markdown."""
    lines = []
    for item in snapshot.waiting_on:
        lines += [
            f"- {'still ' if item.reminded else ''}waits on **{item.gate}** (`{item.request_id}`) since {item.since}: "
            f"{item.what}",
            f"  by itself: {item.by_itself} {item.at or ''}".rstrip(),
            f"  `{item.command}`",
        ]
    return lines


def waiting_on(run_id: str, gate: Gate) -> WaitingOn:
    if gate.deadline_at is None:
        by_itself = "nothing: it waits until it is answered"
    else:
        by_itself = f"{gate.on_deadline} by default"
    return WaitingOn(
        gate=gate.name,
        kind=gate.kind,
        request_id=gate.request_id,
        what=gate.what,
        since=gate.opened_at,
        by_itself=by_itself,
        at=gate.deadline_at,
        command=command_for(run_id, gate),
        temporal_command=temporal_command_for(run_id, gate),
        reminded=gate.reminded,
        approvers=gate.approvers,
        needed=gate.needed,
        votes=gate.votes,
        fields=gate.subject.get("fields", []),
    )


def command_for(run_id: str, gate: Gate) -> str:
    if gate.kind == "form" or (gate.kind == "manual_fix" and "schema" in gate.subject):
        words = [
            "python",
            "-m",
            "faber.api",
            "submit",
            run_id,
            "<values as JSON>",
            "--request",
            gate.request_id,
        ]
    elif gate.kind == "budget" and "approve" not in gate.allowed:
        words = ["python", "-m", "faber.api", "raise-budget", run_id, "<usd>", "--request", gate.request_id]
    elif gate.kind == "pause":
        words = ["python", "-m", "faber.api", "resume", run_id]
    else:
        words = ["python", "-m", "faber.api", "approve", run_id, "--request", gate.request_id]
    return " ".join(word if word.startswith("<") else shlex.quote(word) for word in words)


def temporal_command_for(run_id: str, gate: Gate) -> str:
    name, answer = "decide", {"decision": "approve", "request_id": gate.request_id}
    if gate.kind == "form" or (gate.kind == "manual_fix" and "schema" in gate.subject):
        name, answer = "submit_form", {"values": "<values>", "request_id": gate.request_id}
    elif gate.kind == "budget" and "approve" not in gate.allowed:
        name, answer = "raise_budget", {"limit_usd": "<usd>", "request_id": gate.request_id}
    text = json.dumps(answer).replace('"<usd>"', "<usd>").replace('"<values>"', "<values>")
    return (
        f"temporal workflow update execute -w {shlex.quote(run_id)} --name {name} --input {shlex.quote(text)}"
    )

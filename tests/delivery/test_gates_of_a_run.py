"""A person's answers at the two gates of a run, and what the run makes of them."""

from __future__ import annotations

import pytest

from faber.contract.names import PHASES
from faber.contract.turns import TurnRequest
from tests.delivery.asking import ended, refusal, requests
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import FIXED, git, happy_script, write


async def test_the_run_waits_at_each_gate_until_it_is_approved_and_keeps_who_approved(
    new_site: NewSite,
) -> None:
    site = new_site()
    handle = await site.start()
    architect = await site.gate(handle, "architect")
    at_gate = await site.status(handle)
    assert (at_gate.status, at_gate.current_phase) == ("waiting", "architect")
    assert at_gate.completed_phases == ["frame", "architect"]
    assert architect.request_id.startswith("architect-1-")
    view = await site.decide(handle, architect, "approve", comment="good")
    assert (view.decision, view.actor, view.via, view.bound) == ("approve", "ann", "test", True)
    release = await site.gate(handle, "release")
    assert (await site.status(handle)).completed_phases == ["frame", "architect", "build", "evaluate"]
    assert git(site.folder / "origin.git", "branch", "--list") == "* main", (
        "nothing goes out before its approval"
    )
    await site.decide(handle, release, "approve")
    result = await ended(handle)
    assert tuple(result.completed_phases) == PHASES
    assert [(view.name, view.decision, view.actor) for view in result.decisions] == [
        ("architect", "approve", "ann"),
        ("release", "approve", "ann"),
    ]


@pytest.mark.parametrize("gate", ["architect", "release"])
async def test_a_rejected_gate_fails_the_run_and_names_who_and_why(new_site: NewSite, gate: str) -> None:
    site = new_site()
    handle = await site.start()
    if gate == "release":
        await site.approve(handle, "architect")
    await site.decide(
        handle, await site.gate(handle, gate), "reject", actor="bob", comment="not this quarter"
    )
    error, result = await failure(handle)
    assert (error.type, result.error_phase, result.status) == ("REJECTED", gate, "failed")
    assert result.error == f"{gate} rejected by bob: not this quarter"
    assert git(site.folder / "origin.git", "branch", "--list") == "* main"


async def test_revise_at_the_specification_writes_it_again_with_the_comment_in_the_prompt(
    new_site: NewSite,
) -> None:
    script = happy_script()
    again = [
        {"structured": {**script["phases"]["architect"][0][-1]["structured"], "title": "Greet politely"}}
    ]
    script["phases"]["architect"].append(again)
    site = new_site(script)
    handle = await site.start()
    first = await site.gate(handle, "architect")
    await site.decide(handle, first, "revise", comment="Say who is greeted.")
    second = await site.gate(handle, "architect")
    assert second.request_id != first.request_id
    assert second.request_id.startswith("architect-2-")
    assert "Greet politely" in second.what
    turns = await requests(handle, "architect", TurnRequest)
    assert [(turn.round, turn.turn) for turn in turns if turn.round == 2] == [(2, 1)]
    assert turns[-1].values["reasons"] == "Say who is greeted."
    assert "specification" in turns[-1].inputs, "the earlier specification is shown too"
    await site.decide(handle, second, "approve")
    await site.approve(handle, "release")
    assert (await ended(handle)).status == "completed"


async def test_revise_at_the_release_builds_again_with_the_comment_and_asks_about_the_new_change(
    new_site: NewSite,
) -> None:
    script = happy_script()
    better = FIXED.replace("def greet", "# Politely.\ndef greet")
    script["phases"]["build"].append([write("greeting.py", better), {"text": "Politely now."}])
    site = new_site(script)
    handle = await site.start()
    await site.approve(handle, "architect")
    first = await site.gate(handle, "release")
    await site.decide(handle, first, "request_changes", comment="Say that it is polite.")
    second = await site.gate(handle, "release")
    assert second.request_id.startswith("release-2-")
    builds = await requests(handle, "build", TurnRequest)
    assert {turn.values["reasons"] for turn in builds if turn.round == 2} == {"Say that it is polite."}
    await site.decide(handle, second, "approve")
    result = await ended(handle)
    assert git(site.folder / "origin.git", "show", f"{result.head_sha}:greeting.py") == better.strip()
    assert [view.decision for view in result.decisions] == ["approve", "revise", "approve"]
    assert result.retry_count == 0, "a person's wish is no failed attempt"


async def test_every_alias_of_an_answer_is_understood_and_an_unknown_word_is_refused(
    new_site: NewSite,
) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    wrong = await refusal(
        handle.execute_update(
            "decide", {"decision": "maybe", "request_id": gate.request_id}, result_type=dict
        )
    )
    assert "decision" in wrong.message
    assert (await site.decide(handle, gate, "Approved ")).decision == "approve"
    assert (await site.decide(handle, await site.gate(handle, "release"), "yes")).decision == "approve"
    assert (await ended(handle)).status == "completed"


@pytest.mark.parametrize("word", ["no", "rejected"])
async def test_the_aliases_of_reject_end_the_run(new_site: NewSite, word: str) -> None:
    site = new_site()
    handle = await site.start()
    assert (await site.decide(handle, await site.gate(handle, "architect"), word)).decision == "reject"
    _, result = await failure(handle)
    assert result.error == "architect rejected by ann"

"""What a person can mend does not end the run: it says what is wrong, waits, and goes on."""

from __future__ import annotations

from pathlib import Path

import yaml

from faber.contract.names import PHASES
from faber.contract.turns import TurnRequest
from tests.delivery.asking import autonomous, ended, requests
from tests.delivery.conftest import NewSite, Site, failure
from tests.delivery.places import FIXED, git, happy_script, write
from tests.stand_in import Fault, ModelServer
from tests.waiting import eventually


def refuse_pushes(site: Site, refs: str = "refs/heads/*") -> Path:
    hook = site.folder / "origin.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nwhile read -r old new ref; do case $ref in\n"
        f"{refs}) echo 'the tree is frozen until Monday' >&2; exit 1;; esac; done\n"
    )
    hook.chmod(0o755)
    return hook


async def test_a_refused_push_waits_for_a_person_and_goes_out_after_the_repair(new_site: NewSite) -> None:
    site = new_site(workflow=autonomous())
    hook = refuse_pushes(site)
    handle = await site.start()
    gate = await site.gate(handle, "manual_fix")
    assert gate.kind == "manual_fix"
    assert "frozen until Monday" in gate.what
    assert (await site.status(handle)).current_phase == "release"
    hook.unlink()
    await site.decide(handle, gate, "approve", comment="thawed")
    result = await ended(handle)
    assert git(site.folder / "origin.git", "rev-parse", f"refs/heads/{result.branch_name}") == result.head_sha
    assert len(await requests(handle, "release", TurnRequest)) == 1, "what was paid for is not asked again"


async def test_a_repair_that_did_not_help_is_asked_about_again_under_a_new_id(new_site: NewSite) -> None:
    site = new_site(workflow=autonomous())
    refuse_pushes(site)
    handle = await site.start()
    first = await site.gate(handle, "manual_fix")
    await site.decide(handle, first, "approve")
    second = await site.gate(handle, "manual_fix")
    assert second.request_id != first.request_id
    await site.decide(handle, second, "reject")
    error, result = await failure(handle)
    assert error.type == "PUSH_REFUSED"
    assert "frozen until Monday" in str(result.error)
    assert result.error_phase == "release"


async def test_a_claim_that_the_origin_will_not_settle_does_not_keep_the_end_from_the_work_item(
    new_site: NewSite,
) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    refuse_pushes(site, "*")
    await site.decide(handle, gate, "reject", comment="not now")
    _, result = await failure(handle)
    assert result.receipt is not None
    assert "frozen until Monday" in result.receipt["claim"]
    comments = (site.checkout / ".fractary/issues/1.comments.md").read_text()
    assert "architect rejected by ann: not now" in comments


async def test_a_phase_at_its_cap_of_turns_asks_before_it_spends_more(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"] = [
        [write("greeting.py", "broken"), write("greeting.py", FIXED), {"text": "Done at last."}]
    ]
    site = new_site(script, workflow=autonomous(turns={"build": 2}))
    handle = await site.start()
    gate = await site.gate(handle, "manual_fix")
    assert "2 turns without an end; approve allows 2 more" in gate.what
    assert len(await requests(handle, "build", TurnRequest)) == 2
    await site.decide(handle, gate, "approve")
    result = await ended(handle)
    assert len(await requests(handle, "build", TurnRequest)) == 3
    assert result.status == "completed"


async def test_a_model_that_its_provider_refuses_is_told_by_the_key_that_names_it(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"][0][0]["error"] = {"kind": "NOT_FOUND", "times": 1}
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    gate = await site.gate(handle, "manual_fix")
    assert "workflow.models.build is scripted:" in gate.what
    await site.decide(handle, gate, "approve")
    assert (await ended(handle)).status == "completed"


async def test_a_page_in_place_of_an_answer_waits_for_a_person_and_costs_nothing(
    new_site: NewSite, provider: ModelServer
) -> None:
    page = Fault("say", body=b"<html><title>Sign in</title>", headers={"Content-Type": "text/html"})
    provider.meet_next(page)
    models = dict.fromkeys(PHASES, "openai:gpt-4o")
    site = new_site(workflow={**autonomous(), "models": models})
    handle = await site.start()
    gate = await site.gate(handle, "manual_fix")
    assert "<html><title>Sign in</title>" in gate.what and "OPENAI_BASE_URL" in gate.what
    assert (await site.status(handle)).cost_usd == 0
    await site.decide(handle, gate, "approve")
    assert (await ended(handle)).status == "completed"


async def test_a_missing_key_is_told_before_frame_by_the_name_of_its_variable(new_site: NewSite) -> None:
    site = new_site()
    config = site.checkout / ".fractary" / "config.yaml"
    written = yaml.safe_load(config.read_text())
    written["workflow"]["models"]["build"] = "mistral:mistral-large-latest"
    config.write_text(yaml.safe_dump(written))
    handle = await site.start()
    error, result = await failure(handle)
    assert error.type == "MISSING_API_KEY"
    assert "MISTRAL_API_KEY" in str(result.error)
    assert "workflow.models.build" in str(result.error)
    assert (result.error_phase, result.completed_phases, result.cost_usd) == ("frame", [], 0)
    assert not (site.checkout / ".fractary/issues/1.comments.md").exists()


async def test_a_configuration_that_does_not_fit_is_told_by_its_key(new_site: NewSite) -> None:
    site = new_site(workflow={"autonomie": "guarded"})
    error, result = await failure(await site.start())
    assert error.type == "CONFIGURATION"
    assert "autonomie" in str(result.error)
    assert "autonomy" in str(result.error)


async def test_a_work_item_that_is_not_there_is_told_by_its_id(new_site: NewSite) -> None:
    site = new_site()
    error, result = await failure(await site.start("77"))
    assert error.type == "WORK_ITEM_NOT_FOUND"
    assert "'77'" in str(result.error)


async def test_a_checkout_that_is_away_for_a_while_is_not_made_anew_and_the_run_goes_on(
    new_site: NewSite,
) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    elsewhere = site.folder / "elsewhere"
    site.checkout.rename(elsewhere)
    await site.decide(handle, gate, "approve")

    async def evaluated() -> bool:
        return "evaluate" in (await site.status(handle)).completed_phases

    await eventually(evaluated, "the change is evaluated")
    assert not site.checkout.exists()
    elsewhere.rename(site.checkout)
    await site.approve(handle, "release")
    assert (await ended(handle)).status == "completed"
    comments = (site.checkout / ".fractary/issues/1.comments.md").read_text()
    assert comments.count("<!-- faber:comment") == 1

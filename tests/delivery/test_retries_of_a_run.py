"""From evaluate back to build: how often, with which reasons, and what never gets past it."""

from __future__ import annotations

from faber.contract.turns import TurnRequest
from tests.delivery.asking import autonomous, ended, last_turn, requests, verdict
from tests.delivery.conftest import NewSite, Site, failure
from tests.delivery.places import BUGGY, FIXED, Script, git, happy_script, write


def nothing_was_pushed(site: Site) -> bool:
    return git(site.folder / "origin.git", "branch", "--list") == "* main"


def reviewed(*words: str) -> Script:
    script = happy_script()
    go = script["phases"]["evaluate"][0][-1]
    script["phases"]["evaluate"] = [[go if word == "GO" else verdict(word, "greet whom?")] for word in words]
    return script


async def test_retry_builds_again_with_the_reasons_and_then_go_releases(new_site: NewSite) -> None:
    script = reviewed("RETRY", "GO")
    script["phases"]["build"].append([write("greeting.py", FIXED + "# whom\n"), {"text": "Done."}])
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    result = await ended(handle)
    assert (result.status, result.retry_count, result.evaluation_result) == ("completed", 1, "GO")
    builds = await requests(handle, "build", TurnRequest)
    assert [(turn.round, turn.values["reasons"]) for turn in builds] == [
        (1, ""),
        (1, ""),
        (2, "greet whom?"),
        (2, "greet whom?"),
    ]
    assert "checks_report" in builds[-1].inputs, "the build sees what the checks said"
    assert [
        (item.phase, item.round, item.status) for item in result.phase_results if item.phase == "evaluate"
    ] == [
        ("evaluate", 1, "failed"),
        ("evaluate", 2, "completed"),
    ]


async def test_exhausted_retries_fail_and_nothing_is_pushed(new_site: NewSite) -> None:
    site = new_site(reviewed("RETRY"), workflow=autonomous())
    handle = await site.start(max_retries=2)
    error, result = await failure(handle)
    assert error.type == "MAX_RETRIES"
    assert result.error == "max retries exceeded (2): greet whom?"
    assert (result.error_phase, result.retry_count) == ("evaluate", 2)
    assert len(await requests(handle, "evaluate", TurnRequest)) == 3
    assert nothing_was_pushed(site)


async def test_zero_retries_are_no_retry(new_site: NewSite) -> None:
    site = new_site(reviewed("RETRY"), workflow=autonomous())
    _, result = await failure(await site.start(max_retries=0))
    assert result.error == "max retries exceeded (0): greet whom?"


async def test_no_go_fails_at_once_with_its_reasons(new_site: NewSite) -> None:
    site = new_site(reviewed("NO_GO", "GO"), workflow=autonomous())
    error, result = await failure(await site.start())
    assert error.type == "NO_GO"
    assert result.error == "evaluation answered NO_GO: greet whom?"
    assert (result.evaluation_result, result.retry_count, result.pr_url) == ("NO_GO", 0, None)
    assert nothing_was_pushed(site)


async def test_a_verdict_that_nobody_can_read_is_no_go_after_two_requests_for_a_better_one(
    new_site: NewSite,
) -> None:
    script = happy_script()
    script["phases"]["evaluate"] = [[{"text": "NO GO... well, GOOD enough. GO!"}]]
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    error, result = await failure(handle)
    assert error.type == "NO_GO"
    assert result.error is not None
    assert result.error.startswith("evaluation answered NO_GO: the review gave no readable verdict")
    asked = await requests(handle, "evaluate", TurnRequest)
    assert [turn.feedback is not None for turn in asked] == [False, True, True]
    assert nothing_was_pushed(site)


async def test_go_is_refused_while_a_required_check_fails(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"] = [
        [write("greeting.py", BUGGY + "# I tried\n"), {"text": "Done."}],
        [write("greeting.py", FIXED), {"text": "Now it is right."}],
    ]
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    result = await ended(handle)
    assert (result.retry_count, result.evaluation_result) == (1, "GO")
    builds = await requests(handle, "build", TurnRequest)
    assert "required check failed: python -B check.py (exit code 1)" in builds[-1].values["reasons"]
    assert [item.exit_code for item in result.evidence if item.kind == "check"] == [1, 0]


async def test_an_optional_check_may_fail(new_site: NewSite) -> None:
    checks = ["python -B check.py", {"run": "python -c exit(3)", "name": "style", "required": False}]
    site = new_site(workflow=autonomous(checks=checks))
    result = await ended(await site.start())
    assert result.retry_count == 0
    assert [(item.what, item.exit_code) for item in result.evidence if item.kind == "optional_check"] == [
        ("style", 3)
    ]


async def test_a_build_that_changes_nothing_goes_back_whatever_the_model_says(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"] = [[{"text": "All 36 steps are done."}]]
    site = new_site(script, workflow=autonomous())
    handle = await site.start(max_retries=1)
    error, result = await failure(handle)
    assert error.type == "MAX_RETRIES"
    assert result.error == "max retries exceeded (1): the build changed nothing beside the specification"
    assert result.error_phase == "build"
    builds = await requests(handle, "build", TurnRequest)
    assert [turn.values["reasons"] for turn in builds] == [
        "",
        "the build changed nothing beside the specification",
    ]
    assert await requests(handle, "evaluate", TurnRequest) == []


async def test_an_answer_that_does_not_fit_its_form_is_asked_for_again(new_site: NewSite) -> None:
    script = happy_script()
    right = last_turn(script, "frame")
    script["phases"]["frame"] = [[{"structured": {"work_type": "miracle"}}, right]]
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    assert (await ended(handle)).work_type == "bug"
    first, second = await requests(handle, "frame", TurnRequest)
    assert first.feedback is None
    assert "work_type" in str(second.feedback)

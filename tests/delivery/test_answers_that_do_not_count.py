"""Stale, late, contradicting, unbound and unlisted answers: refused with the reason, and the run stays as it is."""

from __future__ import annotations

from pathlib import Path

from faber.contract.delivery import WaitingOn
from tests.delivery.asking import ended, pause, refusal, resume
from tests.delivery.conftest import Handle, NewSite, Site
from tests.delivery.places import FIXED, git
from tests.waiting import eventually


def work(data_dir: Path, handle: Handle) -> Path:
    """The files of the run's worktree."""
    return data_dir / "worktrees" / handle.id / "work"


async def reopened(site: Site, handle: Handle, old: WaitingOn) -> WaitingOn:
    """The gate of the same name under its new id."""

    async def is_new() -> bool:
        return (await site.gate(handle, old.gate)).request_id != old.request_id

    await eventually(is_new, f"{old.gate} re-opens")
    return await site.gate(handle, old.gate)


async def test_a_specification_edited_while_it_waits_is_asked_about_again_and_the_old_id_is_stale(
    new_site: NewSite, data_dir: Path
) -> None:
    site = new_site()
    handle = await site.start()
    old = await site.gate(handle, "architect")
    [spec] = (work(data_dir, handle) / "specs").glob("*.md")
    spec.write_text(spec.read_text().replace("Write it.", "Write it, and greet everybody."))
    await site.decide(handle, old, "approve")
    new = await reopened(site, handle, old)
    for word in ("approve", "reject"):
        error = await refusal(site.decide(handle, old, word))
        assert error.type == "STALE"
        assert error.message.startswith("stale: specification changed")
        assert new.request_id in error.message
    await site.decide(handle, new, "approve")
    await site.approve(handle, "release")
    result = await ended(handle)
    assert result.spec_path is not None
    delivered = git(site.folder / "origin.git", "show", f"{result.head_sha}:{result.spec_path}")
    assert "greet everybody" in delivered


async def test_files_edited_while_the_release_waits_are_evaluated_and_asked_about_again(
    new_site: NewSite, data_dir: Path
) -> None:
    site = new_site()
    handle = await site.start()
    await site.approve(handle, "architect")
    old = await site.gate(handle, "release")
    (work(data_dir, handle) / "greeting.py").write_text("# By hand.\n" + FIXED)
    await site.decide(handle, old, "approve")
    new = await reopened(site, handle, old)
    error = await refusal(site.decide(handle, old, "approve"))
    assert (error.type, error.message.startswith("stale: ")) == ("STALE", True)
    await site.decide(handle, new, "approve")
    result = await ended(handle)
    assert git(site.folder / "origin.git", "show", f"{result.head_sha}:greeting.py").startswith("# By hand.")
    checks = [item for item in result.evidence if item.kind == "check"]
    assert [item.ok for item in checks] == [True, True]
    assert checks[-1].sha == result.head_sha


async def test_the_same_answer_twice_is_answered_alike_and_another_one_names_the_first_author(
    new_site: NewSite,
) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    first = await site.decide(handle, gate, "approve", actor="ann")
    again = await site.decide(handle, gate, "approve", actor="bob")
    assert again == first
    error = await refusal(site.decide(handle, gate, "reject", actor="bob"))
    assert error.type == "ALREADY_DECIDED"
    assert "was answered 'approve' by ann" in error.message
    await site.approve(handle, "release")
    result = await ended(handle)
    assert [view.actor for view in result.decisions] == ["ann", "ann"]


async def test_an_answer_to_an_unknown_request_says_which_is_open(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    error = await refusal(site.decide(handle, None, "approve", request_id="architect-1-00000000"))
    assert error.type == "UNKNOWN_REQUEST"
    assert gate.request_id in error.message
    assert (await site.status(handle)).waiting_on[0].request_id == gate.request_id
    await handle.terminate()


async def test_an_answer_without_an_id_counts_only_while_exactly_one_request_is_open(
    new_site: NewSite,
) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    paused = await pause(handle, "lunch")
    error = await refusal(site.decide(handle, None, "approve"))
    assert error.type == "AMBIGUOUS"
    assert gate.request_id in error.message
    assert paused.request_id in error.message
    await resume(handle)
    view = await site.decide(handle, None, "approve")
    assert (view.request_id, view.bound) == (gate.request_id, False)
    await site.approve(handle, "release")
    result = await ended(handle)
    assert [(view.name, view.bound) for view in result.decisions] == [
        ("pause", True),
        ("architect", False),
        ("release", True),
    ]


async def test_require_bound_refuses_an_answer_without_an_id(new_site: NewSite) -> None:
    site = new_site(workflow={"gates": {"require_bound": True}})
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    error = await refusal(site.decide(handle, None, "approve"))
    assert error.type == "UNBOUND"
    assert gate.request_id in error.message
    assert (await site.decide(handle, gate, "approve")).bound is True
    await handle.terminate()


async def test_only_listed_approvers_may_answer(new_site: NewSite) -> None:
    site = new_site(workflow={"gates": {"approvers": ["bob", "carol"]}})
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    error = await refusal(site.decide(handle, gate, "approve", actor="ann"))
    assert error.type == "NOT_ALLOWED"
    assert "bob, carol" in error.message
    assert (await site.decide(handle, gate, "approve", actor="carol")).actor == "carol"
    await handle.terminate()

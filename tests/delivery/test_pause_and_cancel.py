"""Stopping a run: for a while, or for good with a receipt of what was ended and what was kept."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import psutil

from tests.delivery.asking import autonomous, cancelled, ended, pause, refusal, resume
from tests.delivery.conftest import Handle, NewSite, Site, failure
from tests.delivery.places import FIXED, git, happy_script, write
from tests.waiting import eventually


def running(word: str) -> list[int]:
    """Processes that bear this word in their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(word in part for part in process.cmdline()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def long_command(word: str, before: str = "import time; ") -> dict[str, Any]:
    argv = ["python", "-c", f"{before}time.sleep(600)  # {word}"]
    return {"tool_calls": [{"name": "run_command", "arguments": {"argv": argv}}]}


async def is_calling(site: Site, handle: Handle) -> bool:
    return (await site.status(handle)).cost.reserved_usd > 0


async def test_a_paused_run_does_nothing_until_it_is_resumed(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["frame"][0][0]["delay_s"] = 1.0
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    await eventually(lambda: is_calling(site, handle), "the model is called")
    view = await pause(handle, "a demo")
    assert (view.kind, view.what) == ("pause", "paused by ann: a demo")
    assert (await pause(handle, "a demo")).request_id == view.request_id, "twice is once"

    async def is_waiting() -> bool:
        return "frame" in (await site.status(handle)).completed_phases

    await eventually(is_waiting, "frame ends")
    status = await site.status(handle)
    assert (status.status, [item.gate for item in status.waiting_on]) == ("waiting", ["pause"])
    assert status.waiting_on[0].command == f"python -m faber.api resume {handle.id}"
    calls = status.cost.calls
    resumed = await resume(handle, actor="bob")
    assert (resumed.decision, resumed.actor) == ("approve", "bob")
    assert (await refusal(resume(handle))).type == "UNKNOWN_REQUEST"
    result = await ended(handle)
    assert calls == 1
    assert result.status == "completed"


async def test_a_paused_run_can_be_ended_by_rejecting_the_pause(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.gate(handle, "architect")
    await pause(handle)
    await site.approve(handle, "architect")
    await site.decide(handle, await site.gate(handle, "pause"), "reject", comment="no longer wanted")
    error, result = await failure(handle)
    assert error.type == "REJECTED"
    assert result.error == "ended while paused by ann: no longer wanted"


async def test_cancel_in_build_ends_the_processes_and_keeps_what_was_not_committed(
    new_site: NewSite, data_dir: Path
) -> None:
    word = uuid.uuid4().hex
    script = happy_script()
    script["phases"]["build"] = [[write("greeting.py", FIXED), long_command(word)]]
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    await eventually(lambda: running(word), "the command runs")
    await handle.cancel(reason="cancelled by ann: wrong work item")
    await cancelled(handle)
    assert running(word) == []
    status = await site.status(handle)
    assert (status.status, status.error_phase) == ("cancelled", "build")
    assert status.error == "cancelled by ann: wrong work item"
    receipt = status.receipt
    assert receipt is not None
    assert receipt["outcome"] == "cancelled"
    assert receipt["processes_ended"], "the receipt names what was ended"
    assert receipt["branch"] == status.branch_name
    assert receipt["worktree"].endswith("(removed)")
    assert not (data_dir / "worktrees" / handle.id).exists()
    ref, _, clone = receipt["quarantine"].partition(" in ")
    assert git(Path(clone), "show", f"{ref}:greeting.py") == FIXED.strip()
    await is_free(site)


async def is_free(site: Site) -> None:
    """Another run may take the work item now."""
    other = await site.start(approve={"architect": "always"})
    await site.gate(other, "architect")
    await other.terminate()


async def test_cancel_at_an_open_gate_ends_the_run_at_once(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    await handle.cancel(reason="cancelled by ann")
    await cancelled(handle)
    status = await site.status(handle)
    assert (status.status, status.waiting_on, status.error) == ("cancelled", [], "cancelled by ann")
    comments = (site.checkout / ".fractary/issues/1.comments.md").read_text()
    assert "cancelled by ann" in comments
    assert gate.request_id not in comments
    await is_free(site)
    assert (await site.status(handle)).error_phase == "architect", (
        "where it stood, not what would have come next"
    )


async def test_cancel_during_the_checks_ends_them(new_site: NewSite) -> None:
    word = uuid.uuid4().hex
    site = new_site(workflow=autonomous(checks=[["python", "-c", f"import time; time.sleep(600)  # {word}"]]))
    handle = await site.start()
    await eventually(lambda: running(word), "the check runs")
    await handle.cancel(reason="cancelled by ann")
    await cancelled(handle)
    assert running(word) == []
    assert (await site.status(handle)).error_phase == "evaluate"


async def test_a_cancel_that_comes_while_a_run_completes_does_not_undo_it(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.approve(handle, "architect")
    gate = await site.gate(handle, "release")
    hook = site.folder / "origin.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nwhile read -r old new ref; do case $ref in refs/faber/*) sleep 1;; esac; done\n"
    )
    hook.chmod(0o755)
    await site.decide(handle, gate, "approve")

    async def is_finishing() -> bool:
        pending = (await handle.describe()).raw_description.pending_activities
        return any(activity.activity_type.name == "finish_run" for activity in pending)

    await eventually(is_finishing, "the run puts its things away")
    await handle.cancel(reason="cancelled by ann")
    result = await ended(handle)
    assert result.status == "completed"
    assert result.receipt is not None
    assert "claim" not in result.receipt
    hook.unlink()
    error, _ = await failure(await site.start())
    assert error.type == "WORK_ITEM_DELIVERED"

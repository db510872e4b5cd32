"""What went wrong in the systems before this one, each once more as a whole run: none of it happens here."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path

import yaml
from temporalio.client import Client

from faber.client import Faber
from faber.contract.names import PHASES
from faber.settings import Settings
from tests.delivery.asking import autonomous, cancelled, ended, pause, resume, retry, verdict
from tests.delivery.conftest import NewSite, Site, failure
from tests.delivery.places import CHECK, FIXED, git, happy_script, write, write_script
from tests.delivery.test_pause_and_cancel import long_command, running
from tests.waiting import eventually


def branches(site: Site) -> str:
    return git(site.folder / "origin.git", "branch", "--list")


async def test_no_gate_is_bypassed_in_guarded_mode(new_site: NewSite) -> None:
    site = new_site(workflow={"autonomy": "guarded"})
    handle = await site.start()
    gate = await site.gate(handle, "release")
    assert branches(site) == "* main"
    assert (await site.status(handle)).pr_url is None
    await site.decide(handle, gate, "reject")
    await failure(handle)
    assert branches(site) == "* main"


async def test_no_gate_is_bypassed_on_resume(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.gate(handle, "architect")
    await pause(handle)
    await site.approve(handle, "architect")
    await resume(handle)
    gate = await site.gate(handle, "release")
    await pause(handle)
    await resume(handle)
    assert await site.gate(handle, "release") == gate
    await site.decide(handle, gate, "reject")
    await failure(handle)
    again = await retry(site, handle)
    asked = await site.gate(again, "release")
    assert branches(site) == "* main", "a retry asks before it releases"
    await site.decide(again, asked, "reject")
    await failure(again)


async def test_no_stale_state_breaks_a_resume(new_site: NewSite, data_dir: Path) -> None:
    script = happy_script()
    site = new_site(
        {**script, "phases": {**script["phases"], "evaluate": [[verdict("NO_GO", "no")]]}},
        workflow=autonomous(),
    )
    handle = await site.start()
    await failure(handle)
    copy = site.checkout / ".fractary/faber/runs" / handle.id / "state.json"
    copy.write_text('{"current_phase": "party", "completed_phases": 7')
    assert not (data_dir / "worktrees" / handle.id).exists(), "the failed run has put its worktree away"
    write_script(site.folder, script)
    result = await ended(await retry(site, handle))
    assert tuple(result.completed_phases) == PHASES
    assert json.loads(copy.read_text())["status"] == "completed"


async def test_no_run_stops_after_one_step(new_site: NewSite) -> None:
    site = new_site(workflow=autonomous())
    result = await ended(await site.start())
    assert tuple(result.completed_phases) == PHASES
    assert {item.phase for item in result.evidence if item.ok} == set(PHASES), (
        "every phase left evidence of its own"
    )


async def test_progress_comments_are_neither_duplicated_nor_missing(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["build"].append([write("greeting.py", FIXED + "# again\n"), {"text": "Again."}])
    script["phases"]["evaluate"].insert(0, [verdict("RETRY", "once more")])
    site = new_site(script)
    comments = site.checkout / ".fractary/issues/1.comments.md"
    handle = await site.start()
    await site.decide(handle, await site.gate(handle, "architect"), "revise", comment="again")
    gate = await site.gate(handle, "architect")
    await eventually(lambda: gate.request_id in comments.read_text(), "the comment says what is waited for")
    await site.approve(handle, "architect", "release")
    result = await ended(handle)
    text = comments.read_text()
    assert text.count("**[FABER:") == 1
    assert "**[FABER:RELEASE]** completed" in text
    assert str(result.pr_url) in text


async def test_no_title_is_run_by_a_shell_or_read_as_an_option(new_site: NewSite, data_dir: Path) -> None:
    word = f"injected-{uuid.uuid4().hex[:8]}"
    title = f"--exec=x'; touch {word} #\"$(touch {word})`touch {word}`"
    site = new_site(
        workflow=autonomous(), issues={"1": f"---\nid: 1\ntitle: {json.dumps(title)}\n---\n\nBody.\n"}
    )
    result = await ended(await site.start())
    assert [*site.folder.rglob(word), *data_dir.rglob(word)] == []
    assert not Path(word).exists()
    assert word in git(site.folder / "origin.git", "log", "-1", "--format=%s", str(result.head_sha))


async def test_no_log_line_is_on_stdout(new_site: NewSite, data_dir: Path) -> None:
    site = new_site(workflow=autonomous())
    environment = {
        "HOME": str(site.folder),
        "PATH": os.environ["PATH"],
        "FABER_DATA_DIR": str(data_dir),
        "TEMPORAL_ADDRESS": site.client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": site.client.namespace,
    }
    words = ("-m", "faber.api", "run", "1", "--wait", "--project", f"quiet-{uuid.uuid4().hex[:8]}")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=site.checkout, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert json.loads(out)["status"] == "completed", "one document and nothing else"
    assert b"release" in err


async def test_a_list_filters_before_its_limit(new_site: NewSite, served: Client) -> None:
    project = f"listed-{uuid.uuid4().hex[:8]}"
    site = new_site(workflow=autonomous())
    oldest = await site.start("missing", project=project)
    await failure(oldest)
    for _ in range(2):
        await ended(await site.start(project=project, again=True))
    faber = Faber(served, Settings.read({}), site.checkout)

    async def is_listed() -> bool:
        return len(await faber.list(project=project)) == 3

    await eventually(is_listed, "all three are listed")
    [found] = await faber.list("failed", 1, project=project)
    assert found["workflow_id"] == oldest.id


async def test_a_cancel_reaches_every_subprocess(new_site: NewSite) -> None:
    word, child = uuid.uuid4().hex, uuid.uuid4().hex
    # The child's word is put together by its parent, in whose own command line it does not stand.
    sleeper = f"'import time; time.sleep(600)  # ' + {child[:16]!r} + {child[16:]!r}"
    code = (
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-c', {sleeper}], start_new_session=True); "
    )
    script = happy_script()
    script["phases"]["build"] = [[long_command(word, code)]]
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    await eventually(lambda: running(word) and running(child), "the command and its detached child run")
    await handle.cancel(reason="cancelled by ann")
    await cancelled(handle)
    assert (running(word), running(child)) == ([], [])


async def test_no_unknown_model_is_priced_silently(new_site: NewSite) -> None:
    model = "openai:no-such-model-of-ours"
    code = f"open('greeting.py', 'w').write({FIXED!r}); print('Done.')"
    agent = {"preset": "command", "command": ["python", "-c", code], "model": model}
    site = new_site(workflow=autonomous(agent={"build": agent}))
    result = await ended(await site.start())
    assert any(f"no list price for {model}" in note for note in result.notes)
    [line] = [line for line in result.cost.by_model if line.name == model]
    assert (line.priced, line.cost_usd > 0, result.cost.priced) == (False, True, False)
    comments = (site.checkout / ".fractary/issues/1.comments.md").read_text()
    assert "a model without a list price is counted at the dearest known one" in comments


async def test_what_is_executed_is_what_was_planned(new_site: NewSite) -> None:
    site = new_site(workflow={"human_approval": {"release": False}})
    plan = await ended(await site.start(dry_run=True))
    assert (plan.dry_run, plan.cost_usd, branches(site)) == (True, 0, "* main")
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    config = site.checkout / ".fractary/config.yaml"
    changed = yaml.safe_load(config.read_text())
    changed["workflow"] |= {"checks": ["python -c exit(1)"], "human_approval": {"release": True}}
    config.write_text(yaml.safe_dump(changed))
    await site.decide(handle, gate, "approve")
    result = await ended(handle)
    assert result.models == plan.models
    for phase in PHASES:
        [line] = [note for note in plan.notes if note.startswith(f"{phase}: ")]
        assert plan.models[phase] in line
        assert ("a person approves" in line) == (phase in {view.name for view in result.decisions})
    assert f"checks: {CHECK}" in plan.notes
    assert [item.what for item in result.evidence if item.kind == "check"] == [CHECK]

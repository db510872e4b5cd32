"""Where a run's configuration comes from, and what is refused before anything is done."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
import yaml
from temporalio.testing import ActivityEnvironment

from activities.chronicle import Chronicle
from activities.configuring import Configuring, Host
from adapters.artifacts.in_memory import InMemoryArtifacts
from adapters.journal.in_memory import InMemoryJournal
from adapters.models.providers import Providers
from adapters.workspace.git_workspace import GitWorkspace
from faber.contract.activities import ConfigurationRequest, RunKey, Setup
from faber.contract.delivery import RunInput
from faber.errors import ConfigurationError, GitError, LLMError, ToolMissing
from tests.delivery.places import git, make_repository
from tests.stand_in import ModelServer
from tests.stand_in.faults import refusal

SCRIPTED = "scripted:anything"
KEY = RunKey(run_id="r", origin="o")


class Desk:
    def __init__(self, folder: Path, checkout: Path) -> None:
        self.checkout = checkout
        (folder / "programs").mkdir()
        (folder / "programs/python").symlink_to(sys.executable)
        self.environment = {"PATH": str(folder / "programs")}
        self.artifacts = InMemoryArtifacts()
        self.chronicle = Chronicle(InMemoryJournal())
        self.workspace = GitWorkspace(folder / "data", {"PATH": "/usr/bin:/bin", "HOME": str(folder)})

    async def load(self, repo: str | None = None) -> Setup:
        host = Host("host", self.checkout, False, True, self.environment)
        activity = Configuring(
            workspace=self.workspace,
            artifacts=self.artifacts,
            chronicle=self.chronicle,
            catalogue=(providers := Providers(self.environment)),
            host=host,
        )
        request = ConfigurationRequest(key=KEY, input=RunInput(work_id="1", repo=repo or str(self.checkout)))
        try:
            return await ActivityEnvironment().run(activity.load_configuration, request)
        finally:
            await providers.close()

    def configure(self, text: str) -> None:
        (self.checkout / ".fractary/config.yaml").write_text(text)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, make_repository(tmp_path, SCRIPTED))


def retries(setup: Setup) -> int:
    return setup.read().workflow.max_retries


def config(retries: int, more: str = "") -> str:
    models = "{" + ", ".join(f"{phase}: '{SCRIPTED}'" for phase in ("frame", "architect", "build")) + "}"
    others = models[:-1] + f", evaluate: '{SCRIPTED}', release: '{SCRIPTED}'}}"
    return f"workflow:\n  max_retries: {retries}\n  models: {others}\n  checks: ['true']\n{more}"


async def test_an_edit_counts_while_the_default_branch_is_checked_out(desk: Desk) -> None:
    desk.configure(config(7))
    assert retries(await desk.load()) == 7


async def test_a_part_of_the_repository_has_a_configuration_of_its_own(desk: Desk) -> None:
    part = desk.checkout / "packages/api"
    (part / ".fractary").mkdir(parents=True)
    (part / "deep").mkdir()
    (part / ".fractary/config.yaml").write_text(config(5, "repo:\n  default_branch: main\n"))
    setup = await desk.load(str(part / "deep"))
    assert (retries(setup), setup.repository.checkout) == (5, str(desk.checkout))
    assert retries(await desk.load(str(part.parent))) == 3


async def test_a_mistake_in_a_part_s_configuration_names_its_file(desk: Desk) -> None:
    (desk.checkout / "api/.fractary").mkdir(parents=True)
    (desk.checkout / "api/.fractary/config.yaml").write_text("workflow: {max_retrys: 1}\n")
    with pytest.raises(ConfigurationError, match=r"api/\.fractary/config\.yaml"):
        await desk.load(str(desk.checkout / "api"))


async def test_a_branch_that_somebody_wrote_decides_nothing_also_when_it_is_checked_out(desk: Desk) -> None:
    git(desk.checkout, "checkout", "-qb", "faber/1-greetings")
    desk.configure(config(0))
    git(desk.checkout, "commit", "-qam", "Judge me by less")
    assert retries(await desk.load()) == 3


async def test_a_team_s_prompt_is_kept_as_it_was_at_the_start(desk: Desk) -> None:
    prompt = desk.checkout / ".fractary/faber/prompts/build.user.md"
    prompt.parent.mkdir(parents=True)
    prompt.write_text("Do it our way.")
    setup = await desk.load()
    assert await desk.artifacts.get(setup.prompts["build.user.md"]) == b"Do it our way."


async def test_a_missing_key_is_refused_before_anything_is_done_naming_variable_and_phase(desk: Desk) -> None:
    desk.configure("workflow:\n  checks: ['true']\n  models: {frame: 'xai:grok-4'}\n")
    with pytest.raises(LLMError, match=r"workflow\.models\.frame is xai:grok-4, which needs XAI_API_KEY"):
        await desk.load()


async def test_a_model_of_an_unknown_provider_names_its_key_in_the_configuration(desk: Desk) -> None:
    desk.configure("workflow:\n  checks: ['true']\n  models: {frame: 'nobody:m'}\n")
    with pytest.raises(ConfigurationError, match=r"workflow\.models\.frame"):
        await desk.load()


@pytest.mark.parametrize(
    ("others", "asked"),
    [
        ("{build: 'openai:gone', release: 'openai:gone', evaluate: 'openai:there'}", ["gone", "there"]),
        ("{build: 'openai:gone', frame: 'openai:there', evaluate: 'openai:there'}", ["gone"]),
    ],
)
async def test_a_model_of_a_later_phase_that_there_is_not_is_refused_before_the_first_call(
    desk: Desk, others: str, asked: list[str]
) -> None:
    models = yaml.safe_load(others)
    whole = yaml.safe_load(config(1))
    whole["workflow"]["models"] |= models
    desk.configure(yaml.safe_dump(whole))
    with ModelServer({"model": "prepared", "phases": {}}) as server:
        desk.environment |= server.environment()
        await desk.load()
        server.lacking["gone"] = refusal(404, "The model `gone` does not exist.", "model_not_found")
        with pytest.raises(
            LLMError, match=r"workflow\.models\.build is openai:gone: .*does not exist"
        ) as refused:
            await desk.load()
    assert refused.value.kind == "NOT_FOUND"
    assert sorted(server.looked_up) == sorted(2 * asked)
    assert server.calls == []


async def test_an_unknown_key_is_refused_with_the_nearest_known_one(desk: Desk) -> None:
    desk.configure("workflow:\n  max_retrys: 1\n")
    with pytest.raises(ConfigurationError, match=r"max_retrys.*max_retries"):
        await desk.load()


async def test_a_sandbox_that_is_demanded_and_not_there_is_refused(desk: Desk) -> None:
    desk.configure(config(1, "  sandbox: bwrap\n"))
    with pytest.raises(ToolMissing, match="bubblewrap"):
        await desk.load()


async def test_a_platform_that_is_not_built_is_refused_by_name(desk: Desk) -> None:
    desk.configure(config(1, "repo:\n  platform: gitea\n"))
    with pytest.raises(ConfigurationError, match=r"repo\.platform: gitea is not built yet.*local"):
        await desk.load()


@pytest.mark.parametrize("configured", [True, False])
async def test_a_host_that_is_not_served_is_refused_by_name_also_when_it_cannot_be_reached(
    desk: Desk, configured: bool
) -> None:
    git(desk.checkout, "remote", "set-url", "origin", "https://github.com:1/a/b.git")
    if not configured:
        (desk.checkout / ".fractary/config.yaml").unlink()
    else:
        desk.configure("work:\n  platform: local\n")
    key = "repo" if configured else "work"
    with pytest.raises(ConfigurationError, match=rf"{key}\.platform: github .*is not built yet.*local"):
        await desk.load()


async def test_an_origin_that_is_served_and_away_is_tried_again(desk: Desk) -> None:
    desk.configure("work:\n  platform: local\nrepo:\n  platform: local\n")
    git(desk.checkout, "remote", "set-url", "origin", "https://github.com:1/a/b.git")
    with pytest.raises(GitError) as raised:
        await desk.load()
    assert not raised.value.permanent


async def test_a_folder_outside_of_any_repository_says_what_is_wanted(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for folder in (elsewhere, desk.checkout / "mistyped"):
        with pytest.raises(ConfigurationError, match="no folder inside a git repository"):
            await desk.load(str(folder))


async def test_a_branch_that_the_origin_lacks_is_named(desk: Desk) -> None:
    desk.configure(config(1, "repo:\n  default_branch: trunk\n"))
    with pytest.raises(ConfigurationError, match="trunk"):
        await desk.load()


async def test_without_a_configured_branch_the_one_that_is_checked_out_will_do(tmp_path: Path) -> None:
    checkout = make_repository(tmp_path, SCRIPTED)
    git(checkout, "branch", "-m", "master")
    git(checkout, "push", "-q", "origin", "master")
    git(tmp_path / "origin.git", "symbolic-ref", "HEAD", "refs/heads/master")
    git(checkout, "push", "-q", "origin", ":main")
    assert (await Desk(tmp_path, checkout).load()).repository.default_branch == "master"


@pytest.mark.parametrize(
    ("name", "content", "command"),
    [
        ("pytest.ini", "[pytest]\n", "python -m pytest -q"),
        ("pyproject.toml", "[tool.pytest.ini_options]\n", "python -m pytest -q"),
        ("requirements-dev.txt", "pytest==8.4\n", "python -m pytest -q"),
        ("package.json", '{"scripts": {"test": "node --test"}}', "npm test"),
        ("go.mod", "module m\n", "go test ./..."),
        ("Cargo.toml", "[package]\n", "cargo test"),
        ("Makefile", "test:\n\ttrue\n", "make test"),
    ],
)
async def test_without_checks_the_repository_s_own_are_recognised_and_said(
    desk: Desk, name: str, content: str, command: str
) -> None:
    desk.configure(config(1).replace("  checks: ['true']\n", ""))
    (desk.checkout / name).write_text(content)
    setup = await desk.load()
    checks = setup.read().workflow.checks
    assert [check.run for check in checks] == [command]
    assert f"checks recognised: {command}" in setup.notes


async def test_python_is_called_by_the_name_that_it_has_there(desk: Desk, tmp_path: Path) -> None:
    desk.configure(config(1).replace("  checks: ['true']\n", ""))
    (desk.checkout / "pytest.ini").write_text("[pytest]\n")
    program = tmp_path / "bin/python"
    program.parent.mkdir()
    desk.environment["PATH"] = str(program.parent)
    assert [check.run for check in (await desk.load()).read().workflow.checks] == ["python3 -m pytest -q"]
    program.write_text("")
    program.chmod(0o755)
    assert [check.run for check in (await desk.load()).read().workflow.checks] == ["python -m pytest -q"]


async def test_work_that_nothing_can_check_is_refused(desk: Desk) -> None:
    desk.configure(config(1).replace("  checks: ['true']\n", ""))
    with pytest.raises(ConfigurationError, match=r"workflow\.checks names no command"):
        await desk.load()


async def test_a_run_goes_to_langsmith_unless_its_configuration_says_otherwise(desk: Desk) -> None:
    await desk.load()
    assert desk.chronicle.project_of(KEY) == "faber-workflows"


async def test_a_run_that_langsmith_is_turned_off_for_has_no_project_there(desk: Desk) -> None:
    desk.configure(config(1, "observability: {langsmith: {enabled: false}}\n"))
    await desk.load()
    assert desk.chronicle.project_of(KEY) is None


async def test_a_run_that_ends_for_its_configuration_is_told_to_have_failed(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "activities.events")
    desk.configure("workflow: {no_such_key: 1}\n")
    with pytest.raises(ConfigurationError):
        await desk.load()
    assert caplog.messages == ["run.created", "run.started", "run.failed"]

"""Reading `.fractary/config.yaml`: every problem at once, each with its key; nothing unsafe is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from faber.configuration import environment_notes, find_configuration, read_configuration, resolve_platform
from faber.contract.config import Configuration
from faber.errors import ConfigurationError


def problems_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(text, "config.yaml")
    return refused.value.message


def test_the_nearest_file_upwards_counts(tmp_path: Path) -> None:
    assert find_configuration(tmp_path) is None
    outer, inner = tmp_path / ".fractary/config.yaml", tmp_path / "a/.fractary/config.yaml"
    for file in (outer, inner):
        file.parent.mkdir(parents=True)
        file.touch()
    deep = tmp_path / "a/b/c"
    deep.mkdir(parents=True)
    assert find_configuration(deep) == inner
    assert find_configuration(tmp_path) == outer


def test_every_problem_is_told_at_once_each_with_its_key() -> None:
    told = problems_of(
        "workflow:\n  max_retry: 2\n  autonomy: wild\n  max_retries: true\n"
        "  cost: {budget_limit_usd: '10'}\n  checks: ['pytest -q', {run: a, naem: b}]\nmax_retries: 3\n"
    )
    assert "has 6 problem(s)" in told
    assert "workflow.max_retry: unknown key; did you mean workflow.max_retries?" in told
    assert "workflow.autonomy: expected 'assisted', 'guarded' or 'autonomous', got 'wild'" in told
    assert "workflow.max_retries: expected a valid integer, got True" in told
    assert "workflow.cost.budget_limit_usd: expected a valid number, got '10'" in told
    assert "workflow.checks.1.naem: unknown key; did you mean workflow.checks.name?" in told
    assert "max_retries: unknown key; did you mean workflow.max_retries?" in told


def test_thresholds_out_of_order_are_refused() -> None:
    assert "0 < warning_threshold" in problems_of("workflow: {cost: {warning_threshold: 0.95}}")


@pytest.mark.parametrize("hours", ["1.0e+12", ".inf"])
def test_a_deadline_that_no_calendar_has_is_refused(hours: str) -> None:
    told = problems_of(f"workflow: {{gates: {{deadline_h: {hours}, remind_after_h: {hours}}}}}")
    assert "workflow.gates.deadline_h: expected less than or equal to 87600" in told
    assert "workflow.gates.remind_after_h: expected less than or equal to 87600" in told


@pytest.mark.parametrize("project", ["日本", "a\\nb"])
def test_a_project_that_fits_no_header_is_refused_by_its_key(project: str) -> None:
    told = problems_of(f'observability: {{langsmith: {{project: "{project}"}}}}')
    assert "observability.langsmith.project: " in told
    assert "printable ASCII" in told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x: " + "y" * 300_000, "larger than 256 KB"),
        ("[" * 50_000, "nested too deeply"),
        ("a: &a [*a]", "nested too deeply"),
        ("a: 1\na: 2", "given twice"),
        ("- 1", "must hold keys and values"),
        ("x: !!python/object/apply:os.getcwd []", "not YAML"),
        ("workflow: {cost: {budget_limit_usd: .nan}}", "expected a finite number, got nan"),
        ("\x00", "not YAML"),
    ],
)
def test_what_is_no_configuration_is_refused_with_the_reason(text: str, why: str) -> None:
    assert why in problems_of(text)


def test_aliases_that_mean_billions_of_values_are_refused() -> None:
    levels = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "once aliases are written out" in problems_of("\n".join(levels))


def test_what_an_older_file_says_is_accepted_and_answered_by_one_note() -> None:
    text = (
        "workflow:\n  checkpointing: {backend: redis, redis: {url: x}, sqlite: {path: .faber/checkpoints.db}}\n"
        "  human_approval: {architect: true, release: true}\n"
    )
    configuration, notes = read_configuration(text, "config.yaml")
    assert configuration.workflow.human_approval.architect is True
    assert [note for note in notes if "checkpointing" in note] == notes


@pytest.mark.parametrize("limit", ["0", "-1", "null"])
def test_a_limit_that_is_none_is_said_once(limit: str) -> None:
    _, notes = read_configuration(f"workflow: {{cost: {{budget_limit_usd: {limit}}}}}", "config.yaml")
    assert len(notes) == 1
    assert "no limit" in notes[0]


def test_a_section_whose_lines_are_all_commented_out_is_its_defaults() -> None:
    configuration, notes = read_configuration(
        "workflow:\n  cost:\n  # budget_limit_usd: 1\nwork:\n", "config.yaml"
    )
    assert (configuration, notes) == (Configuration(), [])


def test_merge_keys_still_work() -> None:
    text = "workflow:\n  agent:\n    build: &b {preset: codex}\n    evaluate: {<<: *b, model: m}\n"
    agent = read_configuration(text, "config.yaml")[0].workflow.agent
    assert (agent.evaluate.preset, agent.evaluate.model) == ("codex", "m")


def test_what_the_environment_leaves_without_effect_is_a_line_each() -> None:
    notes = environment_notes(Configuration(), {"FABER_REDIS_URL": "redis://x"})
    assert [("LANGSMITH_API_KEY" in note, "FABER_REDIS_URL" in note) for note in notes] == [
        (True, False),
        (False, True),
    ]
    assert environment_notes(Configuration(), {"LANGSMITH_API_KEY": "k"}) == []


@pytest.mark.parametrize("remote", [None, "/srv/git/a.git", "../a", "https://example.org/a/b", "C:/a"])
def test_without_a_known_host_the_platform_is_local(remote: str | None) -> None:
    assert resolve_platform(None, remote, "work.platform") == "local"


@pytest.mark.parametrize(
    "remote", ["git@github.com:a/b.git", "https://user:token@GitHub.com/a/b", "ssh://github.com/a"]
)
def test_a_platform_that_is_not_built_is_refused_by_name_without_the_remotes_secrets(remote: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        resolve_platform(None, remote, "repo.platform")
    assert "repo.platform: github" in refused.value.message
    assert "repo.platform: local" in refused.value.message
    assert "token" not in refused.value.message
    assert resolve_platform("local", remote, "repo.platform") == "local"

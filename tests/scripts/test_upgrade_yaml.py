"""A definition of an older format is brought up to date, and nothing else of the file changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from domain.definitions.validation import validate
from scripts.upgrade_yaml import NotUpgraded, main, upgrade

ROOT = Path(__file__).parents[2]
OLD = """\
# How somebody joins.
workflow:
  id: onboarding   # never changes
  version: 3
  name: 'Onboarding'
  start_step: collect

  steps:
    # Who is it?
    - id: collect
      kind: form   # asked on the first day
      next: draft
      config:
        fields:
          - {key: email, type: string, required: true}   # the company's
          - {key: joined, type: date, default: "2024-01-31"}
    - id: draft
      kind: ai
      next: long
      config:
        prompt: >
          A welcome
          for {{ email }}.
        json_schema: {type: object}
    - id: long
      kind: conditional
      config:
        # as text
        expression: "len(draft_output['text']) > 5"   # characters
      next: collect
      else: null
"""
CHANGED = {
    "      kind: form   # asked on the first day": "      type: form   # asked on the first day",
    "      kind: ai": "      type: ai_generate",
    "      kind: conditional": "      type: conditional",
    """        expression: "len(draft_output['text']) > 5"   # characters""": (
        """        when: "len(draft_output['text']) > 5"         # characters"""
    ),
}


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_0_1_becomes_0_2_line_by_line_with_every_comment_in_its_column() -> None:
    upgraded = upgrade(OLD, "0.1", "0.2")
    assert lines(upgraded) == [CHANGED.get(line, line) for line in lines(OLD)]
    definition, problems = validate(upgraded)
    assert definition is not None
    assert problems == []


def test_0_1_becomes_1_0_with_its_format_said() -> None:
    upgraded = upgrade(OLD, "0.1", "1.0")
    assert upgraded == upgrade(upgrade(OLD, "0.1", "0.2"), "0.2.0", "1.0.0")
    assert upgraded.count("schema_version: 1.0.0\n") == 1
    assert upgraded.count("#") == OLD.count("#")
    definition, _ = validate(upgraded)
    assert definition is not None
    assert definition.schema_version == "1.0.0"
    assert definition.step("collect").config["fields"][1]["default"] == "2024-01-31"


def test_a_version_that_was_written_all_the_same_is_replaced() -> None:
    steps = "steps:\n- id: a\n  type: form\n  config: {fields: [{key: on}]}\n"
    bare = f"schema_version: 0.2\nid: d\nstart_step: a\n{steps}"
    definition, problems = validate(upgrade(bare, "0.2", "1.0"))
    assert problems == []
    assert definition is not None
    inside = "definition: {version: 0.2.0}\n" + bare.split("\n", 1)[1]
    assert "definition:" not in upgrade(inside, "0.2", "1.0")


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (OLD, "0.2", "1.0", "step collect has a `kind`, as steps of 0.1 have: is it --from 0.1?"),
        ("id: d\nsteps: [{id: a, type: form}]", "0.1", "0.2", "step a has no `kind`"),
        (
            "id: d\nsteps: [{id: a, kind: form, type: form}]",
            "0.1",
            "0.2",
            "step a has both `kind` and `type`",
        ),
        (
            "steps: [{kind: conditional, when: a, expression: b}]",
            "0.1",
            "0.2",
            "both `expression` and `when`",
        ),
        (
            "schema_version: 0.2\nsteps: [{kind: form}]",
            "0.1",
            "0.2",
            "says that its format is 0.2, and not 0.1",
        ),
        (OLD, "1.0", "0.1", "--to 0.1 is not newer than --from 1.0"),
        (OLD, "0.1", "0.1", "is not newer"),
        (OLD, "0.1", "3.0", "there is no format '3.0': formats are 0.1, 0.2, 1.0"),
        ("a: [", "0.1", "0.2", "it is no YAML"),
        ("a: 1\na: 2", "0.1", "0.2", "it is no YAML"),
        ("a: !!python/object:os.system x", "0.1", "0.2", "steps is no list"),
        ("- a", "0.1", "0.2", "a definition is a map"),
        ("", "0.1", "0.2", "a definition is a map"),
        ("steps: 1", "0.1", "0.2", "steps is no list"),
        ("steps: [1]", "0.1", "0.2", "steps[0] is no map"),
        ("[" * 10_000, "0.1", "0.2", "it is no YAML"),
        ("a" * 1_000_001, "0.1", "0.2", "more than 1,000,000"),
    ],
)
def test_what_is_not_of_its_format_is_refused(text: str, old: str, new: str, said: str) -> None:
    with pytest.raises(NotUpgraded) as refused:
        upgrade(text, old, new)
    assert said in str(refused.value)


def test_the_command_writes_the_new_file_and_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(OLD)
    script = [sys.executable, str(ROOT / "scripts" / "upgrade_yaml.py"), "--from", "0.1", "--to", "0.2"]
    done = subprocess.run(
        [*script, "--in", "a.yml", "--out", "b.yml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "b.yml").read_text() == upgrade(OLD, "0.1", "0.2")
    assert (tmp_path / "a.yml").read_text() == OLD


def test_a_file_that_is_not_upgraded_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yml").write_text("steps: 1")
    for source in ("a.yml", "b.yml"):
        told = [
            "--from",
            "0.1",
            "--to",
            "0.2",
            "--in",
            str(tmp_path / source),
            "--out",
            str(tmp_path / "c.yml"),
        ]
        assert main(told) == 2
        assert source in capsys.readouterr().err
    assert not (tmp_path / "c.yml").exists()

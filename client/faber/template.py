"""What `init` writes into a repository: a configuration that says its defaults, and what git is to ignore."""

from __future__ import annotations

from pathlib import Path

CONFIGURATION = """\
# FABER's configuration. Each line that begins with `#` shows a default: remove the `#` to change it.

# project: my-project           # what run ids are made of; else the repository's folder

workflow:
  autonomy: assisted            # assisted: approve specification and release | guarded: release | autonomous
  max_retries: 3                # builds after the first, when the evaluation says RETRY; 0 is none

  # models:                     # provider:model
  #   frame: {frame}
  #   architect: {architect}
  #   build: {build}
  #   evaluate: {evaluate}
  #   release: {release}

  # human_approval:             # set, it beats the autonomy level
  #   architect: true
  #   release: true

  cost:
    budget_limit_usd: 10.0      # of one run; 0 is unlimited
    # warning_threshold: 0.8
    # require_approval_at: 0.9
    # on_budget: ask            # ask | fail; autonomous runs fail
    # prices:                   # dollars per million tokens, for models without a list price
    #   "provider:model": {{input_usd: 1.0, output_usd: 5.0}}

  # checks:                     # what the engine itself runs on the change; else recognised from the repository
  #   - run: pytest -q
  #     name: tests
  #     required: true          # each has a tree of its own: it installs what it needs, such as node_modules
  #     timeout_s: 600
  # commands: [pytest, ruff]    # programs that the model may run

  # agent:                      # who does a phase: builtin | claude-code | codex | command
  #   build:
  #     preset: claude-code
  #     model: null
  #     max_session_usd: 2.0
  #     timeout_s: 1800
  #     env: []                 # names of variables that the agent may see
  #     command: []             # the argv of `preset: command`; {{prompt}} {{session}} {{cwd}} {{max_usd}} {{model}}
  #     resume_command: []

  # gates:
  #   remind_after_h: 24
  #   deadline_h: 72            # 0 waits for ever
  #   on_deadline: reject       # reject | approve
  #   require_bound: false      # every answer must name the request that it answers
  #   approvers: []             # who may answer; empty is anybody
  # host_away:                  # nobody serves the host that has a run's files
  #   told_after_min: 2
  #   again_elsewhere_after_h: 1  # 0 waits for it for ever
  # turns: {{frame: 20, architect: 30, build: 100, evaluate: 30, release: 20}}
  # release:
  #   merge: never              # never | on_approval | when_green
  # sandbox: auto               # auto | bwrap | none
  # network: false              # true: sandboxed commands and checks reach the network, and Temporal on it
  # max_output_tokens: 16384
  # checkpointing: {{}}           # accepted from older files; Temporal's history took its place

work:
  platform: local               # work items are markdown files
  # path: .fractary/issues

repo:
  platform: local               # the branch is pushed to origin, the pull request is a record beside it
  # default_branch: main
  # url: null                   # cloned from here by workers on other hosts

# observability:
#   langsmith:
#     enabled: true             # takes effect once LANGSMITH_API_KEY is set
#     project: faber-workflows
"""

IGNORED = "# FABER's copies of its runs: derived, never read back as truth.\n/faber/runs/\n"

EXAMPLE = """\
---
title: Greet by name
labels: [feature]
state: open
---
`greet("Ada")` answers `Hello, Ada!`.

- [ ] it greets the given name
- [ ] without a name it answers `Hello!`
"""


def write_template(root: Path, *, example: bool = False) -> dict[str, list[str]]:
    """Writes what is missing under `root`/.fractary and changes nothing that is there.

    Returns {"written": paths, "kept": paths}, relative to `root`."""
    from faber.contract.config import Models

    files = {
        "config.yaml": CONFIGURATION.format(**Models().model_dump()),
        ".gitignore": IGNORED,
        **({"issues/1.md": EXAMPLE} if example else {}),
    }
    done: dict[str, list[str]] = {"written": [], "kept": []}
    for name, content in files.items():
        path = root / ".fractary" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        done["kept" if path.exists() else "written"].append(str(path.relative_to(root)))
        if not path.exists():
            path.write_text(content, encoding="utf-8")
    return done

"""Which variables a command gets to see."""

from __future__ import annotations

from pathlib import Path

from adapters.processes.environment import allow_listed

WORKER = {
    "PATH": "/usr/bin",
    "HOME": "/h",
    "LC_ALL": "C.UTF-8",
    "TERM": "xterm-256color",
    "ANTHROPIC_API_KEY": "sk-ant-1",
    "AWS_SECRET_ACCESS_KEY": "s",
    "GITHUB_TOKEN": "t",
    "DATABASE_URL": "postgresql://u:p@db/x",
    "NO_PROXY": "localhost",
    "HTTPS_PROXY": "http://user:password@proxy:3128",
}


def test_only_listed_names_pass_and_no_terminal_is_promised() -> None:
    assert allow_listed(WORKER) == {
        "PATH": "/usr/bin", "HOME": "/h", "LC_ALL": "C.UTF-8", "NO_PROXY": "localhost", "TERM": "dumb",
    }  # fmt: skip


def test_a_name_that_a_person_listed_passes_whatever_it_holds() -> None:
    assert allow_listed(WORKER, ["DATABASE_URL", "NOT_SET"])["DATABASE_URL"] == "postgresql://u:p@db/x"


def test_a_proxy_with_a_password_is_kept_back_and_one_without_passes() -> None:
    assert "HTTPS_PROXY" not in allow_listed(WORKER)
    assert allow_listed({"HTTPS_PROXY": "http://proxy:3128"})["HTTPS_PROXY"] == "http://proxy:3128"


def test_the_home_folder_can_be_another_one() -> None:
    assert allow_listed(WORKER, home=Path("elsewhere"))["HOME"] == "elsewhere"

"""What a repository, or an agent's command, can put on a disk: the run goes on, or says what is wrong."""

from __future__ import annotations

import subprocess

from tests.delivery.asking import ended
from tests.delivery.conftest import NewSite
from tests.delivery.places import FIXED, Script, git, happy_script
from tests.security.leaks import named_payloads

LARGEST_PAYLOAD = 256 * 1024

ODD_FILES = """
printf x > ./-rf; printf x > '--upload-pack=touch x'; printf x > 'a b
c'; printf x > "$(printf '\\303\\274n\\303\\257-\\342\\234\\223')"; printf x > "$(printf 'half\\377utf8')"
printf x > ':(exclude)*'; printf x > '$(touch canary)'; printf x > "$(printf '\\033[2J')"
printf 'a\\r\\nb\\r\\n' > crlf.txt
printf x > "$(printf 'trailing \\n')"; mkdir -- '--force' && printf x > '--force/-x'; printf x > .gitmodules.bak
"""
PIPES = """
mkfifo pipe dir-pipe; mkdir hollow; mkfifo hollow/pipe; rm README.md && mkfifo README.md
python -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
ln -s /dev/zero zero; ln -s . loop; ln -s loop loop2; ln -s /etc/passwd passwd; ln -s missing dangling
"""
NESTED = """
git init -q nested && cd nested && printf x > inside.txt && git -c user.name=a -c user.email=a@b add -A &&
git -c user.name=a -c user.email=a@b commit -qm nested
printf '#!/bin/sh\\ntouch %s/canary\\n' "$PWD" > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
git config core.fsmonitor "touch $PWD/canary"
cd .. && mkdir -p fake/.git/objects fake/.git/refs && echo 'ref: refs/heads/x' > fake/.git/HEAD
printf x > fake/f.txt; mkdir plain && echo 'gitdir: /nowhere' > plain/.git && printf x > plain/f.txt
mkdir bare && cd bare && mkdir objects refs && echo 'ref: refs/heads/x' > HEAD
printf '[core]\\n\\tfsmonitor = touch ../canary\\n' > config
"""
ATTRIBUTES = """
printf '* filter=evil diff=evil merge=evil ident export-subst text=auto eol=crlf\\n' > .gitattributes
printf '* working-tree-encoding=UTF-16\\na.txt working-tree-encoding=NO-SUCH\\n*.py -diff binary\\n' >> .gitattributes
printf '$Id$ $Format:%%H$\\n' > a.txt
"""
DEEP = """
python -c "
import os
for depth in range(1200):
    os.mkdir('d' * 20); os.chdir('d' * 20)
open('bottom', 'w').write('x')
"
"""


def doing(*commands: str) -> Script:
    """A build that runs these and then makes the right change."""
    script = happy_script()
    calls = [{"name": "run_command", "arguments": {"argv": ["sh", "-c", command]}} for command in commands]
    calls.append({"name": "write_file", "arguments": {"path": "greeting.py", "content": FIXED}})
    looks = [
        {"name": name, "arguments": arguments}
        for name, arguments in (("list_files", {}), ("search", {"pattern": "x"}))
    ]
    script["phases"]["build"] = [[{"tool_calls": calls}, {"tool_calls": looks}, {"text": "Done."}]]
    return script


async def test_names_that_look_like_options_or_commands_are_delivered_as_files(new_site: NewSite) -> None:
    site = new_site(doing(ODD_FILES), workflow={"commands": ["sh"]})
    result = await ended(await site.start())
    assert result.status == "completed"
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--name-only", str(result.head_sha)],
        cwd=site.folder / "origin.git",
        capture_output=True,
        check=True,
    )
    names = listed.stdout.split(b"\0")
    for name in (
        b"-rf",
        b"--upload-pack=touch x",
        b"a b\nc",
        b"half\xffutf8",
        b":(exclude)*",
        b"$(touch canary)",
    ):
        assert name in names
    assert git(site.folder / "origin.git", "cat-file", "-s", f"{result.head_sha}:crlf.txt") == "6"
    assert not list(site.folder.rglob("canary"))


async def test_pipes_sockets_and_links_made_by_a_command_stop_nothing(new_site: NewSite) -> None:
    site = new_site(doing(PIPES), workflow={"commands": ["sh"]}, files={"README.md": "Read me.\n"})
    result = await ended(await site.start())
    assert result.status == "completed"
    assert git(site.folder / "origin.git", "show", f"{result.head_sha}:zero") == "/dev/zero"


async def test_repositories_within_the_worktree_run_nothing_and_lose_no_file(new_site: NewSite) -> None:
    site = new_site(doing(NESTED), workflow={"commands": ["sh"]})
    result = await ended(await site.start())
    assert result.status == "completed"
    for name in ("nested/inside.txt", "fake/f.txt", "plain/f.txt"):
        assert name in result.files_modified
    assert not list(site.folder.rglob("canary"))


async def test_attributes_of_an_agent_change_no_byte_and_stop_nothing(new_site: NewSite) -> None:
    site = new_site(doing(ATTRIBUTES), workflow={"commands": ["sh"]})
    result = await ended(await site.start())
    assert result.status == "completed"
    origin = site.folder / "origin.git"
    assert git(origin, "show", f"{result.head_sha}:a.txt") == "$Id$ $Format:%H$"
    assert git(origin, "show", f"{result.head_sha}:greeting.py") == FIXED.strip()


async def test_folders_deeper_than_any_path_are_put_away_again(new_site: NewSite) -> None:
    site = new_site(doing(DEEP), workflow={"commands": ["sh"]})
    handle = await site.start()
    result = await ended(handle)
    assert result.status == "completed"
    assert result.receipt is not None and "removed" in result.receipt["worktree"]


async def test_twenty_thousand_files_are_counted_and_not_listed_in_history(new_site: NewSite) -> None:
    making = "for number in range(20000): open('n' * 90 + str(number), 'w').close()"
    many = f'mkdir -p tests/many && cd tests/many && python -c "{making}"'
    site = new_site(doing(many), workflow={"commands": ["sh"]})
    handle = await site.start(budget_usd=1_000)
    result = await ended(handle)
    assert result.status == "completed"
    sizes = sorted(((len(data), event) for event, data in await named_payloads(handle)), reverse=True)
    assert sizes[0] < (LARGEST_PAYLOAD, ""), sizes[:5]
    assert sum(line.input_tokens for line in result.cost.by_phase) < 500_000
    assert any("20001 changed files" in item.what for item in result.evidence), result.evidence


async def test_a_file_of_two_hundred_megabytes_is_delivered_and_not_shown_to_a_model(
    new_site: NewSite,
) -> None:
    line = "yes 0123456789 | head -c 200000000 > large.txt"
    site = new_site(doing(line), workflow={"commands": ["sh"]})
    handle = await site.start(budget_usd=1_000)
    result = await ended(handle)
    assert result.status == "completed"
    assert git(site.folder / "origin.git", "cat-file", "-s", f"{result.head_sha}:large.txt") == "200000000"
    assert sum(line.input_tokens for line in result.cost.by_phase) < 1_000_000

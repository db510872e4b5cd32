"""The one place that runs the git CLI: our switches, an allow-listed environment, its words in errors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.workspace.locks import POLL_S, inherited
from faber.errors import GitError, ToolMissing

SWITCHES = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.quotePath": "false",
    "protocol.ext.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "commit.gpgSign": "false",
    "push.gpgSign": "false",
    "push.followTags": "false",
    "push.recurseSubmodules": "no",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "advice.addEmbeddedRepo": "false",
    # A transfer that an ended worker left behind must not wait for ever on a dead connection.
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
}
FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_DEFAULT_REF_FORMAT": "files",
    "GIT_AUTHOR_NAME": "FABER",
    "GIT_AUTHOR_EMAIL": "faber@localhost",
    "GIT_COMMITTER_NAME": "FABER",
    "GIT_COMMITTER_EMAIL": "faber@localhost",
}
# Filters, merge drivers and ignore rules of the user's configuration would make trees differ between hosts.
LOCAL_ONLY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
ALLOWED = ("PATH", "HOME", "LANG", "USER", "LOGNAME", "TMPDIR")
CONFIGURED = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME")
# What a proxy, a certificate, an SSH agent or a credential helper needs; never a model provider's key.
ALLOWED_ON_NETWORK = (
    *("SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS"),
    *("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *(*CONFIGURED, "XDG_RUNTIME_DIR"),
    *("DBUS_SESSION_BUS_ADDRESS", "GNUPGHOME", "GH_TOKEN", "GITHUB_TOKEN", "GH_HOST", "GH_CONFIG_DIR"),
)
OLDEST = (2, 38)
STALE_AFTER_S = 3.0
TERMINATE_GRACE_S = 2.0
MOST_AT_ONCE = 64

_LOCKED = re.compile(r"[Uu]nable to create '([^'\n]+\.lock)': File exists")
_CREDENTIALS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s]+@")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Ran:
    code: int
    stdout: bytes
    words: str
    """What git said on stderr, without credentials and control characters."""

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace").strip()


class Git:
    """Runs git for one data folder. Errors: GitError with git's words, ToolMissing without a usable git."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._data_dir = data_dir.resolve()
        kept = {name: environment[name] for name in ALLOWED if name in environment}
        reaching = {name: environment[name] for name in ALLOWED_ON_NETWORK if name in environment}
        self._local = kept | LOCAL_ONLY | FIXED
        self._network = kept | reaching | FIXED
        self._here = kept | {name: reaching[name] for name in CONFIGURED if name in reaching} | FIXED
        self._checked = False
        # Each git that runs has one, so that a slow origin holds up nobody else's threads.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="git")

    async def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        accept: Collection[int] = (0,),
        network: bool = False,
        credentials: bool = True,
        most: int | None = None,
    ) -> Ran:
        """`accept` lists the exit codes that are answers; any other one is a GitError. `network` runs it with
        the user's own configuration, which knows their credentials, proxies and trusted folders; without
        `credentials` no token, agent or proxy of the environment goes along. After `most`
        bytes of output git is ended, and what it said until then is the answer."""
        reaching = self._network if credentials else self._here
        environment = (reaching if network else self._local) | dict(env or {})
        while True:
            ran = await self._once(arguments, cwd or self._data_dir, stdin, environment, network, most)
            if ran.code and await self._removed_stale_lock(ran.words):
                continue
            if ran.code in accept:
                return ran
            raise failure(arguments, ran)

    async def check_version(self) -> None:
        """Errors: ToolMissing for a git that cannot try a merge without a worktree."""
        if self._checked:
            return
        said = (await self.run("--version")).text
        found = re.search(r"(\d+)\.(\d+)", said)
        if not found or (int(found[1]), int(found[2])) < OLDEST:
            raise ToolMissing(
                f"git {OLDEST[0]}.{OLDEST[1]} or newer is needed, and this host has: {said}. Update git."
            )
        self._checked = True

    async def _once(
        self,
        arguments: tuple[str, ...],
        cwd: Path,
        stdin: bytes,
        environment: dict[str, str],
        network: bool,
        most: int | None,
    ) -> Ran:
        switches = [part for name, value in SWITCHES.items() for part in ("-c", f"{name}={value}")]
        try:
            # Not asyncio's own subprocesses: cancelled while they are being started, they hang for ever
            # (Python 3.11), and a worker that is told to stop cancels at any moment.
            process = subprocess.Popen(
                ["git", "--no-pager", *switches, *arguments],
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Without a terminal nothing below it, ssh above all, can ask and wait for the answer.
                start_new_session=True,
                # A credential daemon would keep the lock, so only commands that stay on this host inherit it.
                pass_fds=() if network else inherited(),
            )
        except FileNotFoundError as problem:
            if not cwd.is_dir():
                raise GitError(f"the folder {cwd} is gone; the next attempt makes it again") from problem
            raise ToolMissing(
                "git is not on PATH: install git 2.38 or newer and start the worker again"
            ) from problem
        listen = partial(process.communicate, stdin) if most is None else partial(_beginning, process, most)
        ended = asyncio.get_running_loop().run_in_executor(self._threads, listen)
        try:
            stdout, stderr = await asyncio.shield(ended)
        finally:
            if not ended.done():
                await _end(process, ended)
        return Ran(process.returncode, stdout, clean_words(stderr))

    async def _removed_stale_lock(self, words: str) -> bool:
        """A killed git leaves its `.lock` files; engine processes wait for each other elsewhere, so an old
        one belongs to nobody."""
        found = _LOCKED.search(words)
        if not found:
            return False
        lock = Path(found[1])
        if not lock.resolve().is_relative_to(self._data_dir):
            return False
        with contextlib.suppress(FileNotFoundError):
            while time.time() - lock.lstat().st_mtime < STALE_AFTER_S:
                await asyncio.sleep(POLL_S)
            lock.unlink()
        return True


def failure(arguments: tuple[str, ...], ran: Ran) -> GitError:
    verb = next((part for part in arguments if re.fullmatch(r"[a-z][a-z-]+", part)), "git")
    return GitError(f"git {verb} failed (exit code {ran.code}): {ran.words or 'it said nothing'}")


def clean_words(said: bytes | str) -> str:
    """For any terminal and any log: no credentials of URLs, no escapes, the last 4,000 characters."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return _CONTROL.sub("", redact(text)).strip()[-4000:]


def redact(text: str) -> str:
    return _CREDENTIALS.sub(r"\1***@", text)


def _beginning(process: subprocess.Popen[bytes], most: int) -> tuple[bytes, bytes]:
    """The first `most` bytes of what it says; one that would say more finds its pipe closed."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.close()
    words: list[bytes] = []
    listening = threading.Thread(
        target=lambda: words.append(process.stderr.read() if process.stderr else b"")
    )
    listening.start()
    said = process.stdout.read(most)
    process.stdout.close()
    listening.join()
    process.stderr.close()
    process.wait()
    if len(said) == most:
        process.returncode = 0
    return said, words[0]


async def _end(process: subprocess.Popen[bytes], ended: asyncio.Future[tuple[bytes, bytes]]) -> None:
    """SIGTERM first: git then takes its lock files away."""
    try:
        _signal(process, signal.SIGTERM)
        await asyncio.wait({ended}, timeout=TERMINATE_GRACE_S)
    finally:
        if not ended.done():
            _signal(process, signal.SIGKILL)
    await asyncio.wait({ended}, timeout=TERMINATE_GRACE_S)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)

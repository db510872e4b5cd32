"""Confining a command with bubblewrap: what it may write, what it cannot see."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from adapters.processes import Sandbox, SandboxLevel

# An own pid namespace hides the environment of every process outside; it is ended with its first process.
NAMESPACES = (
    "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL",
    "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
)  # fmt: skip
HOME_SECRETS = (
    ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".netrc", ".npmrc", ".pypirc", ".git-credentials",
    ".config/gh", ".config/gcloud", ".config/git/credentials",
    ".claude/.credentials.json", ".codex/auth.json", ".local/share/keyrings", ".password-store",
)  # fmt: skip
# Read-only does not stop a connection: through these sockets a command would leave the sandbox.
SOCKETS = ("/run/docker.sock", "/run/containerd", "/run/podman", "/run/user", "/run/dbus")
# The home folder is read-only, and a compiler that cannot write its cache fails.
PRIVATE = ("--setenv", "TMPDIR", "/tmp", "--setenv", "XDG_CACHE_HOME", "/tmp/.cache")
HIDDEN, READABLE, WRITABLE = range(3)


@functools.cache
def bwrap_works() -> bool:
    """Tried once by really running it: a container often has the program and not the right to use it."""
    program = shutil.which("bwrap")
    if program is None:
        return False
    try:
        tried = subprocess.run([program, *NAMESPACES, "--", "true"], capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


@functools.cache
def isolates_network() -> bool:
    """A network of its own takes one more right, which some containers do not give."""
    if not bwrap_works():
        return False
    tried = subprocess.run(
        [shutil.which("bwrap") or "bwrap", *NAMESPACES, "--unshare-net", "--", "true"],
        capture_output=True,
        timeout=10,
        check=False,
    )
    return tried.returncode == 0


def level() -> SandboxLevel:
    """What confines commands on this host. Blocks for some milliseconds the first time."""
    return "bwrap" if bwrap_works() else "none"


def wrap(argv: list[str], sandbox: Sandbox, cwd: Path, search_path: str = "") -> list[str]:
    """The same command inside its sandbox. `argv[0]` is a path; only call it where `bwrap_works()`.

    `search_path` is the command's PATH: what is installed there, or where the program itself is, stays readable
    also below a hidden folder."""
    launcher = [shutil.which("bwrap") or "bwrap", *NAMESPACES]
    if not sandbox.network:
        launcher.append("--unshare-net")
    programs = installed(f"{os.path.dirname(argv[0])}{os.pathsep}{search_path}")
    return [*launcher, *_mounts(sandbox, cwd, programs), *PRIVATE, "--chdir", str(cwd), "--", *argv]


def _mounts(sandbox: Sandbox, cwd: Path, programs: list[Path]) -> Iterator[str]:
    """Shallow paths first, so that the deeper one wins; of equal paths the more generous one is last."""
    home = Path.home()
    hidden = [Path("/tmp"), *(home / name for name in HOME_SECRETS), *map(Path, SOCKETS), *sandbox.hidden]
    shown = [path for path in programs if any(path.is_relative_to(folder) for folder in hidden)]
    same = {
        *((path.resolve(), HIDDEN) for path in hidden),
        *((path, READABLE) for path in shown),
        *((path.resolve(), READABLE) for path in (cwd, *sandbox.readable)),
        *((path.resolve(), WRITABLE) for path in sandbox.writable),
    }
    kinds = {True: WRITABLE, False: READABLE}
    wanted = {(path, kind, path) for path, kind in same} | {
        (placed.at.resolve(), kinds[placed.writable], placed.folder.resolve()) for placed in sandbox.placed
    }
    for path, kind, source in sorted(wanted, key=lambda mount: (len(mount[0].parts), mount)):
        if kind == HIDDEN:
            yield from _hide(path)
        else:
            yield from ("--bind" if kind == WRITABLE else "--ro-bind", str(source), str(path))


def installed(search_path: str) -> list[Path]:
    """The folder above each `bin` of a PATH: an environment's libraries lie beside its programs."""
    folders = [Path(entry) for entry in search_path.split(os.pathsep) if os.path.isabs(entry)]
    # Where the folder above holds everybody's things, only the programs themselves are shown.
    shared = (Path("/"), Path("/tmp"), Path("/var/tmp"), Path.home())
    shown = [folder if folder.parent in shared else folder.parent for folder in folders if folder.is_dir()]
    return [folder for folder in dict.fromkeys(shown) if folder not in shared]


def _hide(path: Path) -> tuple[str, ...]:
    if path.is_dir():
        return ("--tmpfs", str(path))
    return ("--ro-bind", "/dev/null", str(path)) if path.exists() else ()

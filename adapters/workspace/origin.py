"""Where a repository's origin is, read from a checkout without running anything that it configures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.workspace import Repository
from adapters.workspace.git import Git, redact
from adapters.workspace.names import is_path, local_path, safe_url
from faber.errors import ConfigurationError, GitError

# The server side of a transfer with the user's own checkout: nothing that it configures may run.
_PLAIN = "git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c maintenance.auto=false"
UPLOAD_PACK = f"{_PLAIN} upload-pack"
RECEIVE_PACK = (
    f"{_PLAIN} -c receive.autogc=false -c receive.denyCurrentBranch=refuse -c core.alternateRefsCommand=true "
    "receive-pack"
)


@dataclass(frozen=True)
class Origin:
    """`own` says that it is the user's checkout itself, so its hooks are the target's and stay off; `own_push` that
    only what is pushed goes there."""

    url: str
    push_url: str
    own: bool
    own_push: bool = False

    @property
    def here(self) -> bool:
        """On this host: its hooks run here, and have no business with anybody's token."""
        return None not in (local_path(self.url), local_path(self.push_url))

    def __str__(self) -> str:
        return redact(self.url)

    def fetching(self) -> list[str]:
        return [f"--upload-pack={UPLOAD_PACK}"] if self.own else []

    def pushing(self) -> list[str]:
        return [f"--receive-pack={RECEIVE_PACK}"] if self.own or self.own_push else []


@dataclass(frozen=True)
class Checkout:
    """`git_dir` is shared by all worktrees of the repository; `top` is what relative URLs are relative to."""

    git_dir: Path
    top: Path


async def find_checkout(git: Git, folder: Path) -> Checkout:
    """The repository that the folder lies in. Errors: ConfigurationError when it lies in none."""
    folder = folder.absolute()
    if not folder.is_dir():
        raise ConfigurationError(f"the checkout {str(folder)!r} is not a folder on this host")
    try:
        common = await git.run(
            "rev-parse",
            "--path-format=absolute",
            "--git-common-dir",
            cwd=folder,
            network=True,
            credentials=False,
        )
    except GitError as problem:
        raise ConfigurationError(
            f"{str(folder)!r} lies in no git repository that can be used: {problem}"
        ) from problem
    git_dir = Path(common.stdout.decode(errors="surrogateescape").removesuffix("\n")).resolve()
    top = await git.run(
        "rev-parse", "--show-toplevel", cwd=folder, network=True, credentials=False, accept=(0, 128)
    )
    shown = top.stdout.decode(errors="surrogateescape").removesuffix("\n")
    return Checkout(git_dir, Path(shown) if shown else git_dir)


async def has_in_index(git: Git, folder: Path, path: str) -> bool:
    listed = await git.run(
        "--literal-pathspecs",
        "ls-files",
        "-z",
        "--cached",
        "--",
        path,
        cwd=folder,
        network=True,
        credentials=False,
    )
    return bool(listed.stdout)


async def find_origin(git: Git, repository: Repository, checkout: Checkout | None) -> Origin:
    """Errors: ConfigurationError for a URL that is refused by name."""
    if checkout is None:
        url = _placed(safe_url(repository.url or ""), Path.cwd())
        return Origin(url, url, own=False)
    # A file is read as text: no include directive is followed and no other part of the configuration counts.
    listed = await git.run(
        *("config", "--file", str(checkout.git_dir / "config"), "--no-includes", "--null"),
        *("--get-regexp", r"^remote\.origin\.(url|pushurl)$"),
        accept=(0, 1),
    )
    urls: dict[str, str] = {}
    for entry in listed.stdout.decode(errors="surrogateescape").split("\0"):
        key, _, value = entry.partition("\n")
        urls.setdefault(key, value)
    url = urls.get("remote.origin.url", "")
    if not url:
        return _own(checkout)
    placed = _placed(safe_url(url), checkout.top)
    if _leads_back(placed, checkout):
        return _own(checkout)
    push_url = _placed(safe_url(urls.get("remote.origin.pushurl") or url), checkout.top)
    return Origin(placed, push_url, own=False, own_push=_leads_back(push_url, checkout))


def _own(checkout: Checkout) -> Origin:
    return Origin(str(checkout.git_dir), str(checkout.git_dir), own=True)


def _leads_back(url: str, checkout: Checkout) -> bool:
    path = local_path(url)
    return path is not None and Path(path).resolve() in (checkout.git_dir, checkout.top.resolve())


def _placed(url: str, relative_to: Path) -> str:
    return str(relative_to / url) if is_path(url) else url

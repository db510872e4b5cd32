"""From the wire's words to the adapters': repositories and the folders that `.fractary/` lives in."""

from __future__ import annotations

from pathlib import Path

from adapters.journal.durable import flush_folder
from adapters.workspace import Repository
from faber.contract.activities import RepositoryRef
from faber.errors import ConfigurationError

RUNS = ".fractary/faber/runs"


def within(checkout: Path, name: str) -> Path:
    """`checkout/name`. Errors: ConfigurationError when a link, or `..`, leads from there out of the checkout: the
    repository is somebody else's, and what lies outside of it is not theirs to be read or written."""
    path, root = checkout / name, checkout.resolve()
    real = path.resolve()
    if not real.is_relative_to(root) or ".git" in real.relative_to(root).parts:
        raise ConfigurationError(
            f"{name} leads to {real}, outside of the repository {root}: put a plain file or folder there"
        )
    return path


def made_within(checkout: Path, name: str) -> Path:
    """The folder `checkout/name`, made where it is missing, but never the checkout itself: one that was moved away
    could not be moved back over a new one. Errors: as `within`; FileNotFoundError when the checkout is away."""
    path, made = within(checkout, name), checkout
    for part in Path(name).parts:
        made /= part
        if not made.is_dir():
            made.mkdir(exist_ok=True)
            flush_folder(made.parent)
    return path


def repository_of(ref: RepositoryRef) -> Repository:
    return Repository(
        checkout=Path(ref.checkout) if ref.checkout else None, url=ref.url, default_branch=ref.default_branch
    )


def checkout_of(ref: RepositoryRef, needed_for: str) -> Path:
    """The checkout whose `.fractary/` is written. Errors: ConfigurationError when the run has only a URL."""
    if ref.checkout is None:
        raise ConfigurationError(
            f"{needed_for} needs a checkout on the worker's host, and this run has only {ref.url}: "
            "start it with `repo` set to a folder"
        )
    return Path(ref.checkout)

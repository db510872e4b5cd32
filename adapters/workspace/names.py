"""Words from outside (run ids, branches, SHAs, URLs) as names that git and the file system cannot misread."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

from adapters.workspace.git import clean_words
from faber.errors import ConfigurationError, ValidationError

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_SCP_LIKE = re.compile(r"[^/\\]+:")
# git check-ref-format(1), rule by rule.
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(^|/)\.|\.lock(/|$)|[./]$|^$")
LONGEST = 120


def encoded(word: str) -> str:
    """A word as one folder name and one part of a refname: readable where it can be, never ambiguous."""
    safe = quote(word, safe="", errors="surrogatepass").replace(".", "%2E").replace("~", "%7E")
    if 0 < len(safe) <= LONGEST:
        return safe
    return f"{safe[: LONGEST // 2]}%{digest(word)}"


def digest(word: str) -> str:
    return hashlib.sha256(word.encode(errors="surrogatepass")).hexdigest()[:16]


def sha(value: str) -> str:
    """Errors: ValidationError for anything but a whole lower-case object name."""
    if not _SHA.fullmatch(value):
        raise ValidationError(f"{value!r} is not the SHA of a git object: 40 (or 64) hexadecimal digits are")
    return value


def refname(name: str) -> str:
    """Errors: ValidationError when git does not take that refname."""
    if _BAD_REF.search(name) or len(name) > 1000:
        raise ValidationError(f"{name!r} cannot be the name of a git ref: see `git help check-ref-format`")
    return name


def branch_ref(branch: str) -> str:
    if branch.startswith("-"):
        raise ValidationError(f"{branch!r} cannot be the name of a branch: it begins with a dash")
    return refname(f"refs/heads/{branch}")


def engine_ref(branch: str) -> str:
    """The engine's own word on a branch: a coding agent's `git commit` moves only the branch."""
    branch_ref(branch)
    return f"refs/engine/{branch}"


def base_ref(branch: str) -> str:
    branch_ref(branch)
    return f"refs/remotes/origin/{branch}"


def run_ref(run_id: str, ref: str = "") -> str:
    return refname(f"refs/faber/{encoded(run_id)}/{ref}") if ref else f"refs/faber/{encoded(run_id)}"


def claim_ref(work_id: str) -> str:
    return f"refs/faber/claims/{digest(work_id)}"


def safe_url(url: str) -> str:
    """Errors: ConfigurationError naming a URL that git would read as an option or as a program to run."""
    if not url.strip() or url.startswith("-") or _CONTROL.search(url) or _HELPER.match(url):
        raise ConfigurationError(
            f"the repository URL {clean_words(repr(url))} is refused: it must be a path or "
            "a file, git, http, https or ssh URL"
        )
    return url


def is_path(url: str) -> bool:
    """As git decides it: neither `scheme://...` nor `host:path`."""
    return "://" not in url and not _SCP_LIKE.match(url)


def local_path(url: str) -> str | None:
    """The path on this host that git takes the URL for, None when it leads elsewhere."""
    if url.startswith("file://"):
        return unquote(url.removeprefix("file://"), errors="surrogateescape")
    return url if is_path(url) else None

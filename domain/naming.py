"""Names made from other people's words: run ids, branches, files. Each is safe where it is used."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from domain.text import clean_line

ID_LENGTH = 40
SLUG_LENGTH = 48
FILE_LENGTH = 120


def run_id(project: str, work_id: str) -> str:
    """The Temporal workflow id of a work item's delivery."""
    return f"faber-{project}-{work_id}"


def branch_name(work_id: str, title: str) -> str:
    """`faber/<safe-id>-<slug>`; only letters, digits, `-` and `_`, so that git takes it whatever came in."""
    return f"faber/{_stem(work_id, title)}"


def specification_path(work_id: str, title: str) -> str:
    return f"specs/{_stem(work_id, title)}.md"


def safe_name(text: str) -> str:
    """A file name of `text`; one that had to be changed bears a hash, so that two never share a file."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", text).lstrip(".-")[:FILE_LENGTH]
    return safe if safe and safe == text else f"{safe or 'run'}-{_hash(text)}"


def _stem(work_id: str, title: str) -> str:
    identifier = _words(work_id, ID_LENGTH, keep_case=True) or f"item-{_hash(work_id)}"
    slug = _words(title, SLUG_LENGTH)
    return f"{identifier}-{slug}" if slug else identifier


def _words(text: str, limit: int, keep_case: bool = False) -> str:
    ascii_text = unicodedata.normalize("NFKD", clean_line(text, 500)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_]+", "-", ascii_text if keep_case else ascii_text.lower()).strip("-")
    if len(words) <= limit:
        return words
    head, _, _ = words[: limit + 1].rpartition("-")
    return head or words[:limit]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]

"""Slugs: the part of a web address that people can read."""

import re


def slugify(title: str, limit: int = 40) -> str:
    """The title in lower case, words joined by single dashes, at most `limit` characters."""
    dashed = re.sub(r"[^a-z0-9]", "-", title.lower())
    return dashed[:limit]

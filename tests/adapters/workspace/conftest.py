"""The two repositories that a run may be given: with an origin of its own, and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.workspace.sites import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.git("init", "-q", "--bare", str(site.origin), at=tmp_path)
    site.git("clone", "-q", str(site.origin), str(site.checkout), at=tmp_path)
    site.git("checkout", "-q", "-B", "main")
    site.commit({"README.md": "hello\n", "src/a.py": "a = 1\n", ".gitignore": "cache/\n*.log\n"}, "first")
    site.git("push", "-q", "origin", "main")
    return site


@pytest.fixture
def own(tmp_path: Path) -> Site:
    """A checkout without a remote: it is its own origin."""
    site = Site(tmp_path)
    site.git("init", "-q", str(site.checkout), at=tmp_path)
    site.commit({"README.md": "hello\n", "src/a.py": "a = 1\n"}, "first")
    return site

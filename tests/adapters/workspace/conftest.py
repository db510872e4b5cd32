"""The two repositories that a run may be given: with an origin of its own, and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.workspace.sites import Site, with_origin


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return with_origin(Site(tmp_path))


@pytest.fixture
def own(tmp_path: Path) -> Site:
    """A checkout without a remote: it is its own origin."""
    site = Site(tmp_path)
    site.git("init", "-q", str(site.checkout), at=tmp_path)
    site.commit({"README.md": "hello\n", "src/a.py": "a = 1\n"}, "first")
    return site

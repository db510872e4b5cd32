"""Folders in a checkout: made where they are missing, but never in place of a checkout that is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.places import made_within
from activities.platforms import PULLS, forge
from activities.reporting import write_copy
from faber.errors import ConfigurationError, ForgeError


def test_every_missing_folder_below_the_checkout_is_made(tmp_path: Path) -> None:
    assert made_within(tmp_path, "a/b/c") == tmp_path / "a/b/c"
    assert made_within(tmp_path, "a/b/c").is_dir()


def test_a_checkout_that_is_away_is_not_made_anew(tmp_path: Path) -> None:
    away = tmp_path / "checkout"
    with pytest.raises(FileNotFoundError):
        made_within(away, "a/b")
    with pytest.raises(FileNotFoundError):
        write_copy(away, "faber-shop-1", {}, {"spec": b"text"})
    with pytest.raises(ForgeError, match="put the checkout back"):
        forge(away)
    assert not away.exists()


def test_no_folder_is_made_where_a_link_leads_out(tmp_path: Path) -> None:
    outside, checkout = tmp_path / "outside", tmp_path / "checkout"
    outside.mkdir()
    checkout.mkdir()
    (checkout / ".fractary").symlink_to(outside)
    with pytest.raises(ConfigurationError, match="outside of the repository"):
        made_within(checkout, PULLS)
    assert list(outside.iterdir()) == []

"""Artifacts: every store keeps bytes under their sha256, and never hands out others."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from adapters.artifacts import Artifacts
from adapters.artifacts.folder import FolderArtifacts
from adapters.artifacts.in_memory import InMemoryArtifacts
from faber.errors import ArtifactMissing, ConfigurationError, WorkerError


@pytest.fixture(params=["folder", "file url", "object store", "in memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Artifacts]:
    made: dict[str, Artifacts] = {
        "folder": FolderArtifacts(tmp_path / "a folder"),
        "file url": FolderArtifacts((tmp_path / "by-url").as_uri()),
        "object store": FolderArtifacts("memory://bucket/faber"),
        "in memory": InMemoryArtifacts(),
    }
    yield made[request.param]
    MemoryFileSystem.store.clear()


async def test_what_was_put_comes_back_under_its_sha256(store: Artifacts) -> None:
    content = b"\x00\xff diff --git\r\n"
    name = await store.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert await store.get(name) == content


async def test_the_same_bytes_are_one_object_and_no_bytes_are_an_object_too(store: Artifacts) -> None:
    assert await store.put(b"") == await store.put(b"")
    assert await store.get(hashlib.sha256(b"").hexdigest()) == b""


async def test_an_absent_artifact_is_an_error_that_names_it_and_what_to_check(store: Artifacts) -> None:
    name = hashlib.sha256(b"never put").hexdigest()
    with pytest.raises(ArtifactMissing, match=rf"{name}.*FABER_ARTIFACTS_URL"):
        await store.get(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "é" * 64])
async def test_a_name_that_is_no_sha256_never_becomes_a_path(store: Artifacts, name: str) -> None:
    with pytest.raises(WorkerError, match="names no artifact"):
        await store.get(name)


async def test_many_writers_of_the_same_bytes_do_not_disturb_readers(store: Artifacts) -> None:
    content = b"x" * 200_000
    name = await store.put(content)

    async def put_and_get() -> None:
        assert await store.put(content) == name
        assert await store.get(name) == content

    await asyncio.gather(*(put_and_get() for _ in range(20)))


async def test_damaged_bytes_are_refused_and_putting_them_again_mends_them(tmp_path: Path) -> None:
    store = FolderArtifacts(tmp_path)
    name = await store.put(b"the specification")
    path = tmp_path / name[:2] / name[2:4] / name
    path.write_bytes(b"the specificatiom")
    with pytest.raises(WorkerError, match=r"damaged.*Restore"):
        await store.get(name)
    await store.put(b"the specification")
    assert await store.get(name) == b"the specification"


async def test_nothing_but_the_object_is_left_on_disk(tmp_path: Path) -> None:
    name = await FolderArtifacts(str(tmp_path)).put(b"one")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name]


async def test_a_write_that_fails_leaves_neither_an_object_nor_a_rest(tmp_path: Path) -> None:
    store = FolderArtifacts(tmp_path)
    name = hashlib.sha256(b"one").hexdigest()
    (tmp_path / name[:2] / name[2:4] / name).mkdir(parents=True)
    with pytest.raises(OSError, match=name):
        await store.put(b"one")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_url_of_an_unknown_kind_is_refused_when_the_store_is_made() -> None:
    with pytest.raises(ConfigurationError, match=r"nosuchstore.*plain folder"):
        FolderArtifacts("nosuchstore://bucket")

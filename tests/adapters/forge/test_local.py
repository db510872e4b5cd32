"""Pull request records on disk: readable, shared between processes, mended by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.forge.local import LocalForge
from faber.errors import ForgeError

PROJECT = Path(__file__).parents[3]


async def open_one(forge: LocalForge) -> None:
    await forge.open_pull_request(
        branch="b", base="main", head_sha="abc", title="Fix", body="## Summary\n\nText\n"
    )


async def test_the_record_reads_like_a_document(tmp_path: Path) -> None:
    await open_one(LocalForge(tmp_path))
    assert (tmp_path / "1.md").read_text() == (
        "---\nnumber: 1\ntitle: Fix\nbranch: b\nbase: main\nhead_sha: abc\nstate: open\n---\n"
        "\n## Summary\n\nText\n"
    )


async def test_a_person_may_close_a_pull_request_by_editing_its_record(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path)
    await open_one(forge)
    path = tmp_path / "1.md"
    path.write_text(path.read_text().replace("state: open", "state: closed"))
    with pytest.raises(ForgeError, match="closed, not open"):
        await forge.mark_merged(1, "def")
    await open_one(forge)
    assert (tmp_path / "2.md").exists()


@pytest.mark.parametrize(
    "text", ["", "---\nnumber: x\n---\n", "---\nurl: x\n---\n", "---\n- a\n---\n", "\ufffd"]
)
async def test_a_broken_record_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.md").write_text(text)
    with pytest.raises(ForgeError, match=r"1\.md is no pull request record: .* remove the file"):
        await LocalForge(tmp_path).find_pull_request("b")


async def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    for name in ("README.md", "0.md", "1.md.orig", ".writing-abc"):
        (tmp_path / name).write_text("text")
    forge = LocalForge(tmp_path)
    assert await forge.find_pull_request("b") is None
    await open_one(forge)
    assert (tmp_path / "1.md").exists()


def test_several_processes_never_share_a_number(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from adapters.forge.local import LocalForge
async def main():
    forge = LocalForge(Path(sys.argv[1]))
    for n in range(15):
        branch = f'{sys.argv[2]}/{n}'
        await forge.open_pull_request(branch=branch, base='main', head_sha='a', title='t', body=branch)
asyncio.run(main())
"""
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"r{n}"], cwd=PROJECT) for n in range(3)
    ]
    assert [run.wait(60) for run in runs] == [0] * 3
    branches = {path.read_text().splitlines()[-1] for path in tmp_path.glob("*.md")}
    assert branches == {f"r{run}/{n}" for run in range(3) for n in range(15)}

"""Pull requests as record files, `.fractary/pulls/<number>.md`, for repositories without a code host."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from adapters.forge import PullRequest, merged, newest, one_line
from adapters.journal.durable import locked, write_whole
from adapters.work import front_matter
from adapters.work.plain_files import read_plain
from faber.errors import ForgeError, ValidationError

_RECORD = re.compile(r"[1-9][0-9]{0,8}\.md")


class LocalForge:
    """`folder`, which exists, holds one markdown file per pull request: what it is as front matter, below it its
    body."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def find_pull_request(self, branch: str) -> PullRequest | None:
        return newest(await asyncio.to_thread(self._all), branch)

    async def open_pull_request(
        self, *, branch: str, base: str, head_sha: str, title: str, body: str
    ) -> PullRequest:
        wanted = PullRequest(
            number=0, url="", title=one_line(title), body=body, branch=branch, base=base, head_sha=head_sha
        )
        return await asyncio.to_thread(self._open, wanted)

    async def mark_merged(self, number: int, merge_sha: str) -> PullRequest:
        return await asyncio.to_thread(self._merge, number, merge_sha)

    def _open(self, wanted: PullRequest) -> PullRequest:
        with locked(self._folder):
            found = newest(self._all(), wanted.branch)
            number = found.number if found and found.state == "open" else self._free_number()
            pull = wanted.model_copy(update={"number": number, "url": self._path(number).resolve().as_uri()})
            if pull != found:
                self._write(pull)
            return pull

    def _merge(self, number: int, merge_sha: str) -> PullRequest:
        with locked(self._folder):
            path = self._path(number)
            old = self._read(path) if path.is_file() else None
            pull = merged(old, number, merge_sha, str(self._folder))
            if pull != old:
                self._write(pull)
            return pull

    def _all(self) -> list[PullRequest]:
        return [self._read(path) for path in self._named() if path.is_file() and not path.is_symlink()]

    def _named(self) -> list[Path]:
        """Whatever bears the name of a record, be it one or not."""
        entries = self._folder.iterdir() if self._folder.is_dir() else ()
        return [path for path in entries if _RECORD.fullmatch(path.name)]

    def _free_number(self) -> int:
        number = 1 + max((int(path.stem) for path in self._named()), default=0)
        if not _RECORD.fullmatch(f"{number}.md"):
            raise ForgeError(f"{self._path(number - 1)} has the last number that there is: rename it")
        return number

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.md"

    def _write(self, pull: PullRequest) -> None:
        fields = pull.model_dump(exclude={"body", "url"}, exclude_none=True)
        # An empty line sets the body off for readers; `_read` takes off exactly that one.
        text = front_matter.joined(fields, "\n" + pull.body)
        write_whole(self._path(pull.number), text.encode("utf-8", "surrogatepass"))

    def _read(self, path: Path) -> PullRequest:
        try:
            text = read_plain(path) or ""
            fields, body = front_matter.split(text, str(path))
            return PullRequest(**fields, body=body.removeprefix("\n"), url=path.resolve().as_uri())
        except (ValueError, TypeError, ValidationError) as error:
            reason = " ".join(str(error).split())[:300]
            raise ForgeError(
                f"{path} is no pull request record: {reason}. Mend its front matter or remove the file"
            ) from error

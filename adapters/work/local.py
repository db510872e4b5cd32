"""Work items as markdown files of the repository, `.fractary/issues/<id>.md`: a tracker without a server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.journal.durable import locked, replace_whole
from adapters.work import comment_id, comments, front_matter, not_found
from adapters.work.plain_files import read_plain
from faber.contract.delivery import Issue
from faber.errors import ValidationError, WorkItemError

_COMMENTS = ".comments.md"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NUMBERED = re.compile(r"((?:[A-Za-z][A-Za-z0-9]*-)?\d+)-")


@dataclass(frozen=True)
class _Item:
    path: Path
    fields: dict[str, Any]
    text: str
    broken: ValidationError | None = None

    @property
    def id(self) -> str:
        """Its own word, else the number that its file name opens with, else the file name."""
        own = front_matter.text_of(self.fields, "id", "number").removeprefix("#")
        numbered = _NUMBERED.match(self.path.stem)
        return own if _SAFE.fullmatch(own) else numbered[1] if numbered else self.path.stem

    def fit(self, wanted: str) -> int:
        """How well a name fits: 3 by front matter, 2 by file name, 1 as `<name>-slug.md`, 0 not at all."""
        own = {front_matter.text_of(self.fields, name).removeprefix("#") for name in ("id", "number")}
        if not wanted:
            return 0
        if wanted in own:
            return 3
        return 2 if self.path.stem == wanted else 1 if self.path.stem.startswith(wanted + "-") else 0


class LocalWorkItems:
    """`folder` holds `<id>.md` files. A work id is only compared with what is there: it makes no path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def fetch(self, work_id: str) -> Issue:
        return await asyncio.to_thread(self._fetch, work_id)

    async def upsert_comment(self, work_id: str, marker: str, body: str) -> str:
        await asyncio.to_thread(self._upsert, work_id, marker, body)
        return comment_id(marker)

    def _fetch(self, work_id: str) -> Issue:
        item = self._find(work_id)
        heading = re.search(r"^#[ \t]+(.+?)[ \t#]*$", item.text, re.MULTILINE)
        number = front_matter.text_of(item.fields, "number") or item.id
        return Issue(
            id=item.id,
            number=int(number) if re.fullmatch(r"[0-9]{1,15}", number) else None,
            title=front_matter.text_of(item.fields, "title") or (heading[1] if heading else item.path.stem),
            body=item.text.strip(),
            labels=front_matter.texts_of(item.fields, "labels"),
            state=front_matter.text_of(item.fields, "state", "status") or "open",
            url=item.path.resolve().as_uri(),
            author=front_matter.text_of(item.fields, "author"),
            comments=comments.read(read_plain(self._comments_file(item)) or ""),
        )

    def _upsert(self, work_id: str, marker: str, body: str) -> None:
        path = self._comments_file(self._find(work_id))
        try:
            with locked(self._folder):
                old = read_plain(path) or ""
                new = comments.upserted(old, marker, body, datetime.now(UTC).isoformat(timespec="seconds"))
                if new != old:
                    replace_whole(path, new.encode("utf-8", "replace"))
        except FileNotFoundError:
            # The checkout was moved away since the item was found in it.
            raise not_found(work_id, str(self._folder), ()) from None

    def _comments_file(self, item: _Item) -> Path:
        return self._folder / f"{item.id}{_COMMENTS}"

    def _find(self, work_id: str) -> _Item:
        items = list(self._items())
        wanted = work_id.removeprefix("#")
        fits = [(item.fit(wanted), item) for item in items]
        best = max((fit for fit, _ in fits), default=0)
        found = [item for fit, item in fits if fit == best and fit]
        if not found:
            raise not_found(work_id, str(self._folder), {item.id for item in items})
        if len(found) > 1:
            files = ", ".join(item.path.name for item in found)
            raise WorkItemError(
                f"{work_id!r} names several work items: {files}. Give each an `id` of its own"
            )
        if found[0].broken:
            raise found[0].broken
        return found[0]

    def _items(self) -> Iterator[_Item]:
        if not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob("*.md")):
            if not path.name.endswith(_COMMENTS) and not path.name.startswith("."):
                try:
                    text = read_plain(path)
                    if text is not None:
                        yield _Item(path, *front_matter.split(text.replace("\r\n", "\n"), str(path)))
                except ValidationError as error:
                    # One unreadable file must not hide the others: it fails when it is the one asked for.
                    yield _Item(path, {}, "", broken=error)

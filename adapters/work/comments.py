"""The text of `<id>.comments.md`: comments that runs write and replace, and what people write around them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from adapters.work import comment_id
from faber.contract.delivery import Comment

# No comment holds the opening of another one: an opening that somebody wrote and never closed hides nothing.
_BLOCK = re.compile(
    r"^<!-- faber:comment (?P<head>\{[^\n]*\}) -->\r?\n(?P<body>(?:(?!<!-- faber:comment )[^\n]*\n)*?)"
    r"^<!-- /faber:comment -->(?:\r?\n)?",
    re.MULTILINE,
)
_TAG = re.compile(r"<!--(\s*/?\s*faber:comment)")


@dataclass(frozen=True)
class _Block:
    id: str
    comment: Comment

    def text(self) -> str:
        head = json.dumps({"id": self.id, "author": self.comment.author, "at": self.comment.at})
        # `-->` in a value would end the HTML comment early.
        head = head.replace(">", "\\u003e")
        return f"<!-- faber:comment {head} -->\n{self.comment.body}\n<!-- /faber:comment -->\n"


def read(text: str) -> list[Comment]:
    """In the order of the file. What stands outside the runs' comments was written by people, unnamed."""
    comments, position = [], 0
    for match in _BLOCK.finditer(text):
        comments += _by_people(text[position : match.start()])
        comments.append(_block(match).comment)
        position = match.end()
    return comments + _by_people(text[position:])


def upserted(text: str, marker: str, body: str, at: str) -> str:
    """The text with exactly one comment of `marker`. The same body leaves it as it is."""
    body = _TAG.sub(r"&lt;!--\1", body.strip())
    new = _Block(comment_id(marker), Comment(author="faber", body=body, at=at))
    mine = [match for match in _BLOCK.finditer(text) if _block(match).id == new.id]
    if mine:
        for copy in reversed(mine[1:]):
            text = text[: copy.start()] + text[copy.end() :]
        same = _block(mine[0]).comment.body == body
        return text if same else text[: mine[0].start()] + new.text() + text[mine[0].end() :]
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return text + gap + new.text()


def _block(match: re.Match[str]) -> _Block:
    try:
        head = json.loads(match["head"])
    except ValueError:
        head = {}
    author, at = str(head.get("author", "")), str(head.get("at", ""))
    return _Block(str(head.get("id", "")), Comment(author=author, body=match["body"].strip(), at=at))


def _by_people(text: str) -> list[Comment]:
    return [Comment(body=text.strip())] if text.strip() else []

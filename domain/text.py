"""Other people's words made safe to print, to commit and to post: nothing in them acts, hides or forges."""

from __future__ import annotations

import re
import unicodedata

ZERO_WIDTH = "\u200b"
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CLOSING_WORD = re.compile(
    r"\b(close[sd]?|fix(?:es|ed)?|resolve[sd]?)(\s*:\s*|\s+)(?=[\w./-]*#\d|gh-\d|https?://)",
    re.IGNORECASE,
)
_ACTIVE = re.compile(r"@(?=\w)|<(?=[a-z/!?])|\[(?=faber:)|faber(?=-run:)", re.IGNORECASE)
_ENDS_ELEMENT = re.compile(r"<(?=\s*/\s*(?:work_item|specification|diff|checks)\b)", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_LINK_DEFINITION = re.compile(r"^( {0,3})\[(?=[^\]\n]+\]:)", re.MULTILINE)
_HEADING = re.compile(r"^( {0,3})(#{1,6}(?=\s|$)|=+\s*$|-+\s*$)")


def clean_text(text: str, limit: int = 100_000) -> str:
    """Without terminal escapes, control, direction and invisible characters; lines end with a newline."""
    # What is cut in any case is not looked at: this takes a second for a few megabytes.
    plain = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text[: 4 * limit + 1_000]))
    kept = "".join(letter for letter in plain if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
    return _cut(kept.strip("\n"), limit)


def clean_line(text: str, limit: int) -> str:
    """One printable line of at most `limit` characters that cannot close an issue by naming it."""
    one = " ".join(clean_text(text, limit=max(10_000, limit)).split())
    return _cut(_unclosing(one), limit).strip()


def visible(text: str, limit: int = 100_000) -> str:
    """Markdown for a committed document: what only a machine would read, a comment or a link's definition, is
    shown to people too."""
    return _LINK_DEFINITION.sub(r"\1\\[", clean_text(text, limit)).replace("<!--", "&lt;!--")


def inert(text: str) -> str:
    """Cleaned text for a code host's Markdown: no mention, no tag, no marker and no prefix of ours, nothing
    that closes an issue. A zero-width space, unseen, breaks each."""
    return _ACTIVE.sub(lambda found: found[0] + ZERO_WIDTH, _unclosing(text))


def section(text: str) -> str:
    """A paragraph under a heading of ours: its own headings become text, its open code fence is closed."""
    lines: list[str] = []
    fence = ""
    for line in text.strip().split("\n"):
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1].startswith(fence) and not found[2].strip()
            fence = "" if closes else fence
        elif found:
            fence = found[1]
        else:
            line = _HEADING.sub(r"\1\\\2", line)
        lines.append(line)
    return "\n".join([*lines, fence] if fence else lines)


def cell(text: str, limit: int = 200) -> str:
    """One cell of a Markdown table."""
    return inert(clean_line(text, limit)).replace("\\", "\\\\").replace("|", "\\|")


def code(text: str, limit: int = 300) -> str:
    """An inline code span that its content cannot end."""
    return f"`{clean_line(text, limit).replace('`', chr(39))}`"


def held(text: str) -> str:
    """Text for a prompt that cannot end the element which holds it there."""
    return _ENDS_ELEMENT.sub("&lt;", text)


def _unclosing(text: str) -> str:
    return _CLOSING_WORD.sub(r"\1\2issue ", text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\u2026"

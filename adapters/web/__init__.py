"""Other people's HTTP interfaces, as a step calls them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.web.retry_after import retry_after_s
from faber.errors import ApiCallError, ApiCallUnanswered

IDEMPOTENCY_KEY = "Idempotency-Key"
SAFE = frozenset({"GET"})
"""Methods of `api_call` that change nothing where they arrive, and may be asked twice: RFC 9110, 9.2.1."""

DEEPEST = 100
_CHARSET = re.compile(
    r"(us-)?ascii|utf-?(8|16|32)|utf-(16|32)-?[lb]e|iso-?8859-([1-9]|1[013-6])|latin-?1|(windows-|cp)125[0-8]"
    r"|koi8-[ru]|gbk|gb2312|gb18030|big5|euc-(jp|kr)|shift_jis|iso-2022-jp",
    re.ASCII,
)


@dataclass(frozen=True)
class WebAnswer:
    """`headers` are in lower case. A body is shown nowhere: it is whoever's data it is."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """By the charset that the answer names, when it is one of the web's; what does not decode is replaced."""
        named = _parameter(self.headers.get("content-type", ""), "charset").lower()
        # Python knows others, of which some take hours for a megabyte and some make half of a surrogate pair.
        return self.body.decode(named if _CHARSET.fullmatch(named) else "utf-8", "replace")

    @property
    def json(self) -> Any:
        """None when the body is no JSON that can be kept, whatever it is called: NaN and half of a surrogate pair
        stand in no history, and what is nested deeper than 100 could be neither written down nor looked through."""
        try:
            value = json.loads(self.body, parse_constant=_finite, parse_float=_finite)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        return value if _is_flat(value) else None


class Web(Protocol):
    async def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any,
        timeout_s: float,
        idempotency_key: str | None = None,
    ) -> WebAnswer:
        """The answer, of a status below 400. A body of text or bytes is sent as it is, None is none, all else is sent
        as JSON. The key goes along as a header unless the step has one of its own. `timeout_s` is for everything.

        Errors: ApiCallUnanswered for 429, 5xx and no answer at all; SsrfRefused; ApiCallError for all else. None of
        them quotes a body, a header or more of the URL than where it leads."""
        ...

    async def close(self) -> None:
        """End the connections that are kept for the next call."""
        ...


def accepted(answer: WebAnswer, called: str) -> WebAnswer:
    """The answer of `called`, such as `POST https://host`, when it says that the call was done."""
    if answer.status < 400:
        return answer
    sha256, size = hashlib.sha256(answer.body).hexdigest(), len(answer.body)
    details = {"status": answer.status, "body_sha256": sha256, "body_bytes": size}
    what = f"{called} was answered with {answer.status} (a body of {size} bytes, sha256 {sha256[:12]})"
    if answer.status == 429 or answer.status >= 500:
        wait = retry_after_s(answer.headers)
        raise ApiCallUnanswered(f"{what}; it is tried again", retry_after_s=wait, **details)
    raise ApiCallError(f"{what}; trying again gives the same answer: change the step's call", **details)


def _parameter(value: str, name: str) -> str:
    for part in value.split(";")[1:]:
        key, _, given = part.partition("=")
        if key.strip().lower() == name:
            return given.strip().strip('"')
    return ""


def _finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise ValueError(written)
    return value


def _is_flat(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
        ]
        if not level:
            return True
    return False

"""What a step wants to send, in the form in which it is sent, or refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.web import IDEMPOTENCY_KEY
from faber.errors import ApiCallError

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
# They belong to the connection, or say to whom the call goes: a step that set them could say one thing and do another.
OURS = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
        *("proxy-authorization", "proxy-connection", "transfer-encoding", "upgrade"),
    }
)
# All that another host is told after a redirect: any other header may be a key.
HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
OF_A_BODY = frozenset({"content-type", "content-language", "content-encoding"})
USER_AGENT = "faber"


@dataclass(frozen=True)
class Sent:
    """`headers` are in lower case."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None

    def to_another_host(self) -> Sent:
        return replace(
            self, headers={name: value for name, value in self.headers.items() if name in HARMLESS}
        )

    def as_get(self) -> Sent:
        headers = {name: value for name, value in self.headers.items() if name not in OF_A_BODY}
        return Sent("GET", headers, None)


def to_send(method: str, headers: Mapping[str, str], body: Any, idempotency_key: str | None) -> Sent:
    """Errors: ApiCallError."""
    if not _NAME.fullmatch(method):
        raise ApiCallError(f"{method[:20]!r} is no HTTP method")
    written = {"user-agent": USER_AGENT, "accept": "*/*"}
    content, kind = _content(body)
    if kind:
        written["content-type"] = kind
    if idempotency_key is not None:
        written[IDEMPOTENCY_KEY.lower()] = idempotency_key
    # Blanks around a value are none of it: RFC 9110, 5.5.
    written |= {name.lower(): value.strip(" \t") for name, value in headers.items()}
    for name, value in written.items():
        _check(name, value)
    return Sent(method.upper(), written, content)


def _content(body: Any) -> tuple[bytes | None, str | None]:
    if body is None:
        return None, None
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    try:
        if isinstance(body, str):
            return body.encode(), "text/plain; charset=utf-8"
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode(), "application/json"
    except (TypeError, ValueError, RecursionError) as error:
        # UnicodeEncodeError quotes what it could not encode.
        reason = "half of a surrogate pair is in it" if isinstance(error, UnicodeError) else str(error)
        raise ApiCallError(f"The body cannot be sent as JSON or text: {reason[:200]}") from None


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name):
        raise ApiCallError(f"{name[:80]!r} is no name of a header: letters, digits and dashes make one")
    if name in OURS:
        raise ApiCallError(f"The header {name} is not the step's to set: leave it out")
    if not _VALUE.fullmatch(value):
        raise ApiCallError(
            f"The value of the header {name} holds a line break or another character that no header has: "
            "encode it, or take it out"
        )

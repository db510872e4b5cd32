"""The body of an answer, read as it comes and never beyond its limit, packed or not."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from faber.errors import ApiCallError, ApiCallUnanswered

PACKED = "gzip"
_ANY_GZIP = 16 + zlib.MAX_WBITS


class TooLarge(Exception):
    """There is more of the body than `body`, which is all that was read."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


async def read(chunks: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """Errors: TooLarge; ApiCallError for an encoding that was not asked for, or that is broken."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", PACKED, "x-gzip"):
        raise ApiCallError(f"The answer is encoded as {encoding[:40]!r}, which was not asked for")
    body = bytearray()
    unpack = zlib.decompressobj(_ANY_GZIP) if encoding in (PACKED, "x-gzip") else None
    async for chunk in chunks:
        body += chunk if unpack is None else _unpacked(unpack, chunk, limit - len(body) + 1)
        if len(body) > limit:
            raise TooLarge(bytes(body))
    if unpack is not None and not unpack.eof and body:
        raise ApiCallUnanswered("The packed answer stops before its end")
    return bytes(body)


def _unpacked(unpack: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    """At most `room` bytes: a small chunk may unpack to a thousand times its size."""
    try:
        return unpack.decompress(chunk, room)
    except zlib.error as error:
        raise ApiCallError(f"The packed answer cannot be unpacked: {error}") from None

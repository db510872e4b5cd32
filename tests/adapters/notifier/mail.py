"""A real SMTP server on loopback that keeps what it takes, and refuses what it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD = "me@example.org", "p@ss:word/"


class Told(NamedTuple):
    to: str
    subject: str
    text: str


@dataclass
class Mailbox:
    """`replies` are what the server says to a recipient, one for each mail, before it takes any. `hangs_up` ends a
    connection where others say goodbye."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    hangs_up: bool = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.replies:
            return self.replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=default))
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        self.over_tls.append(session.ssl is not None)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hangs_up:
            assert server.transport is not None
            server.transport.close()
        return "221 Bye"

    def told(self) -> list[Told]:
        return [Told(mail["To"], mail["Subject"], _text(mail)) for mail in self.mails]

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


def _text(mail: EmailMessage) -> str:
    """Mail ends with a line break, whatever was sent."""
    return str(mail.get_content()).replace("\r\n", "\n").removesuffix("\n")


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, login: bool = False
) -> AsyncIterator[Mailbox]:
    box = Mailbox()
    told: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if login:
        told |= {
            "authenticator": box.authenticate,
            "auth_required": True,
            "auth_require_tls": starttls is not None,
        }
    loop = asyncio.get_running_loop()

    def answer() -> SMTP:
        return SMTP(box, hostname="mail.test", enable_SMTPUTF8=True, loop=loop, **told)

    server = await loop.create_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        box.port = server.sockets[0].getsockname()[1]
        yield box

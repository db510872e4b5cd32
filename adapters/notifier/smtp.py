"""Notices as e-mail, sent through one SMTP server and then noted in the outbox."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import smtplib
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from adapters.notifier import Notice, notice
from adapters.notifier.mail_server import MailServer
from adapters.notifier.outbox import Outbox
from faber.errors import NotifyError, NotifyUnanswered

TIMEOUT_S = 30.0


class SmtpNotifier:
    """`sent` remembers what went out, so that a repeated notice is not sent again; one that was sent just before its
    worker was killed has the same Message-ID, by which mail programs know it. `tls` absent: the usual authorities."""

    def __init__(
        self,
        server: MailServer,
        sent: Outbox,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._server = server
        self._sent = sent
        self._now = now
        self._tls = tls
        self._timeout_s = timeout_s
        self._one_after_the_other = asyncio.Lock()

    async def notify(self, to: str, subject: str, text: str, key: str) -> None:
        told = notice(to, subject, text, key)
        async with self._one_after_the_other:
            await asyncio.to_thread(self._send_once, told)

    def _send_once(self, told: Notice) -> None:
        if self._sent.has(told.key):
            return
        problem: NotifyError | None = None
        try:
            self._send(self._message(told))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            problem = self._said(told, error)
        # Raised outside the handler: what the library raises may quote what was sent.
        if problem is not None:
            raise problem
        self._sent.add(told)

    def _message(self, told: Notice) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._server.sender
        message["To"] = told.to
        message["Subject"] = told.subject
        message["Date"] = self._now()
        domain = self._server.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{hashlib.sha256(told.key.encode()).hexdigest()[:32]}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(told.text)
        return message

    def _send(self, message: EmailMessage) -> None:
        connection = self._connection()
        try:
            if self._server.starttls:
                connection.starttls(context=self._tls or ssl.create_default_context())
            if self._server.user:
                connection.login(self._server.user, self._server.password)
            connection.send_message(message)
            # It is accepted: a server that hangs up now must not get it again.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                connection.quit()
        finally:
            connection.close()

    def _connection(self) -> smtplib.SMTP:
        place = (self._server.host, self._server.port)
        # Looking the full name up may wait for a name server; servers take this one.
        name = socket.gethostname()
        if self._server.tls_from_the_start:
            context = self._tls or ssl.create_default_context()
            return smtplib.SMTP_SSL(*place, local_hostname=name, timeout=self._timeout_s, context=context)
        return smtplib.SMTP(*place, local_hostname=name, timeout=self._timeout_s)

    def _said(self, told: Notice, error: Exception) -> NotifyError:
        what = f"{told.to} cannot be told by {self._server}: {_words(error)}"
        if _permanent(error):
            return NotifyError(f"{what}. Check the address and FABER_SMTP_URL")
        return NotifyUnanswered(f"{what}; it is tried again")


def _codes(error: Exception) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _permanent(error: Exception) -> bool:
    """A server's 5xx is final, its 4xx is not; neither TLS that it lacks nor its certificate mends itself."""
    if codes := _codes(error):
        return all(code >= 500 for code in codes)
    return isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError | UnicodeError)


def _words(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        # It quotes all that it could not encode.
        return f"{type(error).__name__}: a character that mail cannot carry"
    said = error.recipients.values() if isinstance(error, smtplib.SMTPRecipientsRefused) else [error.args]
    words = " ".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
        for parts in said
        for part in parts
    )
    return f"{type(error).__name__}: {' '.join(words.split())[:300]}"

"""FABER_SMTP_URL: which mail server, who logs in, and who sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from adapters.notifier import notice
from faber.contract.wire import masked
from faber.errors import ConfigurationError, NotifyError

VARIABLE = "FABER_SMTP_URL"
SUBMISSION, SUBMISSION_OVER_TLS = 587, 465
YES, NO = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True
    tls_from_the_start: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def read(cls, url: str) -> MailServer:
        """`smtp://user:password@host:587?from=faber@example.org&starttls=true`, or `smtps://` for TLS from the start.
        User and password may be left out, and are percent-encoded ASCII. Errors: ConfigurationError."""
        try:
            parts = urlsplit(url.strip())
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            sender = notice(options.pop("from", ""), "", "", "").to
            wanted = options.pop("starttls", "true").lower()
            if (
                options
                or parts.scheme not in ("smtp", "smtps")
                or not parts.hostname
                or wanted not in YES + NO
            ):
                raise ValueError(url)
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
            # Python's SMTP logs in with nothing else.
            if not (user + password).isascii():
                raise ValueError(url)
            over_tls = parts.scheme == "smtps"
            return cls(
                host=parts.hostname,
                port=parts.port or (SUBMISSION_OVER_TLS if over_tls else SUBMISSION),
                sender=sender,
                user=user,
                password=password,
                starttls=not over_tls and wanted in YES,
                tls_from_the_start=over_tls,
            )
        except (ValueError, NotifyError):
            raise ConfigurationError(
                f"{VARIABLE} is {masked(url)!r}: write smtp://user:password@host:port?from=faber@example.org, "
                "with &starttls=false for a server without TLS, or smtps:// for one with TLS from the start"
            ) from None

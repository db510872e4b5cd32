"""The notifier that the environment asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.notifier import Notifier
from adapters.notifier.mail_server import VARIABLE, MailServer
from adapters.notifier.outbox import Outbox
from adapters.notifier.smtp import SmtpNotifier


def open_notifier(environment: Mapping[str, str], data_dir: Path) -> Notifier:
    """E-mail by FABER_SMTP_URL; without it the outbox of the data folder alone. Errors: ConfigurationError."""
    outbox = Outbox(data_dir / "outbox.jsonl")
    url = environment.get(VARIABLE, "").strip()
    return SmtpNotifier(MailServer.read(url), outbox) if url else outbox

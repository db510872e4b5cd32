"""E-mail over a real SMTP server: what is sent, when it is tried again, and with which server words are exchanged."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from adapters.notifier.mail_server import MailServer
from adapters.notifier.outbox import Outbox
from adapters.notifier.smtp import SmtpNotifier
from faber.errors import ConfigurationError, NotifyError, NotifyUnanswered
from tests.adapters.notifier.mail import PASSWORD, USER, Mailbox, mail_server

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def notifier(box: Mailbox, folder: Path, *, tls: ssl.SSLContext | None = None, **more: Any) -> SmtpNotifier:
    server = MailServer("127.0.0.1", box.port, "faber@example.org", **{"starttls": False, **more})
    return SmtpNotifier(server, Outbox(folder / "outbox.jsonl"), now=lambda: NOON, tls=tls, timeout_s=5.0)


async def tell(by: SmtpNotifier, key: str = "run/step/ann") -> None:
    await by.notify("ann@example.org", "Approval needed", "Please look", key)


async def test_a_mail_has_the_headers_of_one_that_a_program_sent(tmp_path: Path) -> None:
    async with mail_server() as box:
        await tell(notifier(box, tmp_path))
    (mail,), (envelope,) = box.mails, box.envelopes
    assert envelope == ("faber@example.org", ["ann@example.org"])
    assert (mail["From"], mail["To"]) == ("faber@example.org", "ann@example.org")
    assert mail["Date"] == "Fri, 01 May 2026 12:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_the_same_notice_has_the_same_message_id_wherever_it_is_sent_from(tmp_path: Path) -> None:
    async with mail_server() as box:
        await tell(notifier(box, tmp_path / "one"))
        await tell(notifier(box, tmp_path / "other"))
        await tell(notifier(box, tmp_path / "other"), "another")
    first, again, another = (mail["Message-ID"] for mail in box.mails)
    assert first == again
    assert first != another
    assert first.endswith("@example.org>")


async def test_what_went_out_is_noted_and_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    async with mail_server() as box:
        for _ in range(2):
            await tell(notifier(box, tmp_path))
    assert len(box.mails) == 1
    assert Outbox(tmp_path / "outbox.jsonl").has("run/step/ann")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("450 Mailbox busy", NotifyUnanswered),
        ("421 Too many", NotifyUnanswered),
        ("550 No such user", NotifyError),
        ("553 Not allowed", NotifyError),
    ],
)
async def test_a_recipient_that_is_refused_for_now_may_be_told_later_and_another_never(
    tmp_path: Path, reply: str, error: type[NotifyError]
) -> None:
    async with mail_server() as box:
        box.replies.append(reply)
        by = notifier(box, tmp_path)
        with pytest.raises(NotifyError, match=f"{reply.split()[0]} .*{reply.split()[-1]}") as caught:
            await tell(by)
        assert type(caught.value) is error
        assert box.mails == []
        await tell(by)
    assert len(box.mails) == 1


async def test_a_server_that_is_away_is_asked_again(tmp_path: Path) -> None:
    async with mail_server() as box:
        pass
    with pytest.raises(NotifyUnanswered, match=rf"127.0.0.1:{box.port}.*tried again"):
        await tell(notifier(box, tmp_path))
    assert not Outbox(tmp_path / "outbox.jsonl").has("run/step/ann")


async def test_a_server_that_hangs_up_at_the_end_has_the_mail_all_the_same(tmp_path: Path) -> None:
    async with mail_server() as box:
        box.hangs_up = True
        by = notifier(box, tmp_path)
        await tell(by)
        await tell(by)
    assert len(box.mails) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def proving(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def logging_in(box: Mailbox, folder: Path, authority: trustme.CA, password: str) -> SmtpNotifier:
    return notifier(box, folder, tls=trusting(authority), starttls=True, user=USER, password=password)


async def test_who_must_log_in_does_after_starttls(tmp_path: Path, authority: trustme.CA) -> None:
    async with mail_server(starttls=proving(authority), login=True) as box:
        await tell(logging_in(box, tmp_path, authority, PASSWORD))
    assert box.over_tls == [True]


async def test_a_wrong_password_is_permanent_and_not_said(tmp_path: Path, authority: trustme.CA) -> None:
    async with mail_server(starttls=proving(authority), login=True) as box:
        with pytest.raises(NotifyError, match=r"535.*FABER_SMTP_URL") as caught:
            await tell(logging_in(box, tmp_path, authority, "opens-sesame"))
    assert type(caught.value) is NotifyError
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


async def test_what_mail_cannot_carry_is_refused_and_not_quoted(
    tmp_path: Path, authority: trustme.CA
) -> None:
    async with mail_server(starttls=proving(authority), login=True) as box:
        with pytest.raises(NotifyError, match="UnicodeEncodeError: a character") as caught:
            await tell(logging_in(box, tmp_path, authority, "opens-sesame-ä"))
        assert "sesame" not in str(caught.value)
        with pytest.raises(NotifyError, match="UnicodeEncodeError: a character"):
            told = logging_in(box, tmp_path, authority, PASSWORD)
            await told.notify("ann@example.org", "subject", "half \ud800", "key")
    assert box.mails == []


async def test_words_are_exchanged_over_tls_from_the_start(tmp_path: Path, authority: trustme.CA) -> None:
    async with mail_server(tls=proving(authority)) as box:
        await tell(notifier(box, tmp_path, tls=trusting(authority), tls_from_the_start=True))
    assert len(box.mails) == 1


async def test_a_server_without_tls_gets_no_mail_where_tls_is_wanted(tmp_path: Path) -> None:
    async with mail_server() as box:
        with pytest.raises(NotifyError, match="STARTTLS") as caught:
            await tell(notifier(box, tmp_path, starttls=True))
    assert type(caught.value) is NotifyError
    assert box.mails == []


@pytest.mark.parametrize("name", ["127.0.0.1", "other.test"])
async def test_a_server_that_does_not_prove_its_name_gets_no_mail(
    tmp_path: Path, authority: trustme.CA, name: str
) -> None:
    trusted = trusting(authority) if name == "other.test" else None
    async with mail_server(starttls=proving(authority, name)) as box:
        with pytest.raises(NotifyError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            await tell(notifier(box, tmp_path, starttls=True, tls=trusted))
    assert type(caught.value) is NotifyError
    assert box.mails == []


async def test_an_address_of_any_script_is_sent_to(tmp_path: Path) -> None:
    async with mail_server() as box:
        await notifier(box, tmp_path).notify("änn@exämple.org", "subject", "text", "key")
    assert box.envelopes == [("faber@example.org", ["änn@exämple.org"])]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.org?from=a@b.org", MailServer("mail.org", 587, "a@b.org")),
        (
            "smtp://mail.org:25?from=a@b.org&starttls=false",
            MailServer("mail.org", 25, "a@b.org", starttls=False),
        ),
        (
            "smtps://me%40b.org:p%40ss%3Aw%2F@mail.org?from=a@b.org",
            MailServer(
                "mail.org",
                465,
                "a@b.org",
                user="me@b.org",
                password="p@ss:w/",
                starttls=False,
                tls_from_the_start=True,
            ),
        ),
    ],
)
def test_a_url_says_server_login_and_sender(url: str, server: MailServer) -> None:
    assert MailServer.read(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.org",
        "http://mail.org?from=a@b.org",
        "smtp://mail.org",
        "smtp://mail.org?from=nobody",
        "smtp://?from=a@b.org",
        "smtp://mail.org:port?from=a@b.org",
        "smtp://mail.org?from=a@b.org&starttls=maybe",
        "smtp://mail.org?from=a@b.org&color=red",
        "smtp://mail.org?from=a@b.org%0d%0aBcc:%20c@d.org",
        "smtp://me:opens-sesame@mail.org?from=",
        "smtp://me:opens-sesame%C3%A4@mail.org?from=a@b.org",
    ],
)
def test_a_url_that_lacks_something_is_refused_with_an_example_and_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"FABER_SMTP_URL.*write smtp://") as caught:
        MailServer.read(url)
    assert "sesame" not in str(caught.value)

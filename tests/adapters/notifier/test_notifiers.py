"""A person is told once, whoever carries the notice: a file, an SMTP server, memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.notifier import Notifier
from adapters.notifier.create import open_notifier
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.notifier.outbox import Outbox
from adapters.notifier.smtp import SmtpNotifier
from faber.errors import ConfigurationError, NotifyError
from tests.adapters.notifier.mail import Told, mail_server


class Post(NamedTuple):
    notifier: Notifier
    told: Callable[[], list[Told]]


def lines(file: Path) -> list[Told]:
    read = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [Told(one["to"], one["subject"], one["text"]) for one in read]


@pytest.fixture(params=["outbox", "smtp", "in memory"])
async def post(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Post]:
    if request.param == "in memory":
        memory = InMemoryNotifier()
        yield Post(memory, lambda: [Told(one.to, one.subject, one.text) for one in memory.notices])
    elif request.param == "outbox":
        yield Post(open_notifier({}, tmp_path), lambda: lines(tmp_path / "outbox.jsonl"))
    else:
        async with mail_server() as box:
            url = f"smtp://127.0.0.1:{box.port}?from=faber@example.org&starttls=false"
            yield Post(open_notifier({"FABER_SMTP_URL": url}, tmp_path), box.told)


async def test_a_person_is_told_word_for_word(post: Post) -> None:
    text = "Line one\n\n.a dot\nä 日本\n" + "long " * 400
    await post.notifier.notify("ann@example.org", "Approval needed: ä", text, "run/step/ann")
    assert post.told() == [Told("ann@example.org", "Approval needed: ä", text)]


async def test_the_same_key_again_tells_nobody(post: Post) -> None:
    for subject in ("first", "second"):
        await post.notifier.notify("ann@example.org", subject, "text", "run/step/ann")
    await post.notifier.notify("bob@example.org", "third", "text", "run/step/bob")
    assert [one.subject for one in post.told()] == ["first", "third"]


async def test_twenty_at_once_with_one_key_are_one_notice(post: Post) -> None:
    asked = [post.notifier.notify("ann@example.org", "subject", "text", "key") for _ in range(20)]
    await asyncio.gather(*asked)
    assert len(post.told()) == 1


async def test_keys_that_hold_one_another_are_different_keys(post: Post) -> None:
    keys = ["run/step/1", "run/step/11", "un/step/1", 'a"', "a", "", "subject", "text"]
    for key in keys:
        await post.notifier.notify("ann@example.org", "subject", "text", key)
    assert len(post.told()) == len(keys)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example.org\r\nBcc: eve@example.org",
        "ann@example.org\nBcc: eve@example.org",
        "ann@example.org, eve@example.org",
        "ann@example.org;eve@example.org",
        "Ann <ann@example.org>",
        "ann@example.org\0",
        "a b@example.org",
        "a@b@example.org",
        "a" * 250 + "@example.org",
    ],
)
async def test_what_is_not_one_address_is_refused_by_name(post: Post, to: str) -> None:
    with pytest.raises(NotifyError, match="no e-mail address") as caught:
        await post.notifier.notify(to, "subject", "text", "key")
    assert caught.value.permanent
    assert post.told() == []


async def test_a_subject_of_two_lines_is_one_line_and_no_header(post: Post) -> None:
    await post.notifier.notify("ann@example.org", "one\r\nBcc: eve@example.org\r\n\r\nbody", "text", "key")
    assert post.told() == [Told("ann@example.org", "one Bcc: eve@example.org body", "text")]


async def test_what_was_told_is_known_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        await open_notifier({}, tmp_path).notify("ann@example.org", "subject", "text", "key")
    assert len(lines(tmp_path / "outbox.jsonl")) == 1


async def test_two_workers_of_a_host_write_one_outbox(tmp_path: Path) -> None:
    workers = [open_notifier({}, tmp_path) for _ in range(4)]
    told = [worker.notify("ann@example.org", str(n), "text", str(n)) for n in range(25) for worker in workers]
    await asyncio.gather(*told)
    assert sorted(int(one.subject) for one in lines(tmp_path / "outbox.jsonl")) == list(range(25))


async def test_a_line_that_was_not_finished_is_written_again(tmp_path: Path) -> None:
    notifier = open_notifier({}, tmp_path)
    for name in ("ann", "bob"):
        await notifier.notify(f"{name}@example.org", "subject", "text", name)
    outbox = tmp_path / "outbox.jsonl"
    # All but the newline: it may be complete by chance, and yet nobody was told that it is.
    outbox.write_bytes(outbox.read_bytes()[:-1])
    for name in ("bob", "cat"):
        await notifier.notify(f"{name}@example.org", "subject", "text", name)
    assert [one.to for one in lines(outbox)] == ["ann@example.org", "bob@example.org", "cat@example.org"]


async def test_a_line_of_somebody_else_in_the_outbox_is_no_notice(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    outbox.write_bytes(b'"key"\n["key"]\n{broken "key"\n\xff "key"\n')
    await open_notifier({}, tmp_path).notify("ann@example.org", "subject", "text", "key")
    assert json.loads(outbox.read_bytes().splitlines()[-1])["to"] == "ann@example.org"


async def test_nobody_else_on_the_host_reads_the_outbox(tmp_path: Path) -> None:
    await open_notifier({}, tmp_path).notify("ann@example.org", "subject", "text", "key")
    assert (tmp_path / "outbox.jsonl").stat().st_mode & 0o077 == 0


def test_the_environment_says_who_carries(tmp_path: Path) -> None:
    assert isinstance(open_notifier({}, tmp_path), Outbox)
    assert isinstance(open_notifier({"FABER_SMTP_URL": " "}, tmp_path), Outbox)
    assert isinstance(open_notifier({"FABER_SMTP_URL": "smtp://mail?from=a@b.org"}, tmp_path), SmtpNotifier)
    with pytest.raises(ConfigurationError):
        open_notifier({"FABER_SMTP_URL": "mail.example.org"}, tmp_path)

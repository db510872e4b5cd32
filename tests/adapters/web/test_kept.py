"""A connection is kept for what may be asked twice, and for nobody else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from adapters.web import kept
from adapters.web.http import HttpWeb
from faber.errors import ApiCallUnanswered
from tests.adapters.web.asking import get
from tests.adapters.web.conftest import MakeWeb, every_name_here
from tests.adapters.web.test_destinations import proving, trusting
from tests.waiting import eventually

Answer = Callable[["Site", asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Site:
    """A service that counts connections and what it is asked on each; `answer` is what each question gets."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[str] = []
        self.connections = 0
        self.open = 0
        self.port = 0
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.asked.append(head.split()[0].decode())
                await self._answer(self, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            # The other side has ended it.
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    site = Site(answer)
    async with await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=tls) as server:
        site.port = server.sockets[0].getsockname()[1]
        yield site
        await eventually(lambda: site.open == 0, "every connection is ended")


async def answers(site: Site, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


async def answers_once(site: Site, writer: asyncio.StreamWriter) -> None:
    """Ends the connection at its second question, without an answer to that."""
    if len(site.asked) == 2:
        writer.close()
    else:
        writer.write(OK)


def when_all_ask(how_many: int) -> Answer:
    together = asyncio.Barrier(how_many)

    async def answers_all(site: Site, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        writer.write(OK)

    return answers_all


async def post(web: HttpWeb, url: str) -> bytes:
    return (await web.call("POST", url, {}, None, 10, "key-1")).body


async def test_what_is_asked_one_after_the_other_goes_over_one_connection(web: HttpWeb) -> None:
    async with serving(answers) as site:
        for _ in range(5):
            assert await get(web, f"http://api.test:{site.port}/") == b"{}"
        assert (site.connections, len(site.asked)) == (1, 5)
        await web.close()


async def test_a_connection_carries_one_call_at_a_time(web: HttpWeb) -> None:
    async with serving(when_all_ask(3)) as site:
        await asyncio.gather(*(get(web, f"http://api.test:{site.port}/") for _ in range(3)))
        assert site.connections == 3
        await asyncio.gather(*(get(web, f"http://api.test:{site.port}/") for _ in range(3)))
        assert (site.connections, len(site.asked)) == (3, 6)
        await web.close()


async def test_a_get_that_found_its_connection_ended_is_asked_again_on_a_new_one(web: HttpWeb) -> None:
    async with serving(answers_once) as site:
        for _ in range(3):
            assert await get(web, f"http://api.test:{site.port}/") == b"{}"
        assert (site.connections, site.asked) == (2, ["GET"] * 4)
        await web.close()


async def test_a_new_connection_that_ends_without_an_answer_is_an_error(web: HttpWeb) -> None:
    async def ends(site: Site, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with serving(ends) as site:
        with pytest.raises(ApiCallUnanswered, match="RemoteProtocolError"):
            await get(web, f"http://api.test:{site.port}/")
        assert site.asked == ["GET"]


async def test_a_call_that_may_do_something_has_a_connection_of_its_own(web: HttpWeb) -> None:
    async with serving(answers) as site:
        await get(web, f"http://api.test:{site.port}/")
        await post(web, f"http://api.test:{site.port}/")
        await post(web, f"http://api.test:{site.port}/")
        assert (site.connections, site.asked) == (3, ["GET", "POST", "POST"])
        await web.close()


async def test_an_answer_that_broke_off_is_nobody_elses(web: HttpWeb) -> None:
    async def hangs_at_first(site: Site, writer: asyncio.StreamWriter) -> None:
        writer.write(OK if len(site.asked) > 1 else OK[:-1])

    async with serving(hangs_at_first) as site:
        with pytest.raises(ApiCallUnanswered, match=r"within 0\.1 s"):
            await web.call("GET", f"http://api.test:{site.port}/", {}, None, 0.1)
        assert await get(web, f"http://api.test:{site.port}/") == b"{}"
        assert site.connections == 2
        await web.close()


async def test_what_was_proved_of_one_name_is_not_taken_for_another(make_web: MakeWeb) -> None:
    """Both names lead to one address, and its certificate is for one of them."""
    authority = trustme.CA()
    settings = {"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}
    web = make_web(settings, resolve=every_name_here, tls=trusting(authority))
    async with serving(answers, proving(authority, "api.test")) as site:
        for _ in range(2):
            assert await get(web, f"https://api.test:{site.port}/") == b"{}"
        assert site.connections == 1
        with pytest.raises(ApiCallUnanswered, match="CERTIFICATE_VERIFY_FAILED"):
            await get(web, f"https://other.test:{site.port}/")
        await web.close()


async def test_a_connection_that_nobody_uses_is_ended(web: HttpWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT_S", 0.01)
    async with serving(answers) as site:
        await get(web, f"http://api.test:{site.port}/")
        await eventually(lambda: site.open == 0, "the connection is ended")
        await get(web, f"http://api.test:{site.port}/")
        assert site.connections == 2
        await eventually(lambda: site.open == 0, "the connection is ended")


async def test_no_more_than_so_many_are_kept(web: HttpWeb) -> None:
    many = kept.MOST_KEPT + 5
    async with serving(when_all_ask(many)) as site:
        await asyncio.gather(*(get(web, f"http://api.test:{site.port}/") for _ in range(many)))
        assert site.connections == many
        await eventually(lambda: site.open == kept.MOST_KEPT, "the others are ended")
        await web.close()

"""Where a step may not reach, however the address is spelled, resolved, or redirected to."""

from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_address

import pytest
import trustme

from adapters.web.addresses import Exceptions, is_public
from adapters.web.http import HttpWeb
from faber.errors import ApiCallError, ApiCallUnanswered, ConfigurationError, SsrfRefused
from tests.adapters.web.asking import SECRET, answers, get
from tests.adapters.web.conftest import MakeWeb, Serve, every_name_here
from tests.adapters.web.server import Says, Server
from tests.waiting import eventually

REFUSED = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
    *(
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "203.0.113.9",
    ),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::1", "2001:0:7f00:1::1"),
]


async def test_what_a_refusal_says_to_allow_is_what_allows_it() -> None:
    with pytest.raises(SsrfRefused, match=r"put \[::1\]:80 into FABER_ALLOW_PRIVATE_ADDRESSES"):
        await get(HttpWeb({}), "http://[::1]/")
    allowed = Exceptions.of({"FABER_ALLOW_PRIVATE_ADDRESSES": "[::1]:80"})
    assert allowed.allow("::1", 80, ip_address("::1"))


@pytest.mark.parametrize("address", REFUSED)
async def test_an_address_that_is_not_public_is_refused_as_it_stands_and_behind_a_name(address: str) -> None:
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(SsrfRefused, match="no public address"):
        await get(HttpWeb({}), f"http://{literal}/latest/meta-data")
    with pytest.raises(SsrfRefused, match=r"api.test leads to .*FABER_ALLOW_PRIVATE_ADDRESSES") as caught:
        await get(HttpWeb({}, resolve=answers(address)), "https://api.test/")
    assert caught.value.permanent


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "0",
        "localhost",
    ],
)
async def test_another_spelling_of_an_address_is_that_address(host: str) -> None:
    """By this system's own resolver, which takes them."""
    with pytest.raises(SsrfRefused, match="no public address"):
        await get(HttpWeb({}), f"http://{host}:9/")


@pytest.mark.parametrize(
    "host",
    [
        "0177.0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "127。0。0。1",
        "ⓛocalhost",
        "LOCALHOST",
        "localhost.",
        "xn--a",
    ],
)
async def test_a_spelling_that_only_looks_otherwise_reaches_nothing(host: str) -> None:
    with pytest.raises(ApiCallError, match=r"no public address|cannot be (read|looked up)"):
        await get(HttpWeb({}), f"http://{host}:9/")


async def test_one_address_that_is_not_public_spoils_the_name() -> None:
    with pytest.raises(SsrfRefused, match=r"leads to 10\.0\.0\.1"):
        await get(HttpWeb({}, resolve=answers("8.8.8.8", "10.0.0.1")), "http://api.test/")


async def test_a_name_is_looked_up_once_and_what_was_checked_is_what_is_reached(
    serve: Serve, make_web: MakeWeb
) -> None:
    server, asked = serve(lambda asked: Says(body=asked.headers["host"].encode())), []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    web = make_web({"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}, resolve=rebinding)
    assert await get(web, f"http://rebinding.test:{server.port}/") == f"rebinding.test:{server.port}".encode()
    assert asked == ["rebinding.test"]
    with pytest.raises(SsrfRefused, match=r"10\.0\.0\.1"):
        await get(web, f"http://rebinding.test:{server.port}/")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://api.test/", "only http:// and https://"),
        ("file:///etc/passwd", "only http:// and https://"),
        ("gopher://api.test/", "only http:// and https://"),
        ("//api.test/", "only http:// and https://"),
        ("http:///path", "only http:// and https://"),
        ("", "only http:// and https://"),
        (f"http://me:{SECRET}@api.test/", "user name or a password"),
        ("http://api.test@127.0.0.1/", "user name or a password"),
        ("http://api.test/\r\nX-Injected: 1", "line break"),
        ("http://api.test/a b", "space"),
        ("http://api.test:99999/", "no port 99999"),
        ("http://api.test:0/", "no port 0"),
        ("http://api.test:x/", "cannot be read"),
    ],
)
async def test_a_url_that_is_more_or_less_than_one_is_refused(url: str, said: str) -> None:
    with pytest.raises(ApiCallError, match=said) as caught:
        await get(HttpWeb({}, resolve=answers("8.8.8.8")), url)
    assert SECRET not in str(caught.value)
    assert caught.value.permanent


async def test_a_name_without_an_address_may_have_one_later() -> None:
    async def fails(host: str, port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    for resolve in (fails, answers()):
        with pytest.raises(ApiCallUnanswered, match=r"api.test"):
            await get(HttpWeb({}, resolve=resolve), "http://api.test/")


@pytest.mark.parametrize(
    ("setting", "host", "port", "address", "allowed"),
    [
        ("localhost", "localhost", 8080, "127.0.0.1", True),
        ("localhost:8080", "localhost", 8080, "127.0.0.1", True),
        ("localhost:8080", "localhost", 8081, "127.0.0.1", False),
        ("localhost", "other", 80, "127.0.0.1", False),
        ("build.internal, 10.0.0.0/8", "any", 80, "10.9.9.9", True),
        ("10.0.0.0/8", "any", 80, "11.0.0.1", False),
        ("10.1.2.3:443", "build", 443, "10.1.2.3", True),
        ("10.1.2.3:443", "build", 80, "10.1.2.3", False),
        ("[::1]:80", "::1", 80, "::1", True),
        ("[::1]:80", "::1", 81, "::1", False),
        ("::1", "name", 81, "::1", True),
        ("fd00::/8", "name", 81, "fd00::7", True),
        ("BUILD.internal", "build.INTERNAL.", 80, "10.0.0.1", True),
        (" , ", "localhost", 80, "127.0.0.1", False),
    ],
)
def test_what_is_allowed_is_said_by_name_by_port_or_by_network(
    setting: str, host: str, port: int, address: str, allowed: bool
) -> None:
    exceptions = Exceptions.of({"FABER_ALLOW_PRIVATE_ADDRESSES": setting})
    assert exceptions.allow(host, port, ip_address(address)) is allowed


@pytest.mark.parametrize(
    "setting", ["10.1.0.5/16", "host:port", "host:0", "host:99999", "http://host", "a b", ":80"]
)
def test_an_exception_that_says_nothing_is_refused_when_the_web_is_made(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="FABER_ALLOW_PRIVATE_ADDRESSES has"):
        HttpWeb({"FABER_ALLOW_PRIVATE_ADDRESSES": f"localhost, {setting}"})


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def proving(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("name", "proved"), [("api.test", True), ("other.test", False), ("127.0.0.1", False)]
)
async def test_a_certificate_must_prove_the_name_and_not_the_address(
    authority: trustme.CA, name: str, proved: bool, make_web: MakeWeb
) -> None:
    with Server(lambda asked: Says(), proving(authority, name)) as server:
        settings = {"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}
        web = make_web(settings, resolve=every_name_here, tls=trusting(authority))
        call = get(web, f"https://api.test:{server.port}/")
        if proved:
            assert await call == b"{}"
            assert server.asked[0].headers["host"] == f"api.test:{server.port}"
            return
        with pytest.raises(ApiCallUnanswered, match="CERTIFICATE_VERIFY_FAILED"):
            await call
        assert server.asked == []


async def test_a_certificate_of_nobody_known_is_refused(authority: trustme.CA, make_web: MakeWeb) -> None:
    with Server(lambda asked: Says(), proving(authority, "api.test")) as server:
        web = make_web({"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}, resolve=every_name_here)
        with pytest.raises(ApiCallUnanswered, match="CERTIFICATE_VERIFY_FAILED"):
            await get(web, f"https://api.test:{server.port}/")


async def test_a_call_that_is_cancelled_ends_at_once(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(hangs=True))
    call = asyncio.create_task(get(web, f"http://api.test:{server.port}/"))
    await eventually(lambda: server.asked, "the server is asked")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def tunnel(asked: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
    """A proxy that connects to what it is named."""
    host, _, port = (await asked.readuntil(b"\r\n\r\n")).split()[1].decode().rpartition(":")
    answered, asking = await asyncio.open_connection(host, int(port))
    told.write(b"HTTP/1.1 200 OK\r\n\r\n")

    async def carry(here: asyncio.StreamReader, there: asyncio.StreamWriter) -> None:
        while some := await here.read(65_536):
            there.write(some)
        there.close()

    try:
        await asyncio.gather(carry(asked, asking), carry(answered, told))
    finally:
        asking.close()
        told.close()
        await asking.wait_closed()


async def test_through_a_proxy_too_the_name_is_what_a_certificate_must_prove(
    authority: trustme.CA, make_web: MakeWeb
) -> None:
    tunnels = asyncio.TaskGroup()
    with Server(lambda asked: Says(), proving(authority, "api.test")) as server:
        async with (
            tunnels,
            await asyncio.start_server(
                lambda asked, told: tunnels.create_task(tunnel(asked, told)), "127.0.0.1", 0
            ) as proxy,
        ):
            settings = {
                "FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1",
                "FABER_WEB_PROXY": f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}",
            }
            web = make_web(settings, resolve=every_name_here, tls=trusting(authority))
            assert await get(web, f"https://api.test:{server.port}/") == b"{}"
            with pytest.raises(ApiCallUnanswered, match="CERTIFICATE_VERIFY_FAILED"):
                await get(web, f"https://other.test:{server.port}/")
        assert len(server.asked) == 1

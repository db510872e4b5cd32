"""A redirect is followed as its status means, and only to where a step may reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.web.http import HttpWeb
from faber.errors import ApiCallError, SsrfRefused
from tests.adapters.web.asking import SECRET, get
from tests.adapters.web.conftest import MakeWeb, Serve
from tests.adapters.web.server import Asked, Says


def redirecting(status: int, to: Callable[[Asked], str]) -> Callable[[Asked], Says]:
    """Any path but `/end` leads on."""
    return lambda asked: (
        Says(body=asked.method.encode()) if asked.path == "/end" else Says(status, {"Location": to(asked)})
    )


@pytest.mark.parametrize(
    ("status", "method", "arrives_as"),
    [
        (301, "GET", "GET"),
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (302, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (303, "DELETE", "GET"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ],
)
async def test_a_redirect_is_followed_with_the_method_that_its_status_means(
    serve: Serve, web: HttpWeb, status: int, method: str, arrives_as: str
) -> None:
    server = serve(redirecting(status, lambda asked: "end"))
    body = None if method == "GET" else {"n": 1}
    answer = await web.call(method, f"http://api.test:{server.port}/begin", {}, body, 10, "key")
    assert answer.text == arrives_as
    last = server.asked[-1]
    kept = arrives_as == method and body is not None
    assert last.body == (b'{"n": 1}' if kept else b"")
    assert ("content-type" in last.headers) is kept
    assert last.headers["idempotency-key"] == "key"


@pytest.mark.parametrize("status", [301, 307])
async def test_another_host_is_told_no_key_and_no_secret(serve: Serve, web: HttpWeb, status: int) -> None:
    other = serve(lambda asked: Says())
    server = serve(redirecting(status, lambda asked: f"http://other.test:{other.port}/end"))
    secret = {"Authorization": SECRET, "X-Api-Key": SECRET, "Cookie": SECRET, "Accept": "text/plain"}
    await web.call("POST", f"http://api.test:{server.port}/", secret, {"n": 1}, 10, SECRET)
    assert server.asked[0].headers["authorization"] == SECRET
    told = other.asked[0].headers
    assert SECRET not in told.values()
    assert (told["accept"], told["host"]) == ("text/plain", f"other.test:{other.port}")


async def test_another_port_of_the_same_host_is_another_host(serve: Serve, web: HttpWeb) -> None:
    other = serve(lambda asked: Says())
    server = serve(redirecting(302, lambda asked: f"http://api.test:{other.port}/end"))
    await get(web, f"http://api.test:{server.port}/", Authorization=SECRET)
    assert "authorization" not in other.asked[0].headers


async def test_the_same_host_is_told_again(serve: Serve, web: HttpWeb) -> None:
    server = serve(redirecting(302, lambda asked: "/end"))
    await get(web, f"http://api.test:{server.port}/", Authorization=SECRET)
    assert server.asked[1].headers["authorization"] == SECRET


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://[fd00:ec2::254]/",
        "//10.0.0.1/",
        "http://private.example/",
    ],
)
async def test_a_redirect_to_where_a_step_may_not_reach_is_refused(
    serve: Serve, location: str, make_web: MakeWeb
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return {"private.example": ["192.168.0.1"], "2852039166": ["169.254.169.254"]}.get(
            host, ["127.0.0.1"]
        )

    server = serve(redirecting(302, lambda asked: location))
    web = make_web({"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}, resolve=resolve)
    with pytest.raises(SsrfRefused, match="no public address"):
        await get(web, f"http://api.test:{server.port}/")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", f"http://me:{SECRET}@api.test/", "ftp://api.test/"]
)
async def test_a_redirect_to_no_http_url_is_refused(serve: Serve, web: HttpWeb, location: str) -> None:
    server = serve(redirecting(302, lambda asked: location))
    with pytest.raises(ApiCallError) as caught:
        await get(web, f"http://api.test:{server.port}/")
    assert SECRET not in str(caught.value)
    assert caught.value.permanent


async def test_five_redirects_are_followed_and_no_sixth(serve: Serve, web: HttpWeb) -> None:
    def on(asked: Asked) -> str:
        return str(int(asked.path.strip("/")) - 1).replace("0", "end")

    server = serve(redirecting(302, on))
    assert await get(web, f"http://api.test:{server.port}/5") == b"GET"
    with pytest.raises(ApiCallError, match="redirects for the 6th time"):
        await get(web, f"http://api.test:{server.port}/6")


async def test_a_redirect_without_a_target_and_a_304_are_answers(serve: Serve, web: HttpWeb) -> None:
    server = serve(lambda asked: Says(int(asked.path[1:]), {}, b""))
    for status in (302, 304):
        assert (
            await web.call("GET", f"http://api.test:{server.port}/{status}", {}, None, 10)
        ).status == status

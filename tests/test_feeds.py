"""Feeds of others are fetched from public addresses only, in bounds, and without telling their secret address."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from bot.feeds import FeedError, Limits, Version, is_public
from bot.feeds.http import fetch

LOOPBACK = ipaddress.ip_address("127.0.0.1")
HERE = Limits(schemes=frozenset({"http"}), may_ask=lambda address: address == LOOPBACK, most_bytes=1000)
SECRET = "private-5f3c"


class Names(AbstractResolver):
    """A name service of a few lines; a name may change its mind."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): list(found) for name, found in names.items()}
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list:
        self.asked += 1
        if host not in self.names:
            raise OSError(f"no such name: {host}")
        return [
            {"hostname": host, "host": each, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for each in self.names[host]
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A calendar at `/private-5f3c.ics`, and the traps around it."""

    async def feed(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity" and "Cookie" not in request.headers
        return web.Response(text="BEGIN:VCALENDAR")

    async def tagged(request: web.Request) -> web.Response:
        names = {"ETag": '"v1"', "Last-Modified": "Fri, 14 Mar 2025 10:00:00 GMT"}
        given = {request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")}
        known = bool(given & set(names.values()))
        return web.Response(status=304) if known else web.Response(text="BEGIN:VCALENDAR", headers=names)

    async def long_names(request: web.Request) -> web.Response:
        return web.Response(text="BEGIN:VCALENDAR", headers={"ETag": f'"{"e" * 200}"', "Last-Modified": "m" * 200})

    async def never_new(request: web.Request) -> web.Response:
        return web.Response(status=304)

    async def to(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["place"]})

    async def circle(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/circle"})

    async def long(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b"x" * 100)
        return answer

    async def silent(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def zipped(request: web.Request) -> web.Response:
        answer = web.Response(body=b"0" * 100_000)
        answer.enable_compression(web.ContentCoding.gzip, strategy=0)
        return answer

    app = web.Application()
    for path, handler in (
        (f"/{SECRET}.ics", feed),
        ("/tagged", tagged),
        ("/never-new", never_new),
        ("/long-names", long_names),
        ("/to", to),
        ("/circle", circle),
        ("/long", long),
        ("/silent", silent),
        ("/zip", zipped),
    ):
        app.router.add_get(path, handler)
    async with TestServer(app, host="127.0.0.1") as running:
        yield running


def url(server: TestServer, path: str, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.port}{path}"


async def test_a_feed_is_fetched(server: TestServer) -> None:
    assert (await fetch(url(server, f"/{SECRET}.ics"), HERE)).body == b"BEGIN:VCALENDAR"


async def test_a_proxy_of_the_environment_is_not_asked(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve the name a second time, and look at no address."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await fetch(url(server, f"/{SECRET}.ics"), HERE)).body == b"BEGIN:VCALENDAR"


async def test_a_feed_that_has_not_changed_is_not_sent_again(server: TestServer) -> None:
    first = await fetch(url(server, "/tagged"), HERE)
    assert (first.body, first.version) == (b"BEGIN:VCALENDAR", Version('"v1"', "Fri, 14 Mar 2025 10:00:00 GMT"))
    for known in (first.version, replace(first.version, modified=""), replace(first.version, etag="")):
        again = await fetch(url(server, "/tagged"), HERE, known=known)
        assert (again.body, again.version) == (None, known)
    assert (await fetch(url(server, "/tagged"), HERE, known=Version('"v0"'))).body == b"BEGIN:VCALENDAR"


async def test_a_name_of_a_version_that_is_too_long_to_keep_is_none(server: TestServer) -> None:
    assert (await fetch(url(server, "/long-names"), HERE)).version == Version("", "m" * 200)


async def test_not_modified_is_no_answer_to_whoever_knows_nothing(server: TestServer) -> None:
    with pytest.raises(FeedError, match="answered with status 304"):
        await fetch(url(server, "/never-new"), HERE)


async def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_asked(server: TestServer) -> None:
    names = Names(calendar_example=["127.0.0.1"])
    assert (await fetch(url(server, f"/{SECRET}.ics", "calendar.example"), HERE, names)).body == b"BEGIN:VCALENDAR"
    assert names.asked == 1


@pytest.mark.parametrize("found", [["10.0.0.8"], ["93.184.215.14", "169.254.169.254"], ["::1"]])
async def test_a_name_that_leads_inside_is_not_asked_at_all(found: list[str]) -> None:
    names = Names(calendar_example=found)
    with pytest.raises(FeedError, match=r"calendar\.example leads to an address that is not public"):
        await fetch(f"https://calendar.example/{SECRET}.ics", Limits(), names)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://calendar.example/x", "only https addresses are read"),
        ("file:///etc/passwd", "only https addresses are read"),
        ("webcal://calendar.example/x", "only https addresses are read"),
        ("https:///x", "only https addresses are read"),
        ("nonsense", "only https addresses are read"),
        ("https://ann:pass@calendar.example/x", "holds a name or password"),
        ("https://127.0.0.1/x", "127.0.0.1 is no public address"),
        ("https://[::1]/x", "::1 is no public address"),
        ("https://[::ffff:127.0.0.1]/x", "is no public address"),
        ("https://169.254.169.254/latest/meta-data", "is no public address"),
        ("https://127.1/x", "127.1 is no name of a host"),
        ("https://2130706433/x", "2130706433 is no name of a host"),
        ("https://0/x", "0 is no name of a host"),
    ],
)
async def test_an_address_that_may_not_be_asked_is_refused_before_anything_is_sent(address: str, why: str) -> None:
    with pytest.raises(FeedError, match=why):
        await fetch(address, Limits(), Names())


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),  # shared by carriers
        ("169.254.169.254", False),  # the metadata of clouds
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("0.1.2.3", False),
        ("100.127.255.255", False),
        ("192.0.0.9", False),
        ("192.88.99.1", False),  # relays of 6to4
        ("198.18.0.1", False),
        ("233.252.0.1", False),
        ("240.0.0.1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("2606:2800:21f:cb07::1%eth0", False),
        ("fec0::1", False),
        ("feff::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("ff0e::1", False),  # multicast for all the world
        ("100::1", False),
        ("5f00::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("::127.0.0.1", False),
        ("::93.184.215.14", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", False),
        ("::ffff:0:127.0.0.1", False),
        ("::ffff:0:93.184.215.14", False),
        ("64:ff9b::7f00:1", False),  # 127.0.0.1 by way of a translator
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::6440:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("64:ff9b:1::5db8:d70e", False),  # by way of a translator of one's own
        ("2002:7f00:1::", False),  # 127.0.0.1 in a tunnel
        ("2002:5db8:d70e::1", False),
        ("2001:0:5db8:d70e::8000:1", False),  # another tunnel
        ("2001:20::1", False),
        ("2001:4860:4860::8888", True),
        ("2a00:1450:4001::1", True),
    ],
)
def test_only_a_strangers_address_is_public(text: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(text)) is public


async def test_a_redirect_is_followed_and_checked_again(server: TestServer) -> None:
    assert (await fetch(url(server, f"/to?place=/{SECRET}.ics"), HERE)).body == b"BEGIN:VCALENDAR"
    for place, why in {
        "http://10.0.0.8/": "10.0.0.8 is no public address",
        "https://calendar.example/": "only http addresses are read",
        "file:///etc/passwd": "only http addresses are read",
        "http://ann@calendar.example/": "holds a name or password",
        "http://inside.example/": "inside.example leads to an address that is not public",
    }.items():
        with pytest.raises(FeedError, match=why):
            await fetch(url(server, f"/to?place={place}"), HERE, Names(inside_example=["10.0.0.8"]))


async def test_redirects_in_a_circle_end(server: TestServer) -> None:
    with pytest.raises(FeedError, match="redirects more than 3 times"):
        await fetch(url(server, "/circle"), HERE)


@pytest.mark.parametrize("path", ["/long", "/zip"])
async def test_a_body_is_cut_off_where_it_gets_too_long(server: TestServer, path: str) -> None:
    with pytest.raises(FeedError, match="sends more than 0 KiB"):
        await fetch(url(server, path), HERE)


async def test_a_server_that_says_nothing_is_not_waited_for(server: TestServer) -> None:
    with pytest.raises(FeedError, match=r"did not answer within 0\.2 s"):
        await fetch(url(server, "/silent"), replace(HERE, within=timedelta(seconds=0.2)))


async def test_no_error_tells_the_secret_part_of_an_address(server: TestServer) -> None:
    tries = [
        url(server, f"/nowhere/{SECRET}"),
        f"http://127.0.0.1:1/{SECRET}",
        f"http://nowhere.example/{SECRET}",
        f"http://10.0.0.8/{SECRET}",
        f"gopher://x/{SECRET}",
    ]
    for address in tries:
        with pytest.raises(FeedError) as caught:
            await fetch(address, HERE, Names())
        told, error = [], caught.value
        while error is not None:
            told.append(str(error))
            error = None if error.__suppress_context__ else error.__context__
        assert SECRET not in " ".join(told)

"""What somebody without any right can reach: headers, names, paths, demo, inner state (S24, S26, S27, S38)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.routing import Route
from world import ORIGIN, SCRIPT, World, open_world

from bot.web.security import MAX_HEAD
from bot.web.server import WIDGET

DEMO = (("GET", "/"), ("GET", "/demo/token?as=acme"), ("POST", "/demo/staff-session"), ("POST", "/demo/clock"))


@pytest.fixture
async def demo() -> AsyncIterator[World]:
    async with open_world(demo=True, public_url="http://pledge.example") as opened:
        yield opened


def _addresses(world: World) -> list[tuple[str, str]]:
    """Every route of the application, with something in the place of its variables."""
    found = []
    for route in world.app.routes:
        assert isinstance(route, Route)
        path = route.path.format(**dict.fromkeys(route.param_convertors, "x"))
        found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


# headers (S24)


async def test_s24_every_route_answers_with_the_security_headers(world: World) -> None:
    addresses = [*_addresses(world), ("GET", "/nowhere"), ("DELETE", "/board"), ("GET", "/board/static/../../x")]
    assert len(addresses) > 30
    async with world.staff() as mia:
        await world.act(mia, "/board/direct/messages", text="/help")  # so that nothing is waited for in her chat
        for method, path in addresses:
            for browser_like in ({"accept": "text/html"}, {}):
                answer = await mia.request(method, path, headers=browser_like)
                _has_safe_headers(answer, f"{method} {path}")


def _has_safe_headers(answer: httpx.Response, where: str) -> None:
    policy = answer.headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'", where
    assert rules["frame-ancestors"] == "'self'" and rules["base-uri"] == "'none'" and rules["form-action"] == "'self'"
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy, where
    assert answer.headers["x-content-type-options"] == "nosniff", where
    assert answer.headers["x-frame-options"] == "SAMEORIGIN", where
    assert answer.headers["referrer-policy"] == "no-referrer", where
    assert answer.headers["cross-origin-opener-policy"] == "same-origin", where
    assert "server" not in answer.headers and "x-powered-by" not in answer.headers, where


async def test_s24_what_holds_a_persons_words_is_kept_by_no_cache(world: World) -> None:
    async with world.widget() as ann, world.staff() as mia:
        await world.say(ann, "everything is down")
        await world.act(mia, "/board/direct/messages", text="/help")
        for browser, path in (
            *((mia, path) for path in ("/board", "/board/T-100", "/board/direct", "/board/direct/entries?after=0")),
            (ann, "/inapp/history"),
        ):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path


# origins (S26, S27)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://app.bolt.example", "http://app.acme.example"]
)
async def test_s26_a_foreign_page_opens_no_stream_and_no_session(world: World, origin: str) -> None:
    async with world.widget() as ann:
        async with asyncio.timeout(5):  # one that opens never ends
            stream = await ann.get("/inapp/stream", headers={"origin": origin})
        history = await ann.get("/inapp/history", headers={"origin": origin})
        assert (stream.status_code, history.status_code) == (403, 403)
        assert "access-control-allow-origin" not in stream.headers
    async with world.browser(origin=origin) as browser:
        answer = await browser.post("/inapp/session", json={"token": world.token("acme", "ann")})
        assert answer.status_code == 403
    assert await world.sql("SELECT count(*) FROM session") == [(1,)]


async def test_s26_no_secret_is_ever_taken_from_an_address(world: World) -> None:
    async with world.widget() as ann, world.browser() as browser:
        secret = ann.headers["authorization"].removeprefix("Bearer ")
        for name in ("session", "token", "access_token", "authorization", "ticket"):
            assert (await browser.get(f"/inapp/history?{name}={secret}")).status_code == 401
            assert (await browser.get("/inapp/history", headers={"cookie": f"{name}={secret}"})).status_code == 401


async def test_s26_there_is_no_web_socket_to_open(world: World) -> None:
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "x" * 24,
    }
    async with world.browser(origin=ORIGIN.format(client="acme"), **upgrade) as browser:
        assert {(await browser.get(path)).status_code for path in ("/inapp/stream", "/inapp/history")} == {401}
    assert all(isinstance(route, Route) for route in world.app.routes)


async def test_s27_no_answer_ever_allows_credentials_of_another_origin(world: World) -> None:
    for origin in (ORIGIN.format(client="acme"), "https://evil.example", "null"):
        async with world.widget(origin=ORIGIN.format(client="acme")) as ann:
            for method, path in _addresses(world):
                if path.endswith("/stream") and origin != "https://evil.example":
                    continue  # would go on for ever
                answer = await ann.request(method, path, headers={"origin": origin})
                assert "access-control-allow-credentials" not in answer.headers, path
                allowed = answer.headers.get("access-control-allow-origin")
                assert allowed == ("*" if path == WIDGET and method == "GET" else allowed), path
                assert allowed in (None, "*", ORIGIN.format(client="acme")), (path, origin, allowed)


# names, paths and heads


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost:80@evil.example",
        "localhost:80/../evil.example",
        "127.0.0.1.evil.example:8080",
        "evil.example#localhost",
        "localhost\tevil.example",
        "[::1].evil.example",
        "[::1]@evil.example",
        "[localhost]",
        "",
    ],
)
async def test_a_request_for_another_name_is_refused_and_never_sent_on(world: World, host: str) -> None:
    async with world.staff() as mia:
        for path in ("/board", "/board/", "/healthz", "/metrics", "/board/direct/"):
            answer = await mia.get(path, headers={"host": host})
            assert answer.status_code == 400, path
            assert "location" not in answer.headers


@pytest.mark.parametrize(
    "name",
    [
        *("..%2f..%2fvisit.py", "..%5c..%5cvisit.py", "%2e%2e%2froutes.py", "....//routes.py", "%00board.css"),
        *("board.css%00.js", "/etc/passwd", "%2fetc%2fpasswd", "templates", ".", "..", "board.css/../../visit.py"),
    ],
)
@pytest.mark.parametrize("folder", ["/board/static/", "/demo/static/", "/widget/"])
async def test_no_path_leads_out_of_the_folder_of_static_files(demo: World, folder: str, name: str) -> None:
    status, body = await _raw(demo, folder + name)
    assert status in (303, 307, 401, 404), (status, body[:80])
    assert b"import" not in body and b"root:" not in body


async def _raw(world: World, path: str) -> tuple[int, bytes]:
    """A request whose path no library has tidied up."""
    from urllib.parse import unquote

    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 5000),
        "server": ("localhost", 80),
    }
    await world.app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_head_that_is_too_large_is_refused_before_any_route(world: World) -> None:
    async with world.browser() as browser:
        for headers, path in (
            ({"x-large": "x" * MAX_HEAD}, "/healthz"),
            ({f"x-{number}": "x" * 100 for number in range(400)}, "/healthz"),
            ({"cookie": "pledge=" + "x" * MAX_HEAD}, "/board"),
            ({}, "/healthz?" + "x" * MAX_HEAD),
        ):
            assert (await browser.get(path, headers=headers)).status_code == 431
        assert (await browser.get("/healthz", headers={"x-large": "x" * (MAX_HEAD // 2)})).status_code == 200


async def test_line_breaks_in_a_name_forge_neither_header_event_nor_log_line(world: World) -> None:
    hostile = "Ann\r\nset-cookie: pledge=x\r\n\r\nevent: end\ndata: {}\n\n\u202egnp.exe\u2028<b>"
    token = world.token("acme", "ann", name=hostile)
    async with world.browser() as browser:
        answer = await browser.post("/inapp/session", json={"token": token})
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    shown = answer.json()["me"]["name"]
    assert not any(sign in shown for sign in "\r\n\u202e\u2028") and len(shown) <= 80


# the inner state and the demo (S38)

FROM_ELSEWHERE = [
    {"peer": "203.0.113.5"},
    {"peer": "10.0.0.7"},
    {"peer": "::ffff:10.0.0.7"},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-forwarded-proto": "https"},
    {"x-forwarded-host": "localhost"},
    {"forwarded": "for=127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"via": "1.1 proxy"},
    {"cf-connecting-ip": "203.0.113.5"},
    {"base": "http://pledge.example"},
]


def _names(case: dict[str, str]) -> str:
    return " ".join(f"{name} {value}" for name, value in case.items())


@pytest.mark.parametrize("how", FROM_ELSEWHERE, ids=_names)
async def test_s38_metrics_and_reasons_are_not_for_elsewhere(demo: World, how: dict[str, str]) -> None:
    async with demo.browser(**how) as browser:
        assert (await browser.get("/metrics")).status_code == 404
        ready = await browser.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"ready": True})
        assert (await browser.get("/healthz")).text == "ok\n"


async def test_s38_metrics_count_and_name_no_client_and_no_words(world: World) -> None:
    async with world.widget() as ann, world.browser() as browser:
        await world.say(ann, "canary is down")
        for path in ("/metrics", "/healthz", "/readyz"):
            text = (await browser.get(path)).text
            assert not any(word in text for word in ("canary", "acme", "bolt", "mia", "Ann", "T-100")), path


@pytest.mark.parametrize("how", FROM_ELSEWHERE, ids=_names)
@pytest.mark.parametrize(("method", "path"), DEMO)
async def test_the_demo_does_not_exist_for_elsewhere(demo: World, method: str, path: str, how: dict[str, str]) -> None:
    """Whoever reached it could sign in as the manager."""
    async with demo.browser(**how) as browser:
        answer = await browser.request(method, path, headers=SCRIPT)
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers and "token" not in answer.text


async def test_another_site_cannot_make_a_visitor_use_the_demo(demo: World) -> None:
    async with demo.browser(origin="https://evil.example") as browser:
        for method, path in DEMO:
            if method == "POST":
                assert (await browser.post(path, data={"speed": "60"})).status_code == 403, path
            preflight = await browser.options(path, headers={"access-control-request-headers": "x-pledge"})
            assert "access-control-allow-origin" not in preflight.headers
        token = await browser.get("/demo/token?as=acme")
        assert "access-control-allow-origin" not in token.headers
        assert token.headers["cross-origin-resource-policy"] == "same-origin"
    assert await demo.sql("SELECT count(*) FROM session") == [(0,)]


async def test_on_this_machine_the_demo_works(demo: World) -> None:
    """Or the refusals above would prove nothing."""
    async with demo.browser() as browser:
        assert (await browser.post("/demo/staff-session", headers=SCRIPT)).status_code == 204
        assert (await browser.get("/board")).status_code == 200


@pytest.mark.parametrize(("method", "path"), [each for each in DEMO if each[1] != "/"])
async def test_without_the_demo_none_of_its_routes_exists(world: World, method: str, path: str) -> None:
    async with world.browser() as browser:
        assert (await browser.request(method, path, headers=SCRIPT)).status_code == 404
        assert (await browser.get("/", headers=SCRIPT)).headers["location"] == "/board"
    assert not any(route.path.startswith("/demo") for route in world.app.routes)

"""The web server: what it lets in, what it says on every answer, how it starts and stops."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route as Page

from bot.channels.base import Route
from bot.web.security import MAX_BODY, BodyGuard
from bot.web.server import WIDGET, CannotBind, PortBusy, Probes, bind, build_app, serve


async def _echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def _nonce(request: Request) -> Response:
    return PlainTextResponse(request.state.nonce)


async def _fail(request: Request) -> Response:
    raise RuntimeError("the canary of the inner words")


async def _refuse(request: Request) -> Response:
    raise HTTPException(403, "<b>not</b> yours")


def _app(
    *, reasons: tuple[str, ...] = (), public_url: str = "", more: tuple[Route, ...] = (), **hosts: Any
) -> Starlette:
    async def ready() -> tuple[str, ...]:
        return reasons

    routes = [
        Route("POST", "/echo", _echo),
        Route("GET", "/fail", _fail),
        Route("GET", "/refuse", _refuse),
        *more,
    ]
    return build_app(
        routes=routes,
        pages=[Page("/nonce", _nonce)],
        probes=Probes(ready=ready, metrics=lambda: "pledge_up 1\n"),
        public_url=public_url,
        **hosts,
    )


def _browser(app: Any, *, peer: str = "127.0.0.1", base: str = "http://localhost", **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 5000))
    return httpx.AsyncClient(transport=transport, base_url=base, headers=headers)


# bodies


async def _parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_body_up_to_the_limit_is_read() -> None:
    async with _browser(_app()) as browser:
        assert (await browser.post("/echo", content=b"x" * MAX_BODY)).json() == {"bytes": MAX_BODY}


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(160):
            read += 1
            yield b"x" * 65_536

    async with _browser(_app()) as browser:
        answer = await browser.post("/echo", content=body(), headers={"content-length": str(160 * 65_536)})
    assert (answer.status_code, answer.headers["connection"], read) == (413, "close", 0)


async def test_a_body_that_does_not_say_its_size_is_cut_at_the_limit() -> None:
    async with _browser(_app()) as browser:
        answer = await browser.post("/echo", content=_parts(b"x" * MAX_BODY, b"x", b"x"))
    assert answer.status_code == 413


async def test_a_packed_body_is_refused_unpacked() -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    assert len(bomb) < MAX_BODY
    async with _browser(_app()) as browser:
        for coding in ("gzip", "GZIP", "br", "identity, gzip"):
            answer = await browser.post("/echo", content=bomb, headers={"content-encoding": coding})
            assert answer.status_code == 415, coding


@pytest.mark.parametrize("length", ["-1", "1e3", "ten", "٣"])
async def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    async with _browser(_app()) as browser:
        answer = await browser.post("/echo", content=b"x", headers={"content-length": length.encode()})
    assert answer.status_code == 400


async def test_a_body_that_takes_too_long_is_given_up() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Request(scope, receive).body()

    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    await BodyGuard(app, body_time=timedelta())(scope, never, send)
    assert sent[0]["status"] == 408


# answers


async def test_every_answer_carries_the_security_headers() -> None:
    async with _browser(_app()) as browser:
        answers = [
            await browser.get("/healthz"),
            await browser.get("/nothing"),
            await browser.get("/fail"),
            await browser.get("/healthz", headers={"host": "evil.example"}),
            await browser.post("/echo", content=b"x" * (MAX_BODY + 1)),
        ]
    assert [a.status_code for a in answers] == [200, 404, 500, 400, 413]
    for answer in answers:
        csp = answer.headers["content-security-policy"]
        assert csp.startswith("default-src 'none'; ")
        assert "unsafe" not in csp
        assert "frame-ancestors 'self'" in csp
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


async def test_a_page_reads_the_nonce_of_its_own_answer_and_no_two_are_alike() -> None:
    async with _browser(_app()) as browser:
        first, second = [await browser.get("/nonce") for _ in range(2)]
    for answer in (first, second):
        assert f"script-src 'self' 'nonce-{answer.text}'" in answer.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{answer.text}'" in answer.headers["content-security-policy"]
    assert first.text != second.text


async def test_https_is_insisted_on_where_it_is_spoken() -> None:
    for public_url, told in (("https://pledge.example", True), ("http://localhost:8080", False)):
        async with _browser(_app(public_url=public_url)) as browser:
            assert ("strict-transport-security" in (await browser.get("/healthz")).headers) == told


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("pledge.example", 200),
        ("evil.example", 400),
        ("pledge.example.evil.example", 400),
        ("", 400),
    ],
)
async def test_only_our_own_names_are_answered(host: str, status: int) -> None:
    async with _browser(_app(public_url="https://pledge.example")) as browser:
        assert (await browser.get("/healthz", headers={"host": host})).status_code == status


async def test_what_a_route_raises_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    async with _browser(_app()) as browser:
        answer = await browser.get("/fail?token=secret%0Afake")
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert "canary" in caplog.text
    assert "secret" not in caplog.text


async def test_an_unknown_path_is_a_short_page_for_browsers_and_json_for_programs() -> None:
    async with _browser(_app()) as browser:
        page = await browser.get("/nothing", headers={"accept": "text/html,*/*"})
        data = await browser.get("/nothing")
    assert (page.status_code, page.headers["content-type"][:9]) == (404, "text/html")
    assert (data.status_code, data.json()) == (404, {"error": "Not Found"})


async def test_a_refusal_is_escaped_in_its_page() -> None:
    async with _browser(_app(), accept="text/html") as browser:
        answer = await browser.get("/refuse")
    assert answer.status_code == 403
    assert "&lt;b&gt;not&lt;/b&gt; yours" in answer.text


async def test_the_wrong_method_is_405() -> None:
    async with _browser(_app()) as browser:
        assert (await browser.get("/echo")).status_code == 405


# probes


async def test_being_alive_is_told_to_everybody_and_nothing_else() -> None:
    async with _browser(_app(reasons=("late",)), peer="203.0.113.5") as browser:
        answer = await browser.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_not_ready_is_503_and_the_reasons_stay_on_this_machine() -> None:
    app = _app(reasons=("the watch has not ticked for 40 s",))
    async with _browser(app) as browser:
        near = await browser.get("/readyz")
        proxied = await browser.get("/readyz", headers={"x-forwarded-for": "127.0.0.1"})
    async with _browser(app, peer="203.0.113.5") as browser:
        far = await browser.get("/readyz")
    assert near.json() == {"ready": False, "reasons": ["the watch has not ticked for 40 s"], "warnings": []}
    assert proxied.json() == far.json() == {"ready": False}
    assert {near.status_code, proxied.status_code, far.status_code} == {503}


async def test_ready_is_200() -> None:
    async with _browser(_app()) as browser:
        answer = await browser.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": [], "warnings": []})


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 404),
        ("10.0.0.7", {}, 404),
        ("203.0.113.5", {"x-forwarded-for": "127.0.0.1"}, 404),
    ],
)
async def test_metrics_are_read_on_this_machine_only(peer: str, headers: dict[str, str], status: int) -> None:
    async with _browser(_app(), peer=peer) as browser:
        answer = await browser.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("pledge_up" in answer.text) == (status == 200)


# the widget's script


async def test_the_widget_is_served_small_to_any_page_and_revalidated() -> None:
    async with _browser(_app()) as browser:
        answer = await browser.get(WIDGET)
        plain = await browser.get(WIDGET, headers={"accept-encoding": "identity"})
        again = await browser.get(WIDGET, headers={"if-none-match": answer.headers["etag"]})
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert int(answer.headers["content-length"]) < 15_000
    assert answer.text == plain.text
    assert "customElements.define" in plain.text
    assert (again.status_code, again.content) == (304, b"")


async def test_the_widget_turns_words_into_text_nodes_only() -> None:
    async with _browser(_app()) as browser:
        script = (await browser.get(WIDGET)).text
    code = re.sub(r"/\*.*?\*/|//.*", "", script, flags=re.DOTALL)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc", code)


# start and stop


@asynccontextmanager
async def _running(app: Starlette, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serve(app, bind("127.0.0.1", 0), **options) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser,
    ):
        yield browser


async def test_the_server_answers_as_long_as_it_is_entered() -> None:
    async with _running(_app()) as browser:
        answer = await browser.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert "server" not in answer.headers
        base = browser.base_url
    async with httpx.AsyncClient(base_url=base, trust_env=False) as late:
        with pytest.raises(httpx.ConnectError):
            await late.get("/healthz")


async def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortBusy) as busy:
            bind("127.0.0.1", port)
    assert str(busy.value) == (
        f"127.0.0.1:{port}: another program listens there; stop it or set PLEDGE_HTTP__PORT to a free port"
    )
    assert busy.value.exit_code == 69


@pytest.mark.parametrize("host", ["no..name", "192.0.2.1"])
def test_a_host_that_is_not_here_is_named_with_the_way_out(host: str) -> None:
    with pytest.raises(CannotBind, match=rf"^{re.escape(host)}:0: .*PLEDGE_HTTP__HOST"):
        bind(host, 0)


def _endless(stopped: asyncio.Event) -> Callable[[Request], Any]:
    async def lines() -> AsyncIterator[bytes]:
        yield b"first\n"
        await stopped.wait()
        yield b"last\n"

    async def handler(request: Request) -> Response:
        return StreamingResponse(lines(), media_type="text/plain")

    return handler


async def test_endless_streams_are_ended_before_the_server_waits_for_them(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stopped = asyncio.Event()
    app = _app(more=(Route("GET", "/endless", _endless(stopped)),))
    got: list[str] = []
    first = asyncio.Event()

    async def read(port: int) -> None:
        async with (
            httpx.AsyncClient(trust_env=False) as browser,
            browser.stream("GET", f"http://127.0.0.1:{port}/endless") as answer,
        ):
            async for line in answer.aiter_lines():
                got.append(line)
                first.set()

    async with serve(app, bind("127.0.0.1", 0), on_stop=[stopped.set]) as port:
        reading = asyncio.create_task(read(port))
        await first.wait()
    await reading
    assert got == ["first", "last"]
    assert "graceful shutdown exceeded" not in caplog.text


async def test_no_request_line_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    async with _running(_app()) as browser:
        await browser.get("/healthz?token=canary")
    assert "canary" not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx")

"""The one web application and its server; it mounts what it is given and knows no channel and no desk.

ServeError
├── PortBusy       another program listens there (exit 69)
└── CannotBind     the host or port cannot be listened on at all (exit 69)
"""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Mounted

from bot.channels.base import Route, Unavailable
from bot.web.security import BodyGuard, HonestErrors, HostGuard, SafeHeaders, http_problem, is_local, unavailable
from bot.web.wire import Connection

WIDGET = "/widget/pledge-chat.js"
"""Where the in-app chat's script is served."""

_STOP_TIME_S = 10
_WIDGET_FILE = Path(__file__).parent / "widget" / "pledge-chat.js"


class ServeError(Exception):
    """The server cannot start; the text names host and port and the way out."""

    exit_code = 69  # EX_UNAVAILABLE


class PortBusy(ServeError):
    """Another program listens there."""


class CannotBind(ServeError):
    """The host or port cannot be listened on at all."""


@dataclass(frozen=True, slots=True)
class Probes:
    """What the outside may ask of the inside. `ready` gives the reasons why not, none when all is well; `warnings`
    what is wrong though most things work.
    """

    ready: Callable[[], Awaitable[Sequence[str]]]
    metrics: Callable[[], str]
    warnings: Callable[[], Sequence[str]] = tuple


def build_app(
    *,
    routes: Iterable[Route],
    probes: Probes,
    pages: Sequence[BaseRoute] = (),
    public_url: str = "",
    allowed_hosts: Sequence[str] = ("localhost", "127.0.0.1", "[::1]"),
) -> Starlette:
    """The application: channels' routes, pages (board, demo), probes and the widget's script.

    `allowed_hosts` are names without port; that of `public_url` is added, and "*" lets every name in.
    """
    public = urlsplit(public_url)
    hosts = [*allowed_hosts, *([public.hostname] if public.hostname else [])]
    return Starlette(
        routes=[*_probe_routes(probes), _widget_route(), *_channel_routes(routes), *pages],
        middleware=[
            Middleware(SafeHeaders, https=public.scheme == "https"),
            Middleware(HostGuard, allowed=hosts),
            Middleware(BodyGuard),
            Middleware(HonestErrors),
        ],
        exception_handlers={HTTPException: http_problem, Unavailable: unavailable},
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. PortBusy or CannotBind say what to set instead."""
    place = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotBind(f"{place}: no such host ({error}); set PLEDGE_HTTP__HOST") from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Listening at once, or two programs could both believe that they own the port.
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"{place}: another program listens there; stop it or set PLEDGE_HTTP__PORT to a free port"
            ) from error
        raise CannotBind(
            f"{place}: cannot listen ({error.strerror}); set PLEDGE_HTTP__HOST and PLEDGE_HTTP__PORT"
        ) from error
    return listener


@asynccontextmanager
async def serve(
    app: Starlette,
    listener: socket.socket,
    *,
    on_stop: Sequence[Callable[[], None]] = (),
    connections: int = 2000,
    protocol: type[Connection] = Connection,
) -> AsyncIterator[int]:
    """Enter = accepting connections (the port is given); exit = drained, at the latest after 10 seconds.

    `on_stop` is called first of all at the exit: endless streams end there, for the drain waits for them.
    """
    server = _Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # queries would be logged; metrics count requests instead
            proxy_headers=False,  # a header must not make a foreign peer a local one
            server_header=False,
            limit_concurrency=connections,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=_STOP_TIME_S,
        )
    )
    port = int(listener.getsockname()[1])
    running = asyncio.create_task(server.serve([listener]), name="web-server")
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield port
    finally:
        ready.cancel()
        for stop in on_stop:
            stop()
        server.should_exit = True
        await running
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers (the app has its own) and with an event for "accepting"."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _channel_routes(routes: Iterable[Route]) -> Iterator[BaseRoute]:
    for route in routes:
        yield Mounted(route.path, route.handler, methods=[route.method])


def _probe_routes(probes: Probes) -> Sequence[BaseRoute]:
    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    async def ready(request: Request) -> Response:
        reasons = list(await probes.ready())
        shown: dict[str, object] = {"ready": not reasons}
        if is_local(request):
            shown["reasons"] = reasons
            shown["warnings"] = list(probes.warnings())
        return JSONResponse(shown, 503 if reasons else 200, {"cache-control": "no-store"})

    async def metrics(request: Request) -> Response:
        if not is_local(request):
            raise HTTPException(404)
        return Response(probes.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [
        Mounted("/healthz", alive, methods=["GET"]),
        Mounted("/readyz", ready, methods=["GET"]),
        Mounted("/metrics", metrics, methods=["GET"]),
    ]


def _widget_route() -> BaseRoute:
    script = _WIDGET_FILE.read_bytes()
    packed, kind = gzip.compress(script, mtime=0), "text/javascript"
    tag = f'W/"{hashlib.sha256(script).hexdigest()[:24]}"'
    headers = {
        "etag": tag,
        "vary": "Accept-Encoding",
        "cache-control": "no-cache",
        # A module script of another origin is loaded with CORS; the file is public and carries nobody's data.
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }

    async def widget(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, headers=headers | {"content-encoding": "gzip"}, media_type=kind)
        return Response(script, headers=headers, media_type=kind)

    return Mounted(WIDGET, widget, methods=["GET"])

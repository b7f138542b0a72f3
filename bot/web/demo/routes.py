"""The demo page and the three requests it makes; they exist in demo mode only, and only for this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.i18n import Words
from bot.web.board.assets import load_assets, serve_asset
from bot.web.board.ports import Reading
from bot.web.board.present import Show, milliseconds
from bot.web.board.site import environment
from bot.web.board.visit import read_form, sign_in, unstored
from bot.web.security import is_local

SPEEDS = (1.0, 60.0, 600.0)
"""Business seconds in a second that the page offers."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client of the demo roster, and the contact who writes for it in the chat; `zone` is an IANA name."""

    key: str
    name: str
    contact: str
    zone: str
    agreement: str


class DemoDesk(Protocol):
    """What the demo can do that nothing else may."""

    def clients(self) -> Sequence[DemoClient]:
        """At least one; the first is shown unless the page is asked for another."""
        ...

    def manager(self) -> tuple[str, str]:
        """Name and zone of the manager whose side is shown."""
        ...

    def clock(self) -> Reading: ...

    async def set_speed(self, speed: float) -> Reading:
        """Business time goes on from where it is, at this speed."""
        ...

    def token(self, client_key: str) -> str | None:
        """A signed token of the client's contact, as its own back end would make it; None: no such client."""
        ...

    async def staff_session(self) -> str:
        """A board session of the demo manager."""
        ...


_Page = Callable[[Request], Awaitable[Response]]


def demo_routes(demo: DemoDesk | None, *, words: Words, widget: str) -> list[Route]:
    """Every route of the demo; without a demo `/` leads to the board and nothing else exists.

    `widget` is the address of the chat's script.
    """
    if demo is None:
        return [Route("/", _to_the_board, methods=["GET"])]
    return [
        Route(path, _local(page), methods=[method])
        for method, path, page in (
            ("GET", "/", _page(demo, words, widget)),
            ("GET", "/demo/token", _token(demo)),
            ("POST", "/demo/staff-session", _staff_session(demo)),
            ("POST", "/demo/clock", _clock(demo)),
            ("GET", "/demo/static/{name}", _static()),
        )
    ]


async def _to_the_board(request: Request) -> Response:
    return RedirectResponse("/board", 303)


def _local(page: _Page) -> _Page:
    """Anybody who reached these could sign in as the manager: so nobody from elsewhere finds them.

    What changes something also needs a header that other sites cannot send without being asked first.
    """

    async def endpoint(request: Request) -> Response:
        if not is_local(request):
            raise HTTPException(404, "Not found.")
        if request.method == "POST" and request.headers.get("x-pledge") != "script":
            raise HTTPException(403, "Only the demo page may ask for this.")
        return unstored(await page(request))

    return endpoint


def _page(demo: DemoDesk, words: Words, widget: str) -> _Page:
    assets = load_assets(_HERE / "static")
    templates = environment(_HERE / "templates", assets, "/demo/static")

    async def endpoint(request: Request) -> Response:
        clients = demo.clients()
        asked = request.query_params.get("as")
        name, zone = demo.manager()
        reading = demo.clock()
        page = templates.get_template("demo.html").render(
            show=Show(words, zone, reading),
            clients=clients,
            client=next((client for client in clients if client.key == asked), clients[0]),
            manager=name,
            speeds=SPEEDS,
            widget=widget,
        )
        return HTMLResponse(page)

    return endpoint


def _token(demo: DemoDesk) -> _Page:
    """Stands for the endpoint that a vendor adds to its own product (`token-url` of the widget)."""

    async def endpoint(request: Request) -> Response:
        token = demo.token(request.query_params.get("as", ""))
        if token is None:
            raise HTTPException(404, "No such client in the demo.")
        return JSONResponse({"token": token})

    return endpoint


def _staff_session(demo: DemoDesk) -> _Page:
    async def endpoint(request: Request) -> Response:
        response = Response(status_code=204)
        sign_in(response, await demo.staff_session(), secure=False)
        return response

    return endpoint


def _clock(demo: DemoDesk) -> _Page:
    async def endpoint(request: Request) -> Response:
        asked = (await read_form(request)).get("speed", "")
        speed = next((speed for speed in SPEEDS if f"{speed:g}" == asked), None)
        if speed is None:
            known = ", ".join(f"{speed:g}" for speed in SPEEDS)
            raise HTTPException(422, f"speed: {asked[:20]!r} is not offered (use {known})")
        reading = await demo.set_speed(speed)
        return Response(
            status_code=204,
            headers={
                "x-pledge-now": str(milliseconds(reading.now)),
                "x-pledge-speed": str(reading.speed),
            },
        )

    return endpoint


def _static() -> _Page:
    assets = load_assets(_HERE / "static")

    async def endpoint(request: Request) -> Response:
        return serve_asset(assets, request)

    return endpoint

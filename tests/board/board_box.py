"""The whole application around the board's stand-ins, with a browser in front of it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from board_fakes import ANNA, FakeDesk, FakeGate, FakeRooms, a_row, a_view

from bot.i18n import load
from bot.web.board import board_routes
from bot.web.board.visit import csrf_token
from bot.web.server import Probes, build_app

WORDS = load().words("en")
SESSION = "session-of-anna"
CSRF = csrf_token(SESSION)
SCRIPT = {"x-pledge": "script"}


class Board:
    """The whole application with Anna signed in; `browser` keeps her cookie."""

    def __init__(self, *, secure: bool = False, files: Mapping[str, object] | None = None) -> None:
        self.desk = FakeDesk(views={42: a_view()}, rows=[a_row()])
        self.gate = FakeGate(codes={"code-1": ANNA}, sessions={SESSION: ANNA})
        self.rooms = FakeRooms()

        async def ready() -> list[str]:
            return []

        self.app = build_app(
            routes=[],
            probes=Probes(ready, lambda: ""),
            pages=board_routes(
                desk=self.desk,
                gate=self.gate,
                conversations=self.rooms,
                receive=self.desk.receive,
                words=WORDS,
                secure=secure,
                files=files,
            ),
            public_url="https://localhost" if secure else "",
        )
        scheme = "https" if secure else "http"
        self.browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=f"{scheme}://localhost", headers={"accept": "text/html"}
        )

    def sign_in(self) -> None:
        self.browser.cookies.set("pledge", SESSION)

    async def act(self, path: str, **fields: str) -> httpx.Response:
        """A form of the page, posted by its script."""
        return await self.browser.post(path, data={"csrf": CSRF, **fields}, headers=SCRIPT)

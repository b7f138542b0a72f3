"""Puts the pages of the board under their addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Conversations, Receive
from bot.i18n import Words
from bot.web.board import calls, chat, login, queue, ticket
from bot.web.board.assets import load_assets, serve_asset
from bot.web.board.files import file_download
from bot.web.board.ports import BoardDesk, Gate
from bot.web.board.site import Board, environment
from bot.web.board.visit import Visit, guarded

_HERE = Path(__file__).parent

_BoardPage = Callable[[Board, Visit], Awaitable[Response]]

_PAGES: tuple[tuple[str, str, _BoardPage], ...] = (
    ("GET", "/board", queue.queue_page),
    ("GET", "/board/queue", queue.queue_fragment),
    ("POST", "/board/logout", login.log_out),
    ("GET", "/board/direct", chat.chat_page),
    ("GET", "/board/direct/entries", chat.chat_entries),
    ("POST", "/board/direct/messages", chat.chat_message),
    ("POST", "/board/direct/press", chat.chat_press),
    ("GET", "/board/rooms/{key}", chat.chat_page),
    ("GET", "/board/rooms/{key}/entries", chat.chat_entries),
    ("POST", "/board/rooms/{key}/messages", chat.chat_message),
    ("POST", "/board/rooms/{key}/press", chat.chat_press),
    ("GET", "/board/calls", calls.calls_page),
    ("GET", "/board/{reference}", ticket.ticket_page),
    ("GET", "/board/{reference}/live", ticket.ticket_fragment),
    ("POST", "/board/{reference}/say", ticket.ticket_answer),
    ("POST", "/board/{reference}/do/{action}", ticket.ticket_act),
)


def board_routes(
    *,
    desk: BoardDesk,
    gate: Gate,
    conversations: Conversations,
    receive: Receive,
    words: Words,
    secure: bool,
    files: Mapping[str, object] | None = None,
    channel: str = "inapp",
    account: str = "default",
) -> list[Route]:
    """Every route of the board, in order.

    `secure`: the public address is HTTPS, so cookies are Secure. `files`: the channels by name; files come from those
    that can fetch them. Direct chats and team rooms have the addresses `direct:<person key>` and `team:<key>` in
    (channel, account); their people send as `staff/<person key>`.
    """
    assets = load_assets(_HERE / "static")
    board = Board(
        desk=desk,
        gate=gate,
        conversations=conversations,
        receive=receive,
        words=words,
        secure=secure,
        channel=channel,
        account=account,
        assets=assets,
        templates=environment(_HERE / "templates", assets, "/board/static"),
    )

    async def download(board: Board, visit: Visit) -> Response:
        return await file_download(board.desk, files or {}, visit)

    guarded_files = _guarded_route(board, "GET", "/board/files/{message}/{n}", download)
    return [*_open_routes(board), guarded_files, *(_guarded_route(board, *each) for each in _PAGES)]


def _open_routes(board: Board) -> list[Route]:
    """What a visitor without a session may ask for: the sign-in and the files it is drawn with."""

    async def asset(request: Request) -> Response:
        return serve_asset(board.assets, request)

    async def asked(request: Request) -> Response:
        return await login.login_page(board, request)

    async def sent(request: Request) -> Response:
        return await login.log_in(board, request)

    return [
        Route("/board/static/{name}", asset, methods=["GET"]),
        Route("/board/login", asked, methods=["GET"]),
        Route("/board/login", sent, methods=["POST"]),
    ]


def _guarded_route(board: Board, method: str, path: str, page: _BoardPage) -> Route:
    async def bound(visit: Visit) -> Response:
        return await page(board, visit)

    return Route(path, guarded(board.gate, bound, secure=board.secure), methods=[method])

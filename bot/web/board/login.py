"""Coming in with a one-time code, and going."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.web.board.site import Board
from bot.web.board.visit import LOGIN, Visit, cookie_name, read_form, sign_in, sign_out, unstored


async def login_page(board: Board, request: Request) -> Response:
    """Asks for a code. The link `/board/login#CODE` carries it in the fragment, which no server or log ever
    sees; the page's script moves it into the form and posts it."""
    return _asked(board, 200)


async def log_in(board: Board, request: Request) -> Response:
    """Trades a code for a session; a used, unknown or old code is answered alike (401).

    A form of another site is refused: it could sign somebody in as its own author.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _asked(board, 403, "This sign-in came from another site.")
    code = (await read_form(request)).get("code", "").strip().lstrip("#")
    session = await board.gate.redeem(code) if 0 < len(code) <= 200 else None
    if session is None:
        return _asked(board, 401, "This code was used already, is older than ten minutes, or is mistyped.")
    response = RedirectResponse("/board", 303)
    sign_in(response, session, secure=board.secure)
    return unstored(response)


async def log_out(board: Board, visit: Visit) -> Response:
    """Ends the session in the store, not only in the browser."""
    await board.gate.leave(visit.request.cookies[cookie_name(board.secure)])
    response = RedirectResponse(LOGIN, 303)
    sign_out(response, secure=board.secure)
    return response


def _asked(board: Board, status: int, problem: str = "") -> Response:
    return unstored(HTMLResponse(board.templates.get_template("login.html").render(problem=problem), status))

"""What all pages of the board share: templates, the frame around a page, fragments for the scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.channels.base import Conversations, Receive
from bot.i18n import Words
from bot.text import to_json
from bot.web.board.assets import Asset
from bot.web.board.ports import BoardDesk, Gate, Reading
from bot.web.board.present import Show, milliseconds, tag, unbroken
from bot.web.board.visit import Visit

_READ = "pledge_read"
_MOST_UNREAD = 100


@dataclass(frozen=True, slots=True)
class Board:
    """What the pages work with. `channel` and `account` address the rooms that live on the board itself."""

    desk: BoardDesk
    gate: Gate
    conversations: Conversations
    receive: Receive
    words: Words
    secure: bool
    channel: str
    account: str
    assets: Mapping[str, Asset]
    templates: Environment


def environment(folder: Path, assets: Mapping[str, Asset], base: str) -> Environment:
    """Templates that escape everything and fail on what is missing; `base` is where assets are served."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = lambda name: f"{base}/{name}?v={assets[name].version}"
    made.filters["ms"] = milliseconds
    made.filters["tree"] = to_json
    made.filters["unbroken"] = unbroken
    return made


async def page(board: Board, visit: Visit, template: str, *, status: int = 200, **shown: Any) -> Response:
    """A whole page with the frame around it."""
    frame = {
        "person": visit.person,
        "csrf": visit.csrf,
        "rooms": await board.desk.team_rooms(visit.person),
        "unread": 0 if shown.get("all_read") else await unread(board, visit),
        "path": visit.request.url.path,
    }
    return _stamped(HTMLResponse(rendered(board, visit, template, frame | shown), status), board.desk.clock())


async def fragment(board: Board, visit: Visit, template: str, seen: Iterable[object], **shown: Any) -> Response:
    """The live part of a page; 304 while `seen`, all it shows but the countdowns, is what the script has."""
    etag = tag(seen)
    if visit.request.headers.get("if-none-match") == etag:
        response = Response(status_code=304)
    else:
        response = HTMLResponse(rendered(board, visit, template, shown | {"csrf": visit.csrf}))
    response.headers["etag"] = etag
    response.headers["x-pledge-unread"] = str(await unread(board, visit))
    return _stamped(response, board.desk.clock())


def rendered(board: Board, visit: Visit, template: str, shown: Mapping[str, Any]) -> str:
    """A template as this visitor sees it."""
    return board.templates.get_template(template).render(show=show(board, visit), **shown)


def data(board: Board, content: object, status: int = 200) -> Response:
    """JSON for a script."""
    return _stamped(JSONResponse(content, status), board.desk.clock())


def show(board: Board, visit: Visit) -> Show:
    """Times as this visitor reads them."""
    return Show(board.words, visit.person.zone, board.desk.clock())


def direct_room(visit: Visit) -> str:
    """The address of the visitor's own chat with Pledge."""
    return f"direct:{visit.person.key}"


def sender(visit: Visit) -> str:
    """The visitor's sender id in the rooms of the board."""
    return f"staff/{visit.person.key}"


async def unread(board: Board, visit: Visit) -> int:
    """Messages in the direct chat that came after the last one this browser has shown; at most 100."""
    room = direct_room(visit)
    entries = await board.conversations.since(board.account, room, _read_up_to(visit), _MOST_UNREAD)
    return sum(1 for entry in entries if entry.direction == "out")


def mark_read(board: Board, visit: Visit, response: Response, seq: int) -> None:
    """Remembers in the browser how far its reader has come; never backwards."""
    if seq > _read_up_to(visit):
        response.set_cookie(
            _READ,
            f"{visit.person.id}.{seq}",
            max_age=180 * 86400,
            path="/board",
            secure=board.secure,
            httponly=True,
            samesite="strict",
        )


def _read_up_to(visit: Visit) -> int:
    person, _, seq = visit.request.cookies.get(_READ, "").partition(".")
    return int(seq) if person == str(visit.person.id) and seq.isascii() and seq.isdigit() and len(seq) < 16 else 0


def _stamped(response: Response, reading: Reading) -> Response:
    """Every answer carries business time, so that countdowns follow a simulated clock at once."""
    response.headers["x-pledge-now"] = str(milliseconds(reading.now))
    response.headers["x-pledge-speed"] = str(reading.speed)
    return response

"""Rooms that live on the board: a person's chat with Pledge, and the team rooms."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.channels.base import Entry, Inbound, InboundKind, Receipt
from bot.web.board.site import Board, data, direct_room, mark_read, page, rendered, sender, unread
from bot.web.board.visit import Visit, cookie_name, may_enter

LONGEST_MESSAGE = 8_000
"""Characters."""

_PAGE = 100
_WAIT_S = 8.0  # shorter than the grace of a shutdown, so that a waiting browser never delays one
_MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


async def chat_page(board: Board, visit: Visit) -> Response:
    """The latest messages of a room, or with `?before=` those before a message."""
    room, title, url = await _place(board, visit)
    before = _number(visit, "before")
    entries = await board.conversations.history(board.account, room, before=before, limit=_PAGE, viewer=sender(visit))
    response = await page(
        board,
        visit,
        "chat.html",
        title=title,
        url=url,
        press=f"{url}/press",
        entries=entries,
        cursor=_cursor(entries),
        older=entries[0].seq if len(entries) == _PAGE else None,
        live=before is None,
        is_direct=room == direct_room(visit),
        all_read=room == direct_room(visit) and before is None,
        message_id=new_message_id(),
    )
    if before is None:
        await board.conversations.looked(board.account, room, _cursor(entries))
    if room == direct_room(visit) and before is None:
        mark_read(board, visit, response, _cursor(entries))
    return response


async def chat_entries(board: Board, visit: Visit) -> Response:
    """What came after `?after=`, as the page shows it; held back up to 8 s while there is nothing. `&shown=1`: it is
    being read.
    """
    room, _, url = await _place(board, visit)
    after = _number(visit, "after") or 0
    entries = await board.conversations.since(board.account, room, after, viewer=sender(visit))
    if not entries and await board.conversations.wait(board.account, room, after, _WAIT_S):
        await _check_still_staff(board, visit)
        entries = await board.conversations.since(board.account, room, after, viewer=sender(visit))
    cursor = max(after, _cursor(entries))
    shown = {"entries": entries, "press": f"{url}/press", "csrf": visit.csrf, "message_id": new_message_id()}
    response = data(board, {"cursor": cursor, "html": rendered(board, visit, "_entries.html", shown)})
    is_shown = visit.request.query_params.get("shown") == "1"
    if is_shown:
        # What comes with this answer is not on the page yet; the page asks again at once.
        await board.conversations.looked(board.account, room, after)
    if room != direct_room(visit):
        response.headers["x-pledge-unread"] = str(await unread(board, visit))
    elif is_shown:
        mark_read(board, visit, response, cursor)
    return response


async def chat_message(board: Board, visit: Visit) -> Response:
    """Words typed into the room; sent again under the same id they count once."""
    text = visit.form.get("text", "").strip()
    if not text:
        raise HTTPException(422, "The message is empty.")
    if len(text) > LONGEST_MESSAGE:
        raise HTTPException(413, f"The message is longer than {LONGEST_MESSAGE} characters.")
    return await _take_in(board, visit, InboundKind.MESSAGE, text=text)


async def chat_press(board: Board, visit: Visit) -> Response:
    """A button under a message; whether this person may press it is decided behind `receive`."""
    action = visit.form.get("action", "")
    if not 0 < len(action) <= 200:
        raise HTTPException(422, "The button is unknown.")
    return await _take_in(board, visit, InboundKind.PRESS, action=action)


def new_message_id() -> str:
    """For a form that is posted without its script: a second press of the same page is the same message."""
    return secrets.token_hex(16)


def message_id(visit: Visit) -> str:
    """The id that the page gave to its message; 422 where it has another form."""
    given = visit.form.get("client_msg_id", "")
    if not _MESSAGE_ID.fullmatch(given):
        raise HTTPException(422, "client_msg_id: 8 to 64 letters, digits and hyphens.")
    return given


async def _take_in(
    board: Board, visit: Visit, kind: InboundKind, *, text: str = "", action: str | None = None
) -> Response:
    room, _, url = await _place(board, visit)
    own_id = f"{visit.person.key}/{message_id(visit)}"
    now = board.desk.clock().now
    receipt = await board.receive(
        Inbound(
            channel=board.channel,
            account=board.account,
            event_id=f"{room}/{own_id}",
            room=room,
            sender=sender(visit),
            sender_name=visit.person.name,
            text=text,
            message_id=own_id if kind is InboundKind.MESSAGE else "",
            at=now,
            received_at=now,
            kind=kind,
            action=action,
        )
    )
    return data(board, _receipt(receipt)) if visit.by_script else RedirectResponse(url, 303)


async def _check_still_staff(board: Board, visit: Visit) -> None:
    """401 for somebody who left the staff, or signed out, while the request was held back."""
    person = await board.gate.person(visit.request.cookies[cookie_name(board.secure)])
    if person is None or not may_enter(person):
        raise HTTPException(401, "Sign in again.")


async def _place(board: Board, visit: Visit) -> tuple[str, str, str]:
    """The room, its title and the address of its page; 404 for a room that this person may not read."""
    key = visit.request.path_params.get("key")
    if key is None:
        return direct_room(visit), "My chat", "/board/direct"
    for team in await board.desk.team_rooms(visit.person):
        if team.key == key:
            return f"team:{key}", team.name, f"/board/rooms/{key}"
    raise HTTPException(404, "No such room.")


def _number(visit: Visit, name: str) -> int | None:
    given = visit.request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _cursor(entries: Sequence[Entry]) -> int:
    return entries[-1].seq if entries else 0


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {"seq": receipt.message_seq, "duplicate": receipt.duplicate, "notice": receipt.notice}

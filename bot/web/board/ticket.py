"""One ticket: the conversation, the clocks with their arithmetic, and every act of the staff on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.channels.base import Unavailable
from bot.sla.policy import Priority
from bot.text import Rich, paragraph, plain
from bot.tickets import parse_reference, reference
from bot.web.board.actions import ACTIONS, FormError, command_text
from bot.web.board.chat import LONGEST_MESSAGE, message_id, new_message_id
from bot.web.board.ports import CommandReply
from bot.web.board.site import Board, data, fragment, page, show
from bot.web.board.visit import Visit

if TYPE_CHECKING:
    from bot.desk.views import TicketView


async def ticket_page(board: Board, visit: Visit) -> Response:
    return await _shown(board, visit)


async def ticket_fragment(board: Board, visit: Visit) -> Response:
    """The parts of the page that change by themselves."""
    view = await _view(board, visit)
    return await fragment(
        board,
        visit,
        "_ticket_live.html",
        (view, show(board, visit).tone(view.row)),
        **await _choices(board, visit, view),
    )


async def ticket_answer(board: Board, visit: Visit) -> Response:
    """Words for the client, said in the ticket's room; posted again under the same id they are said once."""
    text = visit.form.get("text", "").strip()
    if not 0 < len(text) <= LONGEST_MESSAGE:
        reply = _no(f"An answer has 1 to {LONGEST_MESSAGE} characters; this one has {len(text)}.")
        return await _answered(board, visit, reply, 422, draft=text)
    try:
        reply = await board.desk.say(visit.person.id, _reference(visit), text, message_id(visit))
    except Unavailable:
        response = await _answered(
            board, visit, _no("Your answer could not be stored. Send it again."), 503, draft=text
        )
        response.headers["retry-after"] = "1"
        return response
    return await _answered(board, visit, reply, 200 if reply.ok else 422, draft="" if reply.ok else text)


async def ticket_act(board: Board, visit: Visit) -> Response:
    """A button or small form: run as the command it stands for. 404 for an act that does not exist."""
    name = visit.request.path_params["action"]
    if name not in ACTIONS:
        raise HTTPException(404, "No such action.")
    try:
        reply = await board.desk.command(visit.person.id, command_text(name, _reference(visit), visit.form))
    except FormError as problem:
        reply = _no(str(problem))
    return await _answered(board, visit, reply, 200 if reply.ok else 422)


async def _answered(board: Board, visit: Visit, reply: CommandReply, status: int, *, draft: str = "") -> Response:
    if visit.by_script:
        return data(board, {"ok": reply.ok, "text": plain(reply.text)}, status)
    return await _shown(board, visit, status, reply=reply, draft=draft)


async def _shown(
    board: Board, visit: Visit, status: int = 200, *, reply: CommandReply | None = None, draft: str = ""
) -> Response:
    shown: dict[str, Any] = {
        "reply": reply,
        "draft": draft,
        "message_id": new_message_id(),
        **await _choices(board, visit, await _view(board, visit)),
    }
    return await page(board, visit, "ticket.html", status=status, **shown)


async def _choices(board: Board, visit: Visit, view: TicketView) -> dict[str, Any]:
    """The ticket with what its forms offer: taking it where the visitor has not, the priorities, the colleagues."""
    return {
        "view": view,
        "is_mine": view.taken_by == visit.person.id,
        "priorities": tuple(Priority),
        "colleagues": await board.desk.colleagues(),
    }


async def _view(board: Board, visit: Visit) -> TicketView:
    ref = parse_reference(visit.request.path_params["reference"])
    view = None if ref is None else await board.desk.ticket(ref)
    if view is None:
        raise HTTPException(404, "No such ticket.")
    return view


def _reference(visit: Visit) -> str:
    ref = parse_reference(visit.request.path_params["reference"])
    if ref is None:
        raise HTTPException(404, "No such ticket.")
    return reference(ref)


def _no(problem: str) -> CommandReply:
    return CommandReply(Rich((paragraph(problem),)), ok=False)

"""What staff reads of an act of which the client was not told, because his room cannot be reached."""

from __future__ import annotations

from dataclasses import replace

from bot.notice import Notice, Say
from bot.store.tx import Tx
from bot.tickets import parse_reference

_UNTOLD = {
    "told": "untold",
    "hold.told": "untold",
    "hold.told_reason": "untold",
    "hold.told_client": "untold",
    "hold.told_details": "untold",
    "deescalated.told": "untold",
    "eta.told": "eta.untold",
    "escalated.told": "escalated.untold",
    "undone.told": "undone",
}
"""Lines that say that a client knows, and what is true while his room is lost: it is said there when that is back."""


def as_it_is(tx: Tx, reply: Notice) -> Notice:
    """The same, where it says that somebody is told whose room is known to be lost, as it is."""
    return replace(reply, lines=tuple(_line(tx, line) for line in reply.lines))


def _line(tx: Tx, line: Say) -> Say:
    if line.key not in _UNTOLD:
        return line
    number = parse_reference(str(line.params["ref"]))
    ticket = None if number is None else tx.tickets.by_ref(number)
    if ticket is None or tx.rooms.get(ticket.room_id).unreachable is None:
        return line
    return replace(line, key=_UNTOLD[line.key])

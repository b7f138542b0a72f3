"""Writing down what somebody tried that is not his to do: a refused command leaves an entry in the audit (S34)."""

from __future__ import annotations

from datetime import datetime

from bot.commands.base import Actor
from bot.notice import Say
from bot.people import Room
from bot.store.tx import Tx
from bot.tickets import parse_reference

_DENIALS = frozenset({"errors.not_allowed", "errors.internal_only", "errors.direct_only"})


def write_down(tx: Tx, actor: Actor, room: Room, command: str, refusal: Say, now: datetime) -> None:
    """Into the chain of the room's client: who tried which command, and the ticket where it is somebody else's.

    Mistakes, like a time that cannot be read or a ticket that never was, are no denials. It is called after what the
    command did is undone, and holds nobody's words.
    """
    if is_denial(tx, refusal):
        tx.meta.audit(room.client_id, actor.ext_id, f"refused {command}", now, new=_foreign(tx, refusal))


def is_denial(tx: Tx, refusal: Say) -> bool:
    """Whether that is what somebody hears who tried what is not his to do."""
    return refusal.key in _DENIALS or bool(_foreign(tx, refusal))


def _foreign(tx: Tx, refusal: Say) -> str:
    """The ticket that is out of reach, which the asker is told does not exist; empty where it really does not."""
    if refusal.key != "errors.unknown_ticket":
        return ""
    ref = parse_reference(str(refusal.params["ref"]))
    ticket = None if ref is None else tx.tickets.by_ref(ref)
    return "" if ticket is None else ticket.reference

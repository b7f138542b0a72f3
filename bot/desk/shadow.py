"""Shadow: everything is worked out and told to the staff, nothing reaches a client; an installation's first weeks."""

from __future__ import annotations

from dataclasses import replace

from bot.notice import Notice, Say
from bot.people import Room
from bot.store.outbox import KEPT_BACK
from bot.store.tx import Tx

_FLAG = "shadow"
_MARK = Say("shadow.mark")


def cast(tx: Tx, is_on: bool) -> bool:
    """Put the whole installation into shadow, or take it out; whether that is a change.

    What waits to be sent to whoever is in shadow, by the roster too, is never sent.
    """
    is_change = (tx.meta.get(_FLAG) == "1") is not is_on
    if is_change:
        tx.meta.set(_FLAG, "1" if is_on else "0")
    for client_id in tx.people.ids_in_shadow():
        tx.outbox.withhold(client_id, KEPT_BACK)
    return is_change


def marked(notice: Notice) -> Notice:
    """With a last line that says that no client reads of it; once."""
    return notice if _MARK in notice.lines else replace(notice, lines=(*notice.lines, _MARK))


def hides(tx: Tx, room: Room) -> bool:
    """Whether nothing at all may be shown in this room, the answer to a press included."""
    return not room.kind.is_internal and tx.people.is_shadow(room.client_id)


def warnings(tx: Tx) -> list[str]:
    """To the operator: who is not told anything."""
    if tx.meta.get(_FLAG) == "1":
        return ["shadow mode: nothing is posted to any client (PLEDGE_DESK__SHADOW)"]
    names = tx.people.in_shadow()
    return [f"shadow mode: nothing is posted to {', '.join(names)} (shadow in the roster)"] if names else []

"""What the leads hear of what cannot be read: the first at once, the others as a number when their room's hour is over;
of all the rooms that belong to nobody once a day, or strangers could keep the leads busy.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.desk.mail import Mail
from bot.notice import say
from bot.people import Room, RoomKind
from bot.store.digests import Place
from bot.store.inbox import Waiting
from bot.store.tx import Tx

SPAN = {Place.ROOM: timedelta(hours=1), Place.NOWHERE: timedelta(hours=1), Place.STRANGERS: timedelta(days=1)}
_MAX_WHAT = 500


def tell(tx: Tx, mail: Mail, waiting: Waiting, reason: str, room: Room | None, now: datetime) -> None:
    """One that was just set aside, at once; nothing where a line of its place is due anyway."""
    inbound = waiting.inbound
    if not inbound.room:
        place, what = Place.NOWHERE, reason[:_MAX_WHAT]
    elif room is None or room.kind is RoomKind.UNLINKED:
        place, what = Place.STRANGERS, ""
    else:
        place, what = Place.ROOM, inbound.room
    if tx.digests.begin(inbound.channel, inbound.account, place, what, waiting.id, now + SPAN[place]):
        mail.to_leads(f"poison:{waiting.id}", say("inbox.quarantined", id=waiting.id))

"""What the roster file said of whose rooms and identities are, when it was last applied: kept as one small fact."""

from __future__ import annotations

import json

from bot.people import RoomKind
from bot.store.meta import Meta
from bot.store.roster_row import Address, Said

_KEY = "roster.said"


def remember(meta: Meta, said: Said) -> None:
    rooms = [
        [at.channel, at.account, at.id, kind.value, client, person] for at, (kind, client, person) in said.rooms.items()
    ]
    identities = [[at.channel, at.account, at.id, person] for at, person in said.identities.items()]
    text = json.dumps({"rooms": rooms, "identities": identities}, ensure_ascii=False)
    meta.set(_KEY, text)


def remembered(meta: Meta) -> Said | None:
    """None where no roster was applied yet, or only by versions that kept nothing of it."""
    text = meta.get(_KEY)
    if text is None:
        return None
    kept = json.loads(text)
    return Said(
        {Address(*place): (RoomKind(kind), client, person) for *place, kind, client, person in kept["rooms"]},
        {Address(*place): person for *place, person in kept["identities"]},
    )

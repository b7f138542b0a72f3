"""How often the bot may be spoken to, and speaks up: a client's excess is kept all the same, answered once (S6)."""

from __future__ import annotations

from datetime import datetime

from bot.commands.base import Actor
from bot.pace import Buckets
from bot.people import Room, RoomKind
from bot.sla.log import Party


class Pacing:
    """Counts what the clients' people send, in machine time and in memory: a restart forgives.

    By person, by room and by client: the first is for a loop in somebody's script, the others for a crowd of them.
    """

    def __init__(self, *, is_on: bool = True) -> None:
        """Where it is not on, nobody is too fast."""
        self._is_on = is_on
        self._people = Buckets(per_second=1, burst=20)
        self._rooms = Buckets(per_second=20, burst=400)
        self._clients = Buckets(per_second=20, burst=400)
        self._notices = Buckets(per_second=1 / 600, burst=1)
        self._refusals = Buckets(per_second=1 / 60, burst=5)
        self._hints = Buckets(per_second=1 / 300, burst=1)

    def is_too_fast(self, room: Room, actor: Actor, machine: datetime) -> bool:
        """Count one event of a client; True where its person, its room or its client has no allowance left.

        Staff is trusted, and nothing that is automatic acts.
        """
        if not self._is_on or actor.party is not Party.CLIENT or room.kind is not RoomKind.CLIENT:
            return False
        waits = (
            self._people.take(f"{room.channel}/{room.account}/{actor.ext_id}", machine),
            self._rooms.take(str(room.id), machine),
            self._clients.take(str(room.client_id), machine),
        )
        return any(waits)

    def may_tell(self, room: Room, machine: datetime) -> bool:
        """Whether the room is to hear of it now: once in ten minutes."""
        return self._notices.take(str(room.id), machine) == 0

    def may_refuse(self, room: Room, machine: datetime) -> bool:
        """Whether a room is to hear of another code that links nothing: five times, then once a minute."""
        return self._refusals.take(f"{room.channel}/{room.account}/{room.ext_id}", machine) == 0

    def may_hint(self, room: Room, machine: datetime) -> bool:
        """Whether a direct chat is to hear at length that its words reach no client: once in five minutes."""
        return self._hints.take(str(room.id), machine) == 0

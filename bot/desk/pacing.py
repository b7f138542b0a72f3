"""How fast a client may write before commands wait: what comes faster is kept all the same, and answered once (S6)."""

from __future__ import annotations

from datetime import datetime

from bot.commands.base import Actor
from bot.pace import Buckets
from bot.people import Room


class Pacing:
    """Counts what the clients' people send, in machine time and in memory: a restart forgives.

    By person, by room and by client: the first is for a loop in somebody's script, the others for a crowd of them.
    """

    def __init__(self) -> None:
        self._people = Buckets(per_second=1, burst=20)
        self._rooms = Buckets(per_second=20, burst=400)
        self._clients = Buckets(per_second=20, burst=400)
        self._notices = Buckets(per_second=1 / 600, burst=1)

    def is_too_fast(self, room: Room, actor: Actor, machine: datetime) -> bool:
        """Count one event; True where its person, its room or its client has no allowance left."""
        waits = (
            self._people.take(f"{room.channel}/{room.account}/{actor.ext_id}", machine),
            self._rooms.take(str(room.id), machine),
            self._clients.take(str(room.client_id), machine),
        )
        return any(waits)

    def may_tell(self, room: Room, machine: datetime) -> bool:
        """Whether the room is to hear of it now: once in ten minutes."""
        return self._notices.take(str(room.id), machine) == 0

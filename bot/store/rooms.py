"""Rooms: found by id or address, numbered messages, reachability."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bot.duty import Origin
from bot.people import NOBODY, Room, RoomKind
from bot.store.times import to_ms


class Rooms:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def get(self, id: int) -> Room:
        """KeyError where there is none; closed rooms are found too."""
        row = self._q.rooms_by_id(self._c, id=id)
        if row is None:
            raise KeyError(f"no room {id}")
        return _room(row)

    def linked(self, id: int) -> Room | None:
        """An active room of a client or of the team."""
        row = self._q.rooms_linked(self._c, id=id)
        return None if row is None else _room(row)

    def at(self, channel: str, account: str, ext_id: str) -> Room | None:
        """The active room at a platform's address, or at one that it has left."""
        row = self._q.rooms_by_address(
            self._c, channel=channel, account=account, ext_id=ext_id
        ) or self._q.rooms_by_alias(self._c, channel=channel, account=account, ext_id=ext_id)
        return None if row is None else _room(row)

    def move(self, id: int, ext_id: str) -> bool:
        """The platform gave the room another address; the old one keeps leading to it.

        False, and nothing done, where it is there already, or where another linked room is.
        """
        room = self.get(id)
        row = self._q.rooms_by_address(self._c, channel=room.channel, account=room.account, ext_id=ext_id)
        if row is not None:
            if RoomKind(row["kind"]) is not RoomKind.UNLINKED:
                return False
            self.close(row["id"])
            # What was written there in the meantime found nobody: now it is taken in again.
            self._q.inbox_again(self._c, channel=room.channel, account=room.account, room_ext=ext_id)
        self._q.rooms_leave_alias(self._c, channel=room.channel, account=room.account, ext_id=room.ext_id, room_id=id)
        self._q.rooms_move(self._c, id=id, ext_id=ext_id)
        return True

    def close(self, id: int) -> None:
        """Nothing is said in it any more; its messages and tickets stay."""
        self._q.rooms_close(self._c, id=id)

    def of_channel(self, channel: str) -> list[Room]:
        """The channel's active rooms, those nobody has linked left out."""
        return [_room(row) for row in self._q.rooms_of_channel(self._c, channel=channel)]

    def rename(self, id: int, name: str) -> None:
        self._q.rooms_rename(self._c, id=id, name=name)

    def is_declared(self, id: int) -> bool:
        """Whether the roster made it, so that what changes its address or owner leaves a line there behind."""
        return bool(self._q.rooms_origin(self._c, id=id) == Origin.FILE)

    def note_visit(self, id: int, who: str, at: datetime) -> bool:
        """An outsider came or left at this moment; False: a later coming or going of his is known."""
        return self._q.rooms_visited(self._c, id=id, who=who, at=to_ms(at)) is not None

    def admit(self, id: int, who: str, name: str) -> bool:
        """Somebody from outside, or a circle of people, can read along; False: known already."""
        return self._q.rooms_admit(self._c, id=id, who=who, name=name) is not None

    def dismiss(self, id: int, who: str) -> str | None:
        """They no longer can; their name, None where nobody has told of them."""
        row = self._q.rooms_dismiss(self._c, id=id, who=who)
        return None if row is None else str(row["name"])

    def outsiders(self, id: int) -> frozenset[str]:
        """Who can read along besides the room's own people, as `admit` was told."""
        return frozenset(row["who"] for row in self._q.rooms_outsiders(self._c, id=id))

    def direct(self, person_id: int) -> list[Room]:
        """The person's direct chats with the bot in the order he has named, else those that reach a pocket before the
        one on the board.
        """
        rows = list(self._q.rooms_direct(self._c, person_id=person_id))
        order = json.loads(rows[0]["notify"]) if rows else []
        rows.sort(key=lambda row: order.index(row["channel"]) if row["channel"] in order else len(order))
        return [_room(row) for row in rows]

    def team(self) -> list[Room]:
        return [_room(row) for row in self._q.rooms_team(self._c)]

    def heed(self, id: int, seq: int) -> None:
        """Somebody has looked at the room up to this message, or it is on its way to somebody else; never backwards."""
        self._q.rooms_heed(self._c, id=id, seq=seq)

    def of_client(self, client_id: int) -> list[Room]:
        return [_room(row) for row in self._q.rooms_of_client(self._c, client_id=client_id)]

    def add(
        self,
        *,
        client_id: int,
        kind: RoomKind,
        channel: str,
        account: str,
        ext_id: str,
        name: str,
        now: datetime,
        person_id: int | None = None,
        locale: str | None = None,
        zone: str | None = None,
        person_ext: str | None = None,
        origin: Origin = Origin.CHAT,
    ) -> Room:
        """`person_ext` is the account of a person's own chat."""
        row = self._q.rooms_add(
            self._c,
            client_id=client_id,
            kind=kind.value,
            channel=channel,
            account=account,
            ext_id=ext_id,
            name=name,
            person_id=person_id,
            person_ext=person_ext,
            locale=locale,
            zone=zone,
            origin=origin.value,
            now=to_ms(now),
        )
        return self.get(row["id"])

    def add_unlinked(self, channel: str, account: str, ext_id: str, now: datetime) -> Room:
        """A room nobody has linked to a client yet."""
        return self.add(
            client_id=NOBODY,
            kind=RoomKind.UNLINKED,
            channel=channel,
            account=account,
            ext_id=ext_id,
            name=ext_id,
            now=now,
        )

    def take_seq(self, id: int) -> int:
        """The next message number of the room, dense from 1."""
        return int(self._q.rooms_take_seq(self._c, id=id))

    def set_locale(self, id: int, locale: str) -> None:
        self._q.rooms_set_locale(self._c, id=id, locale=locale)


def _room(row: Any) -> Room:
    return Room(
        id=row["id"],
        client_id=row["client_id"],
        kind=RoomKind(row["kind"]),
        channel=row["channel"],
        account=row["account"],
        ext_id=row["ext_id"],
        name=row["name"],
        person_id=row["person_id"],
        locale=row["locale"],
        zone=row["zone"],
        unreachable=row["unreachable"],
        outsiders=row["outsiders"],
    )

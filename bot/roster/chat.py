"""What chats have made of rooms and identities since the file was written, and which of the two holds. Pure.

A chat that has moved is the room of the file wherever it is now. What somebody linked in a chat holds for as long as
the file says of it what it said then: only a line that was written anew goes before it. Neither keeps the bot from
starting; what the file should say is remarked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.duty import Origin
from bot.store.roster_row import Address, Held, IdentityRow, RoomRow, Rows, Said


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows that are to be made, and what to say of the lines that mean something else than they say."""

    wanted: Rows
    remarks: tuple[str, ...]


def said_by(rows: Rows) -> Said:
    """What a roster says of whose its rooms and identities are."""
    return Said(
        {at: row.owner for at, row in rows.rooms.items()}, {at: row.person for at, row in rows.identities.items()}
    )


def settle(held: Held, wanted: Rows) -> Settled:
    """Leave out what holds against the file."""
    remarks: list[str] = []
    rooms = dict(_rooms(held, wanted, remarks))
    identities = dict(_identities(held, wanted, remarks))
    return Settled(replace(wanted, rooms=rooms, identities=identities), tuple(remarks))


def _rooms(held: Held, wanted: Rows, remarks: list[str]) -> Iterator[tuple[Address, RoomRow]]:
    lines, before = _lines(held, wanted.rooms), None
    if held.said is not None:
        before = {at: held.said.rooms[written] for at, written in _lines(held, held.said.rooms).items()}
    for written, row in wanted.rooms.items():
        at = _now_at(held, written)
        if at != written:
            remarks.append(f'room {written}: is at {at} now (write id = "{at.id}" in its place)')
        if lines[at] != written:
            continue
        linked, origin = held.rooms.get(at, (row, Origin.CHAT))
        if linked.owner != row.owner and origin == Origin.CHAT:
            if linked.client in wanted.clients and (before is None or before.get(at) == row.owner):
                remarks.append(
                    f'room {written}: was linked to "{linked.client}" in the chat, and that holds, not "{row.client}" '
                    f'as the file still says (write it at "{linked.client}")'
                )
                continue
            remarks.append(
                f'room {written}: was linked to "{linked.client}" in the chat and is "{row.client}" now, as the file '
                "says anew (/link it again in the chat if that is not meant)"
            )
        yield at, row if at == written else replace(row, address=at)


def _identities(held: Held, wanted: Rows, remarks: list[str]) -> Iterator[tuple[Address, IdentityRow]]:
    for at, row in wanted.identities.items():
        linked, origin = held.identities.get(at, (row, Origin.CHAT))
        if linked.person != row.person and origin == Origin.CHAT:
            if linked.person in wanted.people and (held.said is None or held.said.identities.get(at) == row.person):
                remarks.append(
                    f'identity {at}: was linked to "{linked.person}" by a code, and that holds, not "{row.person}" as '
                    f'the file still says (write it at "{linked.person}")'
                )
                continue
            remarks.append(
                f'identity {at}: was linked to "{linked.person}" by a code and is "{row.person}" now, as the file says '
                "anew (pledge link makes another code if that is not meant)"
            )
        yield at, row


def _lines(held: Held, rooms: Iterable[Address]) -> dict[Address, Address]:
    """Where rooms are, and the line that means each: the one that says so, else the first that was true once."""
    found: dict[Address, Address] = {}
    for written in sorted(rooms, key=lambda at: at != _now_at(held, at)):
        found.setdefault(_now_at(held, written), written)
    return found


def _now_at(held: Held, at: Address) -> Address:
    """Where the room of this address is found: there, or where its chat has moved to since."""
    passed: set[Address] = set()
    while at in held.moved and at not in passed and at not in held.rooms and at not in held.file.rooms:
        passed.add(at)
        at = held.moved[at]
    return at

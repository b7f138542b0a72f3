"""Who somebody is, here: the party of a sender is decided by the roster and the room, never by what he writes."""

from __future__ import annotations

from bot.channels.base import Inbound
from bot.commands.base import Actor
from bot.people import Room, RoomKind
from bot.sla.log import Party
from bot.store.tx import Tx


def actor_of(tx: Tx, room: Room, inbound: Inbound) -> Actor:
    """The sender of an inbound event in this room.

    In client rooms whoever is not listed staff is the client's side, another client's contact included. In internal
    rooms only listed staff is anybody; the rest counts as automatic and moves nothing. Words without an author who
    stands behind them are the client's side's, whoever may be meant; what staff passes on answers nothing.
    """
    person = tx.people.by_identity(inbound.channel, inbound.account, inbound.sender)
    name = person.name if person else inbound.sender_name or inbound.sender
    is_staff = person is not None and person.role.is_staff
    if inbound.automatic or (inbound.unattributed and is_staff):
        return Actor(Party.AUTOMATIC, name, inbound.sender, person)
    if is_staff:
        return Actor(Party.STAFF, name, inbound.sender, person)
    if room.kind is RoomKind.CLIENT:
        own = person if person is not None and person.client_id == room.client_id else None
        return Actor(Party.CLIENT, name, inbound.sender, own)
    return Actor(Party.AUTOMATIC, name, inbound.sender, None)


def actor_for(tx: Tx, person_key: str) -> tuple[Actor, Room] | None:
    """A member of staff acting from the board: in the direct room, as himself; None for anybody else."""
    person = tx.people.person_by_key(person_key)
    if person is None or not person.active or not person.role.is_staff:
        return None
    rooms = tx.rooms.direct(person.id)
    if not rooms:
        return None
    return Actor(
        Party.STAFF, person.name, tx.people.identity_of(person.id, rooms[0].channel) or person.key, person
    ), rooms[0]

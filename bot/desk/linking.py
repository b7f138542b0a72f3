"""Linking a room to whom it belongs, by a one-time code: to a client, to the team, or to a person on the staff.

The code itself never gets past `cleaning`: what is stored, and compared here, is its hash.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.channels.base import Inbound
from bot.commands.base import Actor
from bot.desk.mail import BREACH, Choice, Mail
from bot.desk.premises import open_own
from bot.notice import Notice, say
from bot.people import VENDOR, Client, Role, Room, RoomKind
from bot.sla.log import Party
from bot.store.access import Token
from bot.store.tx import Tx

_HASHED = re.compile(r"/link (?P<hash>[0-9a-f]{64})")


_REFUSALS = frozenset({"link.refused", "link.anonymous", "link.team_refused", "link.person_refused"})


def is_refusal(linked: Notice) -> bool:
    """Whether the answer to a code is that it links nothing."""
    return any(line.key in _REFUSALS for line in linked.lines)


def is_link(inbound: Inbound) -> bool:
    """Whether these words, cleaned, redeem a code."""
    return _HASHED.fullmatch(inbound.text) is not None


def link(tx: Tx, mail: Mail, room: Room, actor: Actor, inbound: Inbound, now: datetime, machine: datetime) -> Notice:
    """Redeem the code of an event that `is_link`; what to answer there.

    Whoever has the code may link a room that belongs to nobody. A room that belongs to a client already passes to
    another one only when a lead says so. `machine` is the time codes expire in.
    """
    found = _HASHED.fullmatch(inbound.text)
    assert found is not None
    if inbound.unattributed:
        # The code stays good for whoever sends it under a name of his own.
        return Notice((say("link.anonymous"),))
    is_nobody = actor.party is Party.BOT or inbound.automatic
    token = None if is_nobody else tx.access.redeem_hash(found["hash"], machine)
    if token is None or token.channel not in (None, inbound.channel):
        return Notice((say("link.refused"),))
    if token.person_id is not None:
        return _link_person(tx, room, inbound, token, now)
    client = tx.people.client(VENDOR if token.client_id is None else token.client_id)
    if client.id == VENDOR and not actor.is_staff:
        # Whoever finds the code must not be able to read what is said among staff.
        return Notice((say("link.team_refused"),))
    if room.kind is not RoomKind.UNLINKED:
        return _link_again(tx, mail, room, client, inbound, now)
    linked = relink(tx, room, client, inbound.room_name, f"{inbound.channel}:{inbound.sender}", now)
    return welcome(tx, mail, linked, client)


def relink(tx: Tx, room: Room, client: Client, name: str, who: str, now: datetime) -> Room:
    """Close the room for its owner so far and open it for this client, or for the team; audited in both chains."""
    tx.rooms.close(room.id)
    linked = tx.rooms.add(
        client_id=client.id,
        kind=RoomKind.TEAM if client.id == VENDOR else RoomKind.CLIENT,
        channel=room.channel,
        account=room.account,
        ext_id=room.ext_id,
        name=name or client.name,
        now=now,
    )
    where = f"{room.channel} {room.ext_id}"
    if room.kind is not RoomKind.UNLINKED:
        tx.meta.audit(room.client_id, who, "room.unlinked", now, where, "")
    tx.meta.audit(client.id, who, "room.linked", now, "", where)
    return linked


def _link_person(tx: Tx, room: Room, inbound: Inbound, token: Token, now: datetime) -> Notice:
    """A member of staff proves who he is on this platform, in his own chat with the bot."""
    assert token.person_id is not None
    person = tx.people.person(token.person_id)
    taken = tx.people.by_identity(inbound.channel, inbound.account, inbound.sender)
    if not inbound.direct or not person.active or (taken is not None and taken.id != person.id):
        return Notice((say("link.person_refused"),))
    tx.people.add_identity(inbound.channel, inbound.account, inbound.sender, person.id)
    if room.kind is RoomKind.UNLINKED:
        open_own(tx, person, inbound, room, now)
    where = f"{inbound.channel} {inbound.sender}"
    tx.meta.audit(VENDOR, person.key, "person.linked", now, "", where)
    return Notice((say("link.person", who=person.name),))


def _link_again(tx: Tx, mail: Mail, room: Room, client: Client, inbound: Inbound, now: datetime) -> Notice:
    if room.client_id == client.id:
        return Notice((say("link.already"),))
    leads = tx.people.with_role(Role.LEAD) or tx.people.with_role(Role.ADMIN)
    before = tx.people.client(room.client_id)
    tx.meta.audit(room.client_id, f"{inbound.channel}:{inbound.sender}", "room.link_asked", now, "", client.key)
    line = say("link.approve", room=room.name, before=before.name, after=client.name)
    choices = [Choice("button.approve", f"/relink {room.id} {client.key} {inbound.room_name}".strip())]
    for lead in leads:
        mail.to_person(lead, f"relink:{room.id}:{inbound.event_id}:{lead.id}", line, choices=choices, rank=BREACH)
    return Notice((say("link.waits"),))


def welcome(tx: Tx, mail: Mail, room: Room, client: Client) -> Notice:
    """What a room reads that has just been linked; its manager is told too."""
    if room.kind is RoomKind.TEAM:
        return Notice((say("link.team"),))
    responsible = tx.people.responsible(client.id)
    if not responsible:
        return Notice((say("link.client_alone", client=client.name), say("link.stored")))
    mail.to_person(responsible[0], f"linked:{room.id}", say("link.manager", room=room.name, client=client.name))
    return Notice((say("link.client", client=client.name, who=responsible[0].name), say("link.stored")))

"""What happens to rooms themselves: who they belong to, that they move, get lost and come back, who can read along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.channels.base import Inbound, InboundKind, News, NewsKind, Outsider
from bot.desk.mail import BREACH, Mail
from bot.notice import Quote, Value, say
from bot.people import VENDOR, Person, Room, RoomKind
from bot.store.tx import Tx

_MOST_NAMED = 3
"""Outsiders whom one line names; the rest is counted."""


def room_of(tx: Tx, inbound: Inbound, now: datetime) -> Room:
    """The room of an event. One that is not known yet belongs to nobody, but for a direct chat of somebody on the
    staff, which is his own from his first word on.
    """
    room = tx.rooms.at(inbound.channel, inbound.account, inbound.room)
    if room is not None and room.kind is not RoomKind.UNLINKED:
        return room
    person = tx.people.by_identity(inbound.channel, inbound.account, inbound.sender) if inbound.direct else None
    if person is None or not person.role.is_staff:
        return room or tx.rooms.add_unlinked(inbound.channel, inbound.account, inbound.room, now)
    return open_own(tx, person, inbound, room, now)


def open_own(tx: Tx, person: Person, inbound: Inbound, unlinked: Room | None, now: datetime) -> Room:
    """The chat an event came from is this person's own from now on; what it was before is closed."""
    if unlinked is not None:
        tx.rooms.close(unlinked.id)
    return tx.rooms.add(
        client_id=VENDOR,
        kind=RoomKind.DIRECT,
        channel=inbound.channel,
        account=inbound.account,
        ext_id=inbound.room,
        name=person.name,
        person_id=person.id,
        person_ext=inbound.sender,
        now=now,
    )


def learn(tx: Tx, mail: Mail, inbound: Inbound, now: datetime, title: Value) -> None:
    """Act on what the platform says of a room, of the whole account, or of what it could not tell."""
    if inbound.kind is InboundKind.GAP:
        tell_gap(mail, inbound, title)
    elif inbound.room:
        hear(tx, mail, room_of(tx, inbound, now), inbound, now, title)
    else:
        lose_account(tx, mail, inbound, now, title)


def hear(tx: Tx, mail: Mail, room: Room, inbound: Inbound, now: datetime, title: Value) -> None:
    """Act on what the platform says of a room. Clocks run on whatever happens to it: a promise is not the room's.

    `title` is what people call the channel.
    """
    assert inbound.news is not None
    detail = inbound.news.detail
    match inbound.news.kind:
        case NewsKind.MOVED:
            if tx.rooms.move(room.id, detail):
                # A post to the old address may have been refused by then, and what waits for the room set aside.
                tx.outbox.release_room(room.id)
                tx.meta.audit(room.client_id, inbound.channel, "room.moved", now, room.ext_id, detail)
            if tx.rooms.is_declared(room.id) and tx.rooms.get(room.id).ext_id == detail:
                # A delivery may have found it out before; told once, however often the platform says it.
                line = say("room.moved", room=room.name, channel=title, id=detail, was=inbound.room)
                mail.to_leads(f"room.moved:{room.id}:{detail}", line)
        case NewsKind.LOST:
            # The platform also ends the membership in the group that a room has moved out of.
            if inbound.room == room.ext_id and tx.outbox.suspend_room(room.id, detail):
                _tell(tx, mail, room, inbound, title, "room.lost")
        case NewsKind.BACK:
            tx.outbox.release_room(room.id)
            if room.unreachable is not None:
                _tell(tx, mail, room, inbound, title, "room.back")
        case NewsKind.RENAMED:
            tx.rooms.rename(room.id, detail)
        case NewsKind.OPENED:
            _admit(tx, mail, room, inbound, [Outsider(detail, detail)], now, title)
        case NewsKind.JOINED | NewsKind.PARTED:
            # Of who was heard to come and go the history tells once more; of the unknown it tells when they are known.
            if inbound.news.certain and not tx.rooms.note_visit(room.id, inbound.sender, inbound.at):
                return
            if inbound.news.kind is NewsKind.JOINED:
                _joined(tx, mail, room, inbound, now, title)
            else:
                _dismiss(tx, room, inbound, [inbound.sender], now)
        case NewsKind.SEEN:
            _dismiss(tx, room, inbound, inbound.news.gone, now)
            _admit(tx, mail, room, inbound, inbound.news.came, now, title)
        case NewsKind.DELEGATED:
            mail.to_room(room, f"delegated:{room.id}:{now:%Y%m%d}", say("room.delegated"), must_say=False)
        case NewsKind.CLOSED:
            _dismiss(tx, room, inbound, [detail], now)


def come_back(tx: Tx, mail: Mail, room: Room, inbound: Inbound, now: datetime, title: Value) -> Room:
    """Somebody speaks in a room that we had lost: we are there again, though nobody has told us. The room as it is now;
    told once a day, for a room may be one in which we can read and not write.
    """
    back = replace(inbound, kind=InboundKind.ROOM, news=News(NewsKind.BACK), event_id=f"{now:%Y%m%d}")
    hear(tx, mail, room, back, now, title)
    return tx.rooms.get(room.id)


def _joined(tx: Tx, mail: Mail, room: Room, inbound: Inbound, now: datetime, title: Value) -> None:
    """Somebody who is no colleague came in. In a room of the team nothing internal is said from then on; in a client's
    room only those are told of who surely belong neither to us nor, as far as we know, to this client.
    """
    assert inbound.news is not None
    news, who = inbound.news, Outsider(inbound.sender, inbound.news.detail, inbound.news.certain)
    if room.kind.is_internal:
        _admit(tx, mail, room, inbound, [who], now, title)
    elif room.kind is RoomKind.CLIENT and news.certain:
        person = tx.people.by_identity(inbound.channel, inbound.account, who.who)
        is_theirs = person is not None and (person.role.is_staff or person.client_id == room.client_id)
        known = news.circle and tx.people.has_contact(room.client_id, inbound.channel, inbound.account, news.circle)
        if not (is_theirs or known):
            _admit(tx, mail, room, inbound, [who], now, title)


def _admit(
    tx: Tx, mail: Mail, room: Room, inbound: Inbound, came: Iterable[Outsider], now: datetime, title: Value
) -> None:
    """They can read along from now on; those are told of whom nobody knew yet. Whom the roster names as staff is staff,
    whatever his account is to the platform.
    """
    fresh = [each for each in came if not _is_staff(tx, inbound, each) and tx.rooms.admit(room.id, each.who, each.name)]
    if fresh:
        _tell_of(tx, mail, room, inbound, fresh, now, title)


def _is_staff(tx: Tx, inbound: Inbound, who: Outsider) -> bool:
    person = tx.people.by_identity(inbound.channel, inbound.account, who.who)
    return person is not None and person.role.is_staff


def _tell_of(
    tx: Tx, mail: Mail, room: Room, inbound: Inbound, who: Sequence[Outsider], now: datetime, title: Value
) -> None:
    names = ", ".join(each.name for each in who[:_MOST_NAMED])
    if len(who) > _MOST_NAMED:
        names += f" +{len(who) - _MOST_NAMED}"
    for each in who:
        tx.meta.audit(room.client_id, inbound.channel, "room.opened", now, "", each.name)
    _tell(tx, mail, room, inbound, title, "room.opened", names)


def _dismiss(tx: Tx, room: Room, inbound: Inbound, gone: Iterable[str], now: datetime) -> None:
    """They no longer can; the last of them takes the warning with him."""
    for who in gone:
        name = tx.rooms.dismiss(room.id, who)
        if name is not None:
            tx.meta.audit(room.client_id, inbound.channel, "room.closed", now, name, "")


def lose_account(tx: Tx, mail: Mail, inbound: Inbound, now: datetime, title: Value) -> None:
    """The platform says that nothing of ours is taken any more. Written down as if a delivery had found it out, so that
    the same look at the account frees its rooms when it works again.
    """
    assert inbound.news is not None and inbound.news.kind is NewsKind.LOST
    detail = inbound.news.detail
    if tx.outbox.suspend_account(inbound.channel, inbound.account, detail):
        tx.meta.audit(VENDOR, inbound.channel, "account.lost", now, "", detail)
        line = say("channel.broken", channel=title, reason=Quote(detail))
        mail.to_leads(f"account.lost:{inbound.channel}:{inbound.account}:{inbound.event_id}", line, rank=BREACH)


def tell_gap(mail: Mail, inbound: Inbound, title: Value) -> None:
    """Nothing was heard on a channel for so long that its platform may have forgotten messages."""
    key = f"gap:{inbound.channel}:{inbound.account}:{inbound.event_id}"
    mail.to_leads(key, say("channel.gap", channel=title, details=Quote(inbound.text)), rank=BREACH)


def _tell(tx: Tx, mail: Mail, room: Room, inbound: Inbound, title: Value, what: str, reason: str = "") -> None:
    """Tell who answers in this room, on another path; the leads where nobody does or the chat is a person's own."""
    assert inbound.news is not None
    if room.kind is RoomKind.UNLINKED:
        return
    key = f"{what}:{room.id}:{inbound.event_id}"
    said = "room.lost.own" if room.kind is RoomKind.DIRECT and what == "room.lost" else what
    line = say(said, room=room.name, channel=title, reason=Quote(reason or inbound.news.detail or "-"))
    responsible = tx.people.responsible(room.client_id) if room.kind is RoomKind.CLIENT else []
    mail.to_person_or_leads(next(iter(responsible), None), key, line, rank=BREACH)

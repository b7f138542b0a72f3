"""Calls as calendars outside see them: the invitation to one, a manager's feed of his own, and where both lie."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.i18n import Catalogue
from bot.ical.entry import Entry, Guest, Status
from bot.people import Person
from bot.sla.call import BookedCall, CallState
from bot.store.calendars import Dated
from bot.store.tx import Tx

_KEPT = timedelta(days=30)  # after the call, or the change, that an invitation is about
_BEHIND, _AHEAD = timedelta(days=30), timedelta(days=365)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATUS = {
    CallState.AGREED: Status.CONFIRMED,
    CallState.HELD: Status.CONFIRMED,
    CallState.CANCELLED: Status.CANCELLED,
}


def invitation_path(tx: Tx, call: BookedCall, holder: Person | None = None) -> str:
    """The private place of a call's invitation on our own server; the same whatever becomes of the call.

    `holder`: the one for a manager's own calendar, which takes the call out of it once another holds it.
    """
    return f"/calls/{tx.calls.secret(call)}{'' if holder is None else f'.{holder.key}'}.ics"


def feed_url(url: str, secret: str) -> str:
    return f"{url}/calendar/{secret}.ics"


def meeting_url(tx: Tx, call: BookedCall, meeting: str) -> str:
    """Where a call is held: by the manager's own link, else by the one for all (`meeting`); empty where none is."""
    template = tx.calendars.meeting_of(call.person_id) or meeting
    if not template:
        return ""
    manager, client = tx.people.person(call.person_id).key, tx.people.client(call.client_id).key
    return template.format(manager=manager, client=client, call=call.uid.partition("@")[0])


def invitation(tx: Tx, catalogue: Catalogue, meeting: str, secret: str, now: datetime) -> bytes | None:
    """The invitation behind a secret, as the call is now, in the language and zone of its room; behind `SECRET.KEY` as
    it is for this manager of the client's.

    None for an unknown secret or manager, and once the call has been over for a month.
    """
    secret, is_own, key = secret.partition(".")
    found = tx.calendars.call(secret) if _SECRET.fullmatch(secret) else None
    if found is None or max(found.call.ends_at, found.changed_at) + _KEPT <= now:
        return None
    if is_own:
        people = [tx.people.person(found.call.person_id), *tx.people.responsible(found.call.client_id)]
        holder = next((person for person in people if person.key == key), None)
        if holder is None:
            return None
        found = _known_to(found, holder)
    return _invitation(tx, catalogue, meeting, found)


def enclosed(tx: Tx, catalogue: Catalogue, meeting: str, call: BookedCall, gone: Person | None = None) -> str | None:
    """The invitation to a call as it is now, to send as a file; None where the client is none any more.

    For `gone`, who has handed it to somebody else, it is the word that his call is off: the same entry, as he knew it.
    """
    found = tx.calendars.call(tx.calls.secret(call))
    if found is not None and gone is not None:
        found = _known_to(found, gone)
    return None if found is None else _invitation(tx, catalogue, meeting, found).decode()


def _known_to(found: Dated, person: Person) -> Dated:
    """The call as this manager knows it: his own, or off once another holds it."""
    if found.call.person_id == person.id:
        return found
    return replace(found, call=replace(found.call, person_id=person.id, state=CallState.CANCELLED))


def _invitation(tx: Tx, catalogue: Catalogue, meeting: str, found: Dated) -> bytes:
    """One entry for ever under one name (UID), whoever holds the call; each change has a higher number (SEQUENCE)."""
    from bot.ical import write

    call, room = found.call, tx.rooms.get(found.call.room_id)
    client, manager = tx.people.client(call.client_id), tx.people.person(call.person_id)
    words = catalogue.words(room.locale)
    about = [call.topic, call.reference if call.ticket_id is None else f"{call.reference}, {_ticket(tx, call)}"]
    link = meeting_url(tx, call, meeting) if call.state is CallState.AGREED else ""
    host = Guest(manager.name, f"{manager.key}@pledge.invalid")
    entry = _entry(
        found,
        title=words.text("call.entry", client=client.name, who=manager.name),
        about="\n".join(line for line in about if line),
        link=link,
        organizer=host,
        guests=(host, Guest(client.name, f"{client.key}@pledge.invalid")),
    )
    return write.invitation(entry, room.zone)


def feed(tx: Tx, catalogue: Catalogue, secret: str, now: datetime) -> bytes | None:
    """What a manager's calendar shows of his calls: their times and the clients' names, nothing else.

    A month back and a year ahead, in his language and zone; None for an unknown secret.
    """
    from bot.ical import write

    person = tx.calendars.owner(secret) if _SECRET.fullmatch(secret) else None
    if person is None:
        return None
    words = catalogue.words(person.locale)
    entries = [
        _entry(each, title=each.client_name) for each in tx.calendars.calls_of(person.id, now - _BEHIND, now + _AHEAD)
    ]
    return write.feed(words.text("call.feed", who=person.name), entries, person.zone, now)


def address(tx: Tx, person: Person, secret: str, now: datetime, *, renew: bool) -> str:
    """The secret of a person's feed: the one there is, or `secret` where there is none, or another is asked for."""
    known = tx.calendars.secret_of(person.id)
    if known is not None and not renew:
        return known
    tx.calendars.give(person.id, secret, now)
    return secret


def _entry(
    found: Dated,
    *,
    title: str,
    about: str = "",
    link: str = "",
    organizer: Guest | None = None,
    guests: tuple[Guest, ...] = (),
) -> Entry:
    call = found.call
    return Entry(
        uid=call.uid,
        sequence=call.sequence,
        status=_STATUS.get(call.state, Status.TENTATIVE),
        starts_at=call.starts_at,
        ends_at=call.ends_at,
        changed_at=found.changed_at,
        title=title,
        about=about,
        link=link,
        organizer=organizer,
        guests=guests,
    )


def _ticket(tx: Tx, call: BookedCall) -> str:
    assert call.ticket_id is not None
    return tx.tickets.get(call.ticket_id).reference

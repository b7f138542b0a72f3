"""What somebody reads whom the roster does not know, and what a platform says of the language of those it does."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from bot.channels.base import Inbound, Profile
from bot.desk.mail import COURTESY, Mail
from bot.i18n import Catalogue
from bot.notice import Say, say
from bot.people import Person, Role, Room
from bot.store.tx import Tx

_NAMED_AT_MOST = 3


def greet(tx: Tx, mail: Mail, words: Catalogue, room: Room, inbound: Inbound, now: datetime) -> None:
    """The one neutral line that a room which belongs to nobody ever gets; a colleague's own chat gets its own, which
    says whom to ask, at most once a day. A client's contact is no colleague, whatever account the vendor gave him.
    """
    profile = inbound.profile
    known = tx.people.by_identity(inbound.channel, inbound.account, inbound.sender)
    if not inbound.direct or profile is None or not profile.is_colleague or known is not None:
        mail.to_room(room, f"unlinked:{room.id}", say("errors.unlinked_room"), must_say=False, rank=COURTESY)
        return
    locale = words.nearest(profile.locale)
    if locale and locale != room.locale:
        tx.rooms.set_locale(room.id, locale)
    key = f"stranger:{room.id}:{now:%Y%m%d}"
    mail.to_room(room, key, *introduction(tx, inbound.sender, profile), must_say=False, rank=COURTESY)


def introduction(tx: Tx, sender: str, profile: Profile) -> tuple[Say, ...]:
    """Who we are; to a colleague also who can put him on the roster, and under which id."""
    if not profile.is_colleague:
        return (say("stranger.hello"), say("stranger.guest"))
    people = tx.people.with_role(Role.LEAD) or tx.people.with_role(Role.ADMIN)
    who = ", ".join(person.name for person in people[:_NAMED_AT_MOST])
    ask = say("stranger.ask", who=who, id=sender) if who else say("stranger.ask_nobody", id=sender)
    return (say("stranger.hello"), ask)


def take_on(tx: Tx, words: Catalogue, person: Person, profile: Profile, room: Room) -> Room:
    """Keep what a platform says of a member of staff, for his own chats: only a language we have texts in, a zone that
    there is. The room he speaks in, as it reads from now on.
    """
    locale, zone = words.nearest(profile.locale), profile.zone if is_zone(profile.zone) else ""
    is_news = bool(locale or zone) and tx.people.tell(person.id, locale, zone)
    return tx.rooms.get(room.id) if is_news and room.person_id == person.id else room


@cache
def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # also what is no path, or leads to a folder
        return False
    return True

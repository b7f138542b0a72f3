"""Open tickets that wait for nobody: no clock runs or stands still, so that nobody would hear of them again. Their
owner is told daily; in the list of his day, where he has one.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot import log
from bot.commands.base import Ticketed
from bot.desk.desk import Desk
from bot.desk.mail import Mail
from bot.desk.staff import cover, office
from bot.desk.views import view
from bot.notice import Say, Value
from bot.people import Person, Room, RoomKind
from bot.store.tx import Tx
from bot.tickets import Ticket
from bot.turns.alone import each_alone

logger = log.get(__name__)


def is_idle(each: Ticketed) -> bool:
    """Whether an open ticket waits for nobody: no clock of it runs or stands still, and nobody is waited for."""
    return each.ticket.is_open and not each.standing.holds and not any(clock.is_live for clock in each.clocks)


def about(each: Ticketed) -> dict[str, Value]:
    """What of a ticket a line says that names it."""
    return {"ref": each.ticket.reference, "client": each.client_name, "words": each.quote(60)}


def list_room(mail: Mail, person: Person) -> Room | None:
    """The chat in which somebody reads the list of his day; None: he has none of his own."""
    room = mail.path(person)
    return room if room is not None and room.kind is RoomKind.DIRECT else None


def tell(tx: Tx, desk: Desk, now: datetime) -> None:
    """Tell owners, in their hours, where no list of the day does; said again the same day it changes nothing.

    A ticket of which nothing can be told is left out alone.
    """
    mail = desk.mail(tx, now)
    with tx.nobody_moves():
        each_alone(tx, tx.tickets.idle(), lambda ticket: _tell(tx, desk, mail, ticket, now), _failed)


def _tell(tx: Tx, desk: Desk, mail: Mail, ticket: Ticket, now: datetime) -> None:
    person = cover.who_answers(tx, ticket, now)
    if tx.days.open_of(person.id) is not None and list_room(mail, person) is not None:
        return
    if office.opening(tx, desk.book, person, now) > now:
        return
    each = view(tx, desk.book.read(tx, ticket, now), now)
    if is_idle(each):
        day = now.astimezone(ZoneInfo(person.zone))
        mail.to_person_or_leads(person, f"idle:{ticket.id}:{day:%Y%m%d}", Say("day.idle", about(each)), ticket=ticket)


def _failed(ticket: Ticket, error: Exception) -> None:
    logger.error("an idle ticket could not be told of", action="idle.failed", ticket=ticket.reference, exc_info=error)

"""What is said when an absence begins and when it ends: the hand-over, a word to clients who wait, the tickets back.
Rows that the watch acts on, never a timer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import log, metrics
from bot.desk import office
from bot.desk.cover import Covered, answers, answers_client, away_now, present
from bot.desk.desk import Desk
from bot.desk.diary import next_open
from bot.desk.mail import NUDGE, Mail
from bot.desk.views import view
from bot.duty import Absence, Away
from bot.notice import At, Left, Quote, Say, Value, say
from bot.people import Person
from bot.store.duty import Stage
from bot.store.times import to_ms
from bot.store.tx import Tx
from bot.tickets import Ticket

BATCH = 200
MAX_ATTEMPTS = 8
_BACKOFF = timedelta(seconds=5)
_MOST_LINES = 10

logger = log.get(__name__)


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Say what is due by `now`, absence by absence; how many were looked at.

    One that cannot be acted on is undone alone: it is looked at again later, and given up after `MAX_ATTEMPTS`.
    """
    rows = tx.duty.due(now, limit)
    for row in rows:
        try:
            with tx.savepoint():
                opens_at = office.opening(tx, desk.book, tx.people.person(row.absence.person_id), now)
                if opens_at > now:
                    tx.duty.turn(row.absence.id, row.stage, opens_at)  # nobody is disturbed at midnight
                elif row.stage is Stage.AHEAD:
                    _begin(tx, desk, row.absence, now)
                else:
                    _end(tx, desk, row.absence, now)
        except Exception as error:
            if not tx.is_poison(error):
                raise
            logger.error("an absence failed", action="absence.failed", absence=row.absence.id, exc_info=error)
            if row.attempts + 1 < MAX_ATTEMPTS:
                tx.duty.push_on(row.absence.id, now + _BACKOFF * 2**row.attempts)
            else:
                tx.duty.turn(row.absence.id, Stage.FAILED, None)
                metrics.alarms.labels("absence_failed").inc()
    return len(rows)


def _begin(tx: Tx, desk: Desk, absence: Absence, now: datetime) -> None:
    """1. Whoever stands in has the clients, the open tickets and the note; 2. clients who wait hear who answers."""
    person = tx.people.person(absence.person_id)
    stretch = away_now(tx, person, now)
    if stretch is None or not person.active:
        tx.duty.turn(absence.id, Stage.OVER, None)
        return
    tx.duty.turn(absence.id, Stage.AWAY, absence.until)
    mail = desk.mail(tx, now)
    told: dict[int, tuple[Covered, list[str], list[Ticket]]] = {}
    tickets = tx.tickets.open_of_owner(person.id, 1000)
    for client_id in dict.fromkeys([*_clients(tx, person), *(ticket.client_id for ticket in tickets)]):
        own = [ticket for ticket in tickets if ticket.client_id == client_id]
        covered = answers(tx, own[0], now) if own else answers_client(tx, client_id, now)
        if covered is None:
            continue  # the auditor's alarm, and the leads were told when it was declared
        entry = told.setdefault(covered.person.id, (covered, [], []))
        entry[1].append(tx.people.client(client_id).name)
        entry[2].extend(own)
        if own:
            _tell_client(tx, desk, mail, own[0], person, covered, stretch)
    key = f"handover:{person.id}:{to_ms(stretch.since)}"
    for covered, clients, own in told.values():
        lines = _hand_over(tx, desk, person, stretch, clients, own, now)
        # A further absence without a gap is told again, for it may bring another note.
        mail.to_person_or_leads(covered.person, f"{key}:{covered.person.id}:{absence.id}", *lines, rank=NUDGE)


def _clients(tx: Tx, person: Person) -> list[int]:
    """Whose manager he is."""
    return [client_id for client_id, is_first in tx.duty.clients_of(person.id) if is_first]


def _tell_client(
    tx: Tx, desk: Desk, mail: Mail, ticket: Ticket, person: Person, covered: Covered, stretch: Away
) -> None:
    """Once for each client and stretch, where his most urgent ticket is; nothing he was promised moves."""
    key = f"cover:{person.id}:{to_ms(stretch.since)}:{ticket.client_id}"
    mail.to_client(ticket, key, cover_line(tx, desk, ticket, person, covered))


def cover_line(tx: Tx, desk: Desk, ticket: Ticket, person: Person, covered: Covered) -> Say:
    """To the client: who answers instead of whom, and when that one returns, at an opening of the agreement."""
    common: dict[str, Value] = {"who": covered.person.name, "gone": person.name, "ref": ticket.reference}
    if covered.until is None:
        return Say("cover.client_open", common)
    calendar = desk.book.policy(tx, ticket.policy_hash).calendar
    return Say("cover.client", common | {"returns": At(next_open(calendar, covered.until))})


def _hand_over(
    tx: Tx, desk: Desk, person: Person, stretch: Away, clients: Sequence[str], own: Sequence[Ticket], now: datetime
) -> list[Say]:
    common: dict[str, Value] = {"gone": person.name, "clients": ", ".join(clients)}
    if stretch.until is None:
        first = Say("handover.open", common)
    else:
        first = Say("handover", common | {"returns": At(office.opening(tx, desk.book, person, stretch.until))})
    notes = [say("handover.note", note=Quote(note, 500)) for note in stretch.notes]
    return [first, *notes, *_ticket_lines(tx, desk, own, now)]


def _end(tx: Tx, desk: Desk, absence: Absence, now: datetime) -> None:
    """Who is there again has the list of his tickets, and whoever stood in hears that they are no longer his."""
    person = tx.people.person(absence.person_id)
    tx.duty.turn(absence.id, Stage.OVER, None)
    if not person.active or away_now(tx, person, now) is not None:
        return
    mail = desk.mail(tx, now)
    own = tx.tickets.open_of_owner(person.id, 1000)
    first = say("back.staff", count=len(own)) if own else say("back.staff_none")
    mail.to_person(person, f"back:{absence.id}", first, *_ticket_lines(tx, desk, own, now), rank=NUDGE)
    for other in _stood_in(tx, person, now):
        mail.to_person(other, f"back:{absence.id}:{other.id}", say("back.cover", who=person.name), must_say=False)


def _stood_in(tx: Tx, person: Person, now: datetime) -> list[Person]:
    """The next of each client's people, of those who are there."""
    found: dict[int, Person] = {}
    for client_id in _clients(tx, person):
        others = [other for other in tx.people.responsible(client_id) if other.id != person.id]
        for other in present(tx, others, now)[:1]:
            found[other.id] = other
    return list(found.values())


def _ticket_lines(tx: Tx, desk: Desk, tickets: Sequence[Ticket], now: datetime) -> list[Say]:
    lines = []
    for ticket in tickets[:_MOST_LINES]:
        each = view(tx, desk.book.read(tx, ticket, now), now)
        common: dict[str, Value] = {
            "ref": ticket.reference,
            "client": each.client_name,
            "words": Quote(each.words),
        }
        if ticket.due_at is None:
            lines.append(Say("handover.ticket_no_clock", common))
        else:
            lines.append(Say("handover.ticket", common | {"due": At(ticket.due_at), "left": Left(ticket.due_at)}))
    more = len(tickets) - _MOST_LINES
    return [*lines, say("sla.more", count=more)] if more > 0 else lines

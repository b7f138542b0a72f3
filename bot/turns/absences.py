"""What is said when an absence begins and when it ends: the hand-over, the tickets back; to clients, `covering`. Rows
that the watch acts on, never a timer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, takewhile

from bot import log, metrics
from bot.commands._calls import Booked, call_line
from bot.commands.base import Refusal
from bot.desk.calls.diary import booked
from bot.desk.calls.stand_ins import ways_out
from bot.desk.desk import Desk
from bot.desk.mail import NUDGE
from bot.desk.staff import office
from bot.desk.staff.cover import Covered, answers, answers_client, away_now, calls_passed_on, joined, open_for, present
from bot.desk.staff.receiving import asleep_until
from bot.desk.staff.workdays import next_open, own_hours
from bot.desk.views import view
from bot.duty import Absence
from bot.notice import At, Left, Quote, Say, Value, say
from bot.people import Person
from bot.sla.call import BookedCall, Side
from bot.sla.nudging import wishes_of
from bot.store.duty import DueAbsence, Stage
from bot.store.times import to_ms
from bot.store.tx import Tx
from bot.tickets import Ticket
from bot.turns.alone import BATCH, again_at, each_alone
from bot.turns.covering import cover_line, news_key, tell_back

_MOST_LINES = 10
_WITH_BUTTONS = 3

logger = log.get(__name__)


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Say what is due by `now`, absence by absence; how many were looked at.

    One that cannot be acted on is undone alone: it is looked at again later, and in the end given up.
    """
    rows = tx.duty.due(now, limit)
    each_alone(tx, rows, lambda row: _act(tx, desk, row, now), lambda row, error: _failed(tx, row, error, now))
    return len(rows)


def _act(tx: Tx, desk: Desk, row: DueAbsence, now: datetime) -> None:
    if row.stage is Stage.AHEAD or row.absence.holds(now):
        _begin(tx, desk, row, now)
        return
    opens_at = office.opening(tx, desk.book, tx.people.person(row.absence.person_id), now)
    if opens_at > now:
        tx.duty.turn(row.absence.id, row.stage, opens_at)  # nobody is disturbed at midnight
    else:
        _end(tx, desk, row.absence, now)


def _failed(tx: Tx, row: DueAbsence, error: Exception, now: datetime) -> None:
    logger.error("an absence failed", action="absence.failed", absence=row.absence.id, exc_info=error)
    if (at := again_at(row.attempts, now)) is not None:
        tx.duty.push_on(row.absence.id, at)
        return
    tx.duty.turn(row.absence.id, Stage.FAILED, None)
    metrics.alarms.labels("absence_failed").inc()


def _begin(tx: Tx, desk: Desk, row: DueAbsence, now: datetime) -> None:
    """1. Whoever stands in has the clients, the open tickets and the note; 2. clients who wait hear who answers.

    It is about all that this person answered for: his own, and what he stood in for himself. Each hears it when he
    may be disturbed, whenever the one who is away would be: for those who may not yet it is looked at again then, and
    the keys of the notices keep the others from hearing it twice.
    """
    absence = row.absence
    person = tx.people.person(absence.person_id)
    if away_now(tx, person, now) is None or not person.active:
        tx.duty.turn(absence.id, Stage.OVER, None)
        return
    mail = desk.mail(tx, now)
    pairs: dict[tuple[int, int], tuple[Person, Person]] = {}
    later: list[datetime] = []
    is_said = False
    clients = _answered_for(tx, person, now)
    tickets = _concerned(tx, person, clients, now)
    for ticket in tickets:
        covered = answers(tx, ticket, now)
        if covered is None or covered.instead_of is None:
            continue  # nobody is left: the auditor's alarm, and the leads were told when it was declared
        pairs[covered.person.id, covered.instead_of.id] = covered.person, covered.instead_of
        line = cover_line(tx, desk, ticket, covered.instead_of, covered)
        key = news_key(tx, absence, ticket, covered.instead_of, line, now)
        if key is None:
            continue
        opens_at = next_open(desk.book.policy(tx, ticket.policy_hash).calendar, now)
        if opens_at > now:
            later.append(opens_at)
            continue
        is_said = True
        mail.to_client(ticket, key, line)
    covers = [answers_client(tx, client_id, now) for client_id in clients]
    for covered in [*covers, *(covered for _, covered in calls_passed_on(tx, person, now))]:
        if covered is not None and covered.instead_of is not None:
            pairs[covered.person.id, covered.instead_of.id] = covered.person, covered.instead_of
    for part in [_part(tx, *each, now) for each in pairs.values()]:
        hears_at = _hears_at(tx, desk, part, now)
        if hears_at > now:
            later.append(hears_at)
            continue
        is_said = True
        calls = _calls(tx, desk, part)
        lines = [*_hand_over(tx, desk, part, now), *_call_lines(calls)]
        choices = list(chain.from_iterable(ways_out(tx, made, now) for made in calls[:_WITH_BUTTONS]))
        mail.to_person_or_leads(part.to, _hand_over_key(tx, part, now), *lines, choices=choices, rank=NUDGE)
    ends = [] if absence.until is None else [absence.until]
    # Where nobody has heard of it yet, nobody need hear that it is over.
    is_ahead = row.stage is Stage.AHEAD and bool(later) and not is_said
    tx.duty.turn(absence.id, Stage.AHEAD if is_ahead else Stage.AWAY, min([*later, *ends], default=None))


@dataclass(frozen=True, slots=True)
class _Part:
    """All that passes from one to another, whosever absence makes us look."""

    to: Person
    gone: Person
    clients: tuple[int, ...]
    tickets: tuple[Ticket, ...]
    calls: tuple[BookedCall, ...]

    def away(self, tx: Tx) -> list[Person]:
        """By whose absence it passes: whose it is, then whoever else of the clients' people would answer before."""
        found = {self.gone.id: self.gone}
        for client_id in self.clients:
            people = tx.people.responsible(client_id)
            found |= {each.id: each for each in takewhile(lambda each: each.id != self.to.id, people)}
        return list(found.values())


def _part(tx: Tx, to: Person, gone: Person, now: datetime) -> _Part:
    def is_his(covered: Covered | None) -> bool:
        return covered is not None and covered.person.id == to.id

    tickets = tuple(each for each in tx.tickets.open_of_owner(gone.id, 1000) if is_his(answers(tx, each, now)))
    managed = [id for id, is_manager in tx.duty.clients_of(gone.id) if is_manager]
    clients = [id for id in managed if is_his(answers_client(tx, id, now))]
    calls = tuple(call for call, covered in calls_passed_on(tx, gone, now) if is_his(covered))
    concerned = [*clients, *(each.client_id for each in tickets), *(each.client_id for each in calls)]
    return _Part(to, gone, tuple(dict.fromkeys(concerned)), tickets, calls)


def _answered_for(tx: Tx, person: Person, now: datetime) -> list[int]:
    """The clients of whose people he is the first who is there, or would be if he were."""
    found = []
    for client_id, _ in tx.duty.clients_of(person.id):
        people = tx.people.responsible(client_id)
        there = {each.id for each in present(tx, people, now)} | {person.id}
        if next(each.id for each in people if each.id in there) == person.id:
            found.append(client_id)
    return found


def _concerned(tx: Tx, person: Person, clients: Sequence[int], now: datetime) -> list[Ticket]:
    """His own open tickets, and of these clients those whose owners are away; by time to breach."""
    theirs = [ticket for client_id in clients for ticket in tx.tickets.open_of_client(client_id)]
    others = [ticket for ticket in theirs if ticket.owner_id != person.id]
    return [
        *tx.tickets.open_of_owner(person.id, 1000),
        *(ticket for ticket in others if not present(tx, [tx.people.person(ticket.owner_id)], now)),
    ]


def _hears_at(tx: Tx, desk: Desk, part: _Part, now: datetime) -> datetime:
    """When the hand-over may disturb its receiver: outside the quiet hours or in the hours that he has named.

    Who has named none is not disturbed outside those of the agreements either, unless a ticket is due before.
    """
    to = part.to
    if wishes_of(tx.people.receiving(to.id).nudges).quiet is not None or own_hours(tx, to) is not None:
        return asleep_until(tx, to, now) or now
    opens_at = office.opening(tx, desk.book, to, now)
    is_urgent = any(ticket.due_at is not None and now < ticket.due_at <= opens_at for ticket in part.tickets)
    return now if is_urgent else opens_at


def _hand_over_key(tx: Tx, part: _Part, now: datetime) -> str:
    """Absences without a gap, or of several people, are told once; again where one was declared since, or he whose it
    is returns at another time.
    """
    gone = away_now(tx, part.gone, now)
    newest = max((each.id for person in part.away(tx) for each in joined(tx, person, now)), default=0)
    return f"handover:{newest}:{to_ms(gone.until if gone else None)}:{part.gone.id}:{part.to.id}"


def _hand_over(tx: Tx, desk: Desk, part: _Part, now: datetime) -> list[Say]:
    gone = away_now(tx, part.gone, now)
    common: dict[str, Value] = {
        "gone": part.gone.name,
        "clients": ", ".join(tx.people.client(id).name for id in part.clients),
    }
    if gone is None or gone.until is None:
        first = Say("handover.open", common)
    else:
        first = Say("handover", common | {"returns": At(office.opening(tx, desk.book, part.gone, gone.until))})
    stretches = [away_now(tx, person, now) for person in part.away(tx)]
    notes = dict.fromkeys(note for each in stretches if each is not None for note in each.notes)
    said = [say("handover.note", note=Quote(note, 500)) for note in notes]
    return [first, *said, *ticket_lines(tx, desk, part.tickets, now)]


def _calls(tx: Tx, desk: Desk, part: _Part) -> list[Booked]:
    found: list[Booked] = []
    for call in part.calls:
        try:
            found.append(booked(tx, desk.book, call))
        except Refusal:
            continue  # the client has no agreement any more, and with it no call
    return found


def _call_lines(calls: Sequence[Booked]) -> list[Say]:
    if not calls:
        return []
    lines = [call_line(made, Side.STAFF) for made in calls[:_MOST_LINES]]
    more = len(calls) - _MOST_LINES
    return [say("handover.calls"), *lines, *([say("sla.more", count=more)] if more > 0 else [])]


def _end(tx: Tx, desk: Desk, absence: Absence, now: datetime) -> None:
    """Who is there again has the list of his tickets, and whoever stood in hears that they are no longer his. Where
    several absences are over at once, the last that is looked at says so.
    """
    person = tx.people.person(absence.person_id)
    tx.duty.turn(absence.id, Stage.OVER, None)
    if not person.active:
        return
    if away_now(tx, person, now) is not None:
        tx.duty.wake(person.id, now)  # whoever stands in may have been told of another end
        return
    for client_id in _answered_for(tx, person, now):
        tx.duty.wake(tx.people.responsible(client_id)[0].id, now)  # he stands in again
    mail = desk.mail(tx, now)
    tell_back(tx, mail, person, absence, now)
    if tx.duty.is_told_away(person.id):
        return
    own = open_for(tx, person, now)
    first = say("back.staff", count=len(own)) if own else say("back.staff_none")
    mail.to_person(person, f"back:{absence.id}", first, *ticket_lines(tx, desk, own, now), rank=NUDGE)
    for other in _stood_in(tx, person, now):
        mail.to_person(other, f"back:{absence.id}:{other.id}", say("back.cover", who=person.name), must_say=False)


def _stood_in(tx: Tx, person: Person, now: datetime) -> list[Person]:
    """Who answered for his clients without him: the next of each client's people who is there."""
    found: dict[int, Person] = {}
    for client_id in _answered_for(tx, person, now):
        others = [other for other in tx.people.responsible(client_id) if other.id != person.id]
        for other in present(tx, others, now)[:1]:
            found[other.id] = other
    return list(found.values())


def ticket_lines(tx: Tx, desk: Desk, tickets: Sequence[Ticket], now: datetime) -> list[Say]:
    """A line for each ticket that passes to somebody: the client, when it is due, the words."""
    lines = []
    for ticket in tickets[:_MOST_LINES]:
        each = view(tx, desk.book.read(tx, ticket, now), now)
        common: dict[str, Value] = {
            "ref": ticket.reference,
            "client": each.client_name,
            "words": each.quote(),
        }
        if ticket.due_at is None:
            lines.append(Say("handover.ticket_no_clock", common))
        else:
            lines.append(Say("handover.ticket", common | {"due": At(ticket.due_at), "left": Left(ticket.due_at)}))
    more = len(tickets) - _MOST_LINES
    return [*lines, say("sla.more", count=more)] if more > 0 else lines

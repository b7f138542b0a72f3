"""What a manager's day holds, told when his work begins: what is overdue, what is due today in order, what waits for
clients, what waits for nobody. Rows that the watch acts on, never a timer.
"""

from __future__ import annotations

from datetime import datetime

from bot import log, metrics
from bot.commands._lines import some
from bot.commands.base import Ticketed
from bot.desk.desk import Desk
from bot.desk.staff import cover, office
from bot.desk.views import view
from bot.notice import At, Left, Quote, Say, Slot, say
from bot.people import Person, Role
from bot.sla.calendar import BeyondHorizon, Calendar
from bot.sla.clock import State
from bot.sla.days import end_of_day, next_beginning
from bot.sla.policy import HoldReason
from bot.store.days import DayRow
from bot.store.tx import Tx
from bot.turns.alone import BATCH, again_at, each_alone
from bot.turns.idle import about, is_idle, list_room

_MANAGERS = (Role.MANAGER, Role.SUPERVISOR, Role.LEAD)

logger = log.get(__name__)


def plan(tx: Tx, desk: Desk, now: datetime) -> int:
    """See that whoever answers clients has the next beginning of his day planned, as his hours are now; how many had
    to be planned. Idempotent.
    """
    return sum(_plan(tx, desk, person, now) for role in _MANAGERS for person in tx.people.with_role(role))


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Tell what is due by `now`, person by person; how many were looked at.

    One that fails is undone alone: it is looked at again later, and in the end given up.
    """
    rows = tx.days.due(now, limit)
    each_alone(tx, rows, lambda row: _act(tx, desk, row, now), lambda row, error: _failed(tx, row, error, now))
    return len(rows)


def _act(tx: Tx, desk: Desk, row: DayRow, now: datetime) -> None:
    tx.days.end(row.id, _begin(tx, desk, row, now), now)
    _plan(tx, desk, tx.people.person(row.person_id), now)


def _failed(tx: Tx, row: DayRow, error: Exception, now: datetime) -> None:
    logger.error("a day's list failed", action="day_list.failed", person=row.person_id, exc_info=error)
    if (at := again_at(row.attempts, now)) is not None:
        tx.days.push_on(row.id, at)
        return
    tx.days.end(row.id, "failed", now)
    metrics.alarms.labels("day_list_failed").inc()


def _plan(tx: Tx, desk: Desk, person: Person, now: datetime) -> int:
    calendar = office.hours(tx, desk.book, person)
    planned = tx.days.open_of(person.id)
    if planned is not None and planned.due_at <= now:
        return 0
    try:
        beginning = None if calendar is None or not person.active else next_beginning(calendar, now)
    except BeyondHorizon:
        beginning = None
    if planned is not None and planned.due_at != beginning:
        tx.days.end(planned.id, "superseded", now)
    if beginning is None or (planned is not None and planned.due_at == beginning):
        return 0
    tx.days.plan(person.id, beginning)
    return 1


def _begin(tx: Tx, desk: Desk, row: DayRow, now: datetime) -> str:
    """What became of the row: a day that is over, or is begun by somebody who is away, is not told of."""
    person = tx.people.person(row.person_id)
    calendar = office.hours(tx, desk.book, person)
    mail = desk.mail(tx, now)
    room = list_room(mail, person)
    if calendar is None or not person.active or now >= end_of_day(calendar, row.due_at):
        return "dropped"
    if cover.away_now(tx, person, now) is not None or room is None:
        return "dropped"
    lines = _lines(tx, desk, person, calendar, now)
    if not lines:
        return "quiet"
    mail.to_room(room, f"day:{person.id}:{row.id}", say("day.header"), *some(lines))
    return "said"


def _lines(tx: Tx, desk: Desk, person: Person, calendar: Calendar, now: datetime) -> list[Say]:
    """Overdue first, then tickets, ETAs and calls of today by their moments, then what waits for clients, and what for
    nobody at all: no clock runs on it, so that nobody would hear of it again.
    """
    end = end_of_day(calendar, now)
    late: list[tuple[datetime, Say]] = []
    today: list[tuple[datetime, Say]] = []
    waits: list[Say] = []
    idle: list[Say] = []
    for ticket in cover.open_for(tx, person, now):
        each = view(tx, desk.book.read(tx, ticket, now), now)
        line = _of_ticket(each, now, end)
        if line is not None:
            (late if line[0] <= now else today).append(line)
        elif any(hold.reason is HoldReason.CLIENT for hold in each.standing.holds):
            waits.append(Say("day.waits", about(each)))
        elif is_idle(each):
            idle.append(Say("day.idle", about(each)))
    for call in tx.calls.open_of_person(person.id, now):
        if now <= call.starts_at < end:
            client = tx.people.client(call.client_id).name
            topic = Quote(call.topic, 60)
            span = Slot(call.starts_at, call.ends_at)
            today.append((call.starts_at, say("day.call", span=span, client=client, topic=topic, call=call.reference)))
    in_order = (line for found in (late, today) for _, line in sorted(found, key=_moment))
    return [*in_order, *waits, *idle]


def _of_ticket(each: Ticketed, now: datetime, end: datetime) -> tuple[datetime, Say] | None:
    """What of a ticket comes first by the end of the day, an ETA or what its agreement asks for; None: nothing."""
    moments = [
        (clock.deadline, "day.eta" if clock.deadline == each.standing.eta_at else "day.due")
        for clock in each.clocks
        if clock.state is State.RUNNING and clock.deadline is not None and clock.deadline < end
    ]
    if not moments:
        return None
    at, key = min(moments)
    return at, Say("day.overdue" if at <= now else key, {"due": At(at), "left": Left(at), **about(each)})


def _moment(line: tuple[datetime, Say]) -> datetime:
    return line[0]

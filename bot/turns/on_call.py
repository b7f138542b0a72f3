"""What is said when on call changes hands, at a turn, a swap or an absence: who has it now hears of the tickets that
run at night, who had it who comes after him, a client who was told a name the new one. Rows that the watch acts on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import log, metrics
from bot.desk.book import Page
from bot.desk.desk import Desk
from bot.desk.mail import NUDGE, Mail
from bot.desk.staff import office
from bot.desk.staff.cover import acts_outside, answers, answers_step, away_now, desk_hours
from bot.desk.staff.receiving import asleep_until
from bot.desk.staff.rota import Held, held_from
from bot.duty import Rotation
from bot.notice import At, Quote, Say, Value, say
from bot.people import Person
from bot.sla.clock import Clock, State
from bot.sla.log import EventKind
from bot.store.duty import OnCallRow
from bot.store.times import to_ms
from bot.store.tx import Tx
from bot.turns.absences import ticket_lines
from bot.turns.alone import BATCH, again_at, each_alone

_MOST_OPEN = 10_000
_NAMING = (EventKind.OPENED, EventKind.PRIORITY_CHANGED, EventKind.REOPENED)

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Change:
    rotation: Rotation
    gone: Person
    held: Held
    to: Person
    is_known: bool  # he has it already, and now until another time


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Look at the rotations by which somebody else may be on call by `now`; how many were looked at.

    One that cannot be acted on is undone alone and looked at again later; in the end not before something changes.
    """
    rows = tx.duty.on_call_due(now, limit)
    known = {each.id: each for each in tx.duty.rotations()} if rows else {}
    each_alone(
        tx,
        rows,
        lambda row: _act(tx, desk, row, known.get(row.rotation_id), now),
        lambda row, error: _failed(tx, row, error, now),
    )
    return len(rows)


def _act(tx: Tx, desk: Desk, row: OnCallRow, rotation: Rotation | None, now: datetime) -> None:
    if rotation is None or not rotation.people:
        tx.duty.on_call_held(row.rotation_id, row.person_id, None)
        return
    held = next(held_from(tx, rotation, now))
    if row.person_id is None or held.person_id is None:
        tx.duty.on_call_held(rotation.id, row.person_id or held.person_id, held.until)
        return
    is_unplanned, is_known = held.turn_of != held.person_id, held.person_id == row.person_id
    if is_known and (not is_unplanned or held.until == row.until):
        tx.duty.on_call_held(rotation.id, held.person_id, held.until)
        return
    gone = tx.people.person(held.turn_of if is_known else row.person_id)
    to = tx.people.person(held.person_id)
    change = _Change(rotation, gone, held, to, is_known)
    pages = list(_at_night(tx, desk, change, now))
    if not pages and not is_unplanned:
        tx.duty.on_call_held(rotation.id, to.id, held.until)  # he knows his turns, and nothing passes to him
        return
    hears_at = now if pages else asleep_until(tx, to, now) or office.opening(tx, desk.book, to, now)
    if hears_at > now:
        tx.duty.on_call_wait(rotation.id, hears_at if held.until is None else min(hears_at, held.until))
        return
    _tell(tx, desk, change, pages, now)
    tx.duty.on_call_held(rotation.id, to.id, held.until)


def _failed(tx: Tx, row: OnCallRow, error: Exception, now: datetime) -> None:
    logger.error("a change of on call failed", action="on_call.failed", rotation=row.rotation_id, exc_info=error)
    at = again_at(row.attempts, now)
    tx.duty.on_call_push_on(row.rotation_id, at)
    if at is None:
        metrics.alarms.labels("on_call_failed").inc()


def _at_night(tx: Tx, desk: Desk, change: _Change, now: datetime) -> Sequence[Page]:
    """The open tickets of which whoever is on call now is told outside hours, by time to breach."""
    found = []
    for ticket in tx.tickets.open(_MOST_OPEN):
        policy = desk.book.policy(tx, ticket.policy_hash)
        client = tx.people.client(ticket.client_id)
        if ticket.due_at is None or not change.rotation.nearness(client.key, policy.id):
            continue
        hours = desk_hours(tx, policy, answers(tx, ticket, now) if policy.calendar.is_always_open else None)
        night_at = hours.close_after(now) if hours.is_open(now) else now
        if now < ticket.due_at < night_at:
            continue
        page = desk.book.read(tx, ticket, now)
        if any(_is_his(tx, page, clock, change.to, night_at) for clock in page.clocks):
            found.append(page)
    return found


def _is_his(tx: Tx, page: Page, clock: Clock, to: Person, night_at: datetime) -> bool:
    if clock.state is not State.RUNNING or clock.deadline is None or not acts_outside(clock):
        return False
    covered = answers_step(tx, page.ticket, page.policy, clock, night_at)
    return covered is not None and covered.is_on_call and covered.person.id == to.id


def _tell(tx: Tx, desk: Desk, change: _Change, pages: Sequence[Page], now: datetime) -> None:
    mail = desk.mail(tx, now)
    tickets = [page.ticket for page in pages]
    key = f"on-call:{change.rotation.id}:{change.gone.id}:{change.to.id}:{to_ms(now)}"
    common: dict[str, Value] = {"rotation": change.rotation.name, "gone": change.gone.name, "who": change.to.name}
    until = change.held.until
    first = Say("oncall.yours_open", common) if until is None else Say("oncall.yours", common | {"until": At(until)})
    away = away_now(tx, change.gone, now)
    notes = [] if away is None else [say("handover.note", note=Quote(note, 500)) for note in away.notes]
    lines = [first, *notes, *ticket_lines(tx, desk, tickets, now)]
    mail.to_person_or_leads(change.to, key, *lines, rank=NUDGE)
    if change.is_known:
        return
    if tickets and away is None:
        refs = ", ".join(ticket.reference for ticket in tickets[:10])
        mail.to_person(change.gone, f"{key}:gone", Say("oncall.passed", common | {"refs": refs}), must_say=False)
    _tell_clients(mail, pages, change, key, now)


def _tell_clients(mail: Mail, pages: Sequence[Page], change: _Change, key: str, now: datetime) -> None:
    """Once for each client, where his most urgent ticket is: in this night he was told that another is on call."""
    for page in pages:
        ticket, calendar = page.ticket, page.policy.calendar
        is_named = not calendar.is_open(now) and any(
            event.kind in _NAMING and not calendar.between(event.at, now) for event in page.log
        )
        if is_named:
            line = say("oncall.client", who=change.to.name, gone=change.gone.name, ref=ticket.reference)
            mail.to_client(ticket, f"{key}:{ticket.client_id}", line)

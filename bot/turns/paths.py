"""Proof of delivery: what does not get through to somebody of the staff goes by his next path, each tried once.

His own chats in the order of his `notify` list, those of whoever stands in for him, the team's rooms, the leads. What
is posted on the board arrives when somebody looks: until then it does not count as delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot import log, metrics
from bot.desk.desk import Desk
from bot.desk.mail import NUDGE, Choice, Mail
from bot.desk.staff.cover import answers, present
from bot.desk.staff.receiving import asleep_until
from bot.notice import Notice, loads
from bot.people import Person, Role, Room
from bot.store.outbox_row import NextPath, OutboxRow, clock_nudged
from bot.store.tx import Tx
from bot.tickets import Ticket

PATIENCE = timedelta(seconds=45)
"""For so long a notice may be on its way before the next path is taken: it is to be on that within a minute."""

BATCH = 200

logger = log.get(__name__)


def are_overdue(tx: Tx, now: datetime, speed: float = 1.0) -> bool:
    """Whether `overdue` has something to do."""
    before = now - PATIENCE * max(speed, 1.0)
    oldest = tx.proofs.oldest_unproved()
    return (oldest is not None and oldest <= before) or bool(tx.proofs.unheeded(before, 1))


def overdue(tx: Tx, desk: Desk, now: datetime, speed: float = 1.0, limit: int = BATCH) -> int:
    """Pass on what has been on its way for too long, whatever the reason; how many that were. `now` is business time,
    patience is the machine's: `speed` scales it.
    """
    before = now - PATIENCE * max(speed, 1.0)
    rows = tx.proofs.unproved(before, limit)
    mail = desk.mail(tx, now)
    for row in rows:
        _pass_on(tx, mail, row, now)
    unheeded = tx.proofs.unheeded(before, limit)
    for outbox_id, room_id, seq in unheeded:
        for row in _carried(tx, outbox_id):
            if row.rank <= NUDGE and _still_matters(tx, row):
                _pass_on(tx, mail, row, now, unseen=True)
        tx.rooms.heed(room_id, seq)
    return len(rows) + len(unheeded)


def _pass_on(tx: Tx, mail: Mail, row: OutboxRow, now: datetime, *, unseen: bool = False) -> None:
    try:
        with tx.savepoint():
            take_next_path(tx, mail, row, now, unseen=unseen)
    except Exception as error:
        if not tx.is_poison(error):
            raise
        logger.error("no next path could be taken", action="paths.failed", outbox=row.id, exc_info=error)
        tx.proofs.set_next_path(row.id, NextPath.NONE_LEFT)


def _carried(tx: Tx, outbox_id: int) -> Sequence[OutboxRow]:
    """What a message says: its own delivery and those that went out with it."""
    row = tx.outbox.get(outbox_id)
    return () if row is None else (row, *tx.outbox.riders(outbox_id))


def _still_matters(tx: Tx, row: OutboxRow) -> bool:
    """Whether what was said still asks something: not of a ticket that is closed, nor of a clock that was answered."""
    if row.ticket_id is None:
        return True
    clock = clock_nudged(row.dedupe_key)
    return tx.tickets.get(row.ticket_id).is_open and (clock is None or tx.ledger.is_live(clock))


def take_next_path(tx: Tx, mail: Mail, row: OutboxRow, now: datetime, *, unseen: bool = False) -> None:
    """Put what a delivery in a room of our own says into the next room, its buttons too; exactly once for each
    delivery. Where no path is left, that is an alarm; but not where it was posted and is only `unseen`: that goes to
    another channel, where there is any, and never from one page that nobody looks at to the next.
    """
    if row.next_path is not NextPath.NOT_NEEDED:
        return
    origin = row.origin or row.id
    ticket = None if row.ticket_id is None else tx.tickets.get(row.ticket_id)
    tried = tx.proofs.tried(origin)
    person_id = tx.rooms.get(_first_room(tx, origin)).person_id
    person = None if person_id is None else tx.people.person(person_id)
    left = [room for room in _rooms(tx, person, ticket, now) if room.id not in tried and room.is_safe_path]
    if row.rank >= NUDGE:
        # What is not grave wakes nobody while somebody is awake; else the order stays.
        left.sort(key=lambda room: room.person_id != person_id and _is_asleep(tx, room, now))
    room = next((room for room in left if not unseen or room.channel != row.channel), None)
    if room is None and unseen:
        return
    if room is None:
        tx.proofs.set_next_path(row.id, NextPath.NONE_LEFT)
        metrics.alarms.labels("no_path").inc()
        logger.error(
            "a notice reaches nobody by any path", action="paths.none_left", outbox=row.id, ticket=row.ticket_id
        )
        return
    tx.proofs.set_next_path(row.id, NextPath.TAKEN)
    said = loads(row.notice)
    meant = ((act, tx.tickets.action(act.action, row.room_id)) for act in said.buttons)
    choices = [Choice(act.label, action.command, act.params) for act, action in meant if action is not None]
    notice = Notice(said.lines, mail.buttons(room, choices, ticket))
    # The key begins as that of the first row does: an answer takes this one back, too.
    key = f"{_first_key(row)}:instead:{origin}:{room.id}"
    mail.put(room, key, notice, ticket, rank=row.rank, must_say=row.must_say, origin=origin)
    logger.warning("a notice takes its next path", action="paths.next", outbox=row.id, room=room.id)


def _rooms(tx: Tx, person: Person | None, ticket: Ticket | None, now: datetime) -> Iterator[Room]:
    """Every room that could do, the nearest first; some more than once."""
    if person is not None:
        yield from tx.rooms.direct(person.id)
        if ticket is not None:
            covered = answers(tx, ticket, now)
            nearer = () if covered is None else (covered.person,)
            for other in (*nearer, *present(tx, tx.people.responsible(ticket.client_id), now)):
                yield from tx.rooms.direct(other.id)
    yield from tx.rooms.team()
    for role in (Role.LEAD, Role.ADMIN):
        for other in present(tx, tx.people.with_role(role), now):
            yield from tx.rooms.direct(other.id)


def _is_asleep(tx: Tx, room: Room, now: datetime) -> bool:
    return room.person_id is not None and asleep_until(tx, tx.people.person(room.person_id), now) is not None


def _first_room(tx: Tx, origin: int) -> int:
    first = tx.outbox.get(origin)
    assert first is not None, f"no delivery {origin}"
    return first.room_id


def _first_key(row: OutboxRow) -> str:
    return row.dedupe_key.partition(":instead:")[0]

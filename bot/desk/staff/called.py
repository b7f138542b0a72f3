"""A level that was called in and does not acknowledge: it is called again, then the next of its people, then the next
level.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot import metrics
from bot.desk.book import Book, Draft, Page
from bot.desk.mail import LADDER, Mail
from bot.desk.staff.cover import present
from bot.desk.staff.ladder import answer_by, call, climb, has_level, rung_of, rung_people, rung_person
from bot.desk.views import view
from bot.notice import Key, say
from bot.people import Person
from bot.sla.clock import Called, Clock, State
from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import Policy, Rung
from bot.store.follow_ups import Follow, FollowUp
from bot.store.tx import Tx
from bot.tickets import Ticket


def follow_call(tx: Tx, book: Book, mail: Mail, page: Page, row: FollowUp, now: datetime) -> datetime | bool:
    """One turn of a call that nobody has acknowledged yet.

    1. Acknowledged, given back, or a higher level has been called: nothing is left to do.
    2. The clock that called is over: nothing either, for nobody waits for it any more. While it is held, this waits.
    3. `repeat` times the same person is called again, while he is there; then the next of the level; then the next
       level; after the last the leads are told, and an alarm is raised.
    """
    called = page.standing.called
    if called is None or called.seq != row.subject or called.acknowledged_at is not None:
        return False
    if called.about is not None:
        clock = next((c for c in page.clocks if (c.metric.value, c.cycle) == called.about), None)
        if clock is None or not clock.is_live:
            return False
        if clock.state is State.HELD:
            return now + rung_of(page.policy, called.level).acknowledge_within
    if row.n <= rung_of(page.policy, called.level).repeat and _is_there(tx, page, now):
        _call_again(tx, mail, page, called, row, now)
    elif (other := _next_of_level(tx, page, called, now)) is not None:
        _pass_on(tx, book, mail, page, called, other, now)
    elif (rung := following(page.policy, called.level)) is not None:
        _climb_on(tx, book, mail, page, called, rung, now)
    else:
        _nobody(mail, page, called)
    return True


def is_followed(tx: Tx, page: Page, called: Called, n: int, now: datetime) -> bool:
    """Whether the n-th turn of this call calls anybody; else it tells the leads that nobody answers."""
    if n <= rung_of(page.policy, called.level).repeat and _is_there(tx, page, now):
        return True
    return _next_of_level(tx, page, called, now) is not None or following(page.policy, called.level) is not None


def was_called(log: Sequence[Event]) -> list[int]:
    """Whom the ladder has called since the ticket was last given back or reopened, in order, each once."""
    found: list[int] = []
    for event in log:
        if event.kind in (EventKind.DEESCALATED, EventKind.REOPENED):
            found.clear()
        elif event.kind in (EventKind.ESCALATED, EventKind.PASSED_ON) and event.data.get("called") is not None:
            found.append(int(str(event.data["called"])))
        elif event.kind is EventKind.MERGED:
            found.extend(int(str(id)) for id in _listed(event.data.get("tried")))
    return list(dict.fromkeys(found))


def following(policy: Policy, level: int) -> Rung | None:
    """The level above; None above the last."""
    return min((rung for rung in policy.ladder if rung.level > level), key=lambda rung: rung.level, default=None)


def _is_there(tx: Tx, page: Page, now: datetime) -> bool:
    """Whether who was called in is there to be called again; a log that names nobody calls whoever it is now."""
    person = has_level(tx, page.standing)
    return person is None or bool(present(tx, [person], now))


def _call_again(tx: Tx, mail: Mail, page: Page, called: Called, row: FollowUp, now: datetime) -> None:
    person = has_level(tx, page.standing) or rung_person(tx, page.policy, page.ticket, called.level, now)
    key = f"esc:{page.ticket.id}:{called.seq}:L{called.level}:again{row.n}"
    call(mail, view(tx, page, now), person, called.level, Key("reason.again"), key)
    _wait(tx, page, called, row.n + 1, now)


def _pass_on(tx: Tx, book: Book, mail: Mail, page: Page, called: Called, other: Person, now: datetime) -> None:
    data = {"level": called.level, "called": other.id}
    page = book.record(tx, page.ticket, [Draft(EventKind.PASSED_ON, Party.BOT, data=data)], now)
    climb(tx, mail, view(tx, page, now), called.level, Key("reason.unanswered"), now)


def _climb_on(tx: Tx, book: Book, mail: Mail, page: Page, called: Called, rung: Rung, now: datetime) -> None:
    person = rung_person(tx, page.policy, page.ticket, rung.level, now)
    data: dict[str, object] = {"level": rung.level, "by": called.by, "unanswered": True, "called": person.id}
    if called.about is not None:
        data |= {"metric": called.about[0], "cycle": called.about[1]}
    page = book.record(tx, page.ticket, [Draft(EventKind.ESCALATED, Party.BOT, data=data)], now)
    climb(tx, mail, view(tx, page, now), rung.level, Key("reason.unanswered"), now)


def _nobody(mail: Mail, page: Page, called: Called) -> None:
    metrics.alarms.labels("ladder_unanswered").inc()
    ref = page.ticket.reference
    line = say("escalated.nobody", ref=ref, level=called.level)
    mail.to_leads(f"esc-nobody:{page.ticket.id}:{called.seq}", line, ticket=page.ticket, rank=LADDER)


def _wait(tx: Tx, page: Page, called: Called, n: int, now: datetime) -> None:
    at = answer_by(page.policy, page.clocks, called.level, now)
    tx.follow_ups.add(page.ticket, Follow.CALL, called.seq, n, at)


def _next_of_level(tx: Tx, page: Page, called: Called, now: datetime) -> Person | None:
    """The first of the level's people who has not been called for it yet."""
    tried = _tried(page.log, called)
    return next((p for p in rung_people(tx, page.policy, page.ticket, called.level, now) if p.id not in tried), None)


def climbed(page: Page, into: Sequence[Clock]) -> dict[str, object]:
    """The level of a ticket that is merged into another one, as the log of that one says it: who was called, by what,
    and who was tried before him. `into` are the other's clocks: the one that called goes on as one of them.
    """
    called = page.standing.called
    assert called is not None
    data: dict[str, object] = {"level": called.level, "called": called.person, "by": called.by}
    data |= {"acknowledged": called.acknowledged_at is not None, "tried": sorted(_tried(page.log, called))}
    data["called_at"] = called.at.isoformat()
    if called.acknowledged_at is not None:
        data["acknowledged_at"] = called.acknowledged_at.isoformat()
    if called.about is not None:
        metric = called.about[0]
        theirs = [clock for clock in into if clock.metric == metric]
        live = next((clock.cycle for clock in theirs if clock.is_live), None)
        data |= {"metric": metric, "cycle": live or max((clock.cycle for clock in theirs), default=0) + 1}
    return data


def take_over(tx: Tx, page: Page, gone: Ticket, before: Called, now: datetime) -> None:
    """The call that waits for an answer in the ticket that is merged waits on in this one, at its own moment."""
    called = page.standing.called
    assert called is not None
    for turn in tx.follow_ups.of(gone.id, Follow.CALL, before.seq):
        if turn.state == "open":
            tx.follow_ups.end(turn.id, "dropped", now)
            tx.follow_ups.add(page.ticket, Follow.CALL, called.seq, turn.n, turn.due_at)


def _tried(log: Sequence[Event], called: Called) -> set[int]:
    """Whom this level has called since it was reached."""
    found = {called.person} if called.person is not None else set()
    for event in reversed(log):
        if event.kind is EventKind.MERGED and event.seq == called.seq:
            return found | {int(str(id)) for id in _listed(event.data.get("tried"))}
        if event.kind in (EventKind.ESCALATED, EventKind.PASSED_ON) and event.data.get("level") == called.level:
            found |= {int(str(id)) for id in (event.data.get("called"),) if id is not None}
            if event.kind is EventKind.ESCALATED:
                break
    return found


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()

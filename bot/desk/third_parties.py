"""A wait for a third party, looked at on each of the agreement's working days: whoever answers is asked whether it goes
on; after two days without an answer the leads are told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.desk.book import Book, Page
from bot.desk.mail import NUDGE, Choice, Mail
from bot.desk.staff.cover import who_answers
from bot.desk.staff.receiving import asleep_until
from bot.notice import At, Quote, say
from bot.sla.calendar import Calendar
from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import HoldReason
from bot.store.follow_ups import Follow, FollowUp
from bot.store.tx import Tx

_UNANSWERED_TOLD = 2
_DAY = timedelta(days=1)


def expect_review(tx: Tx, page: Page, now: datetime) -> None:
    """Plan the first question about the wait that has just begun."""
    held = next(event for event in reversed(page.log) if event.kind is EventKind.HELD)
    tx.follow_ups.add(page.ticket, Follow.THIRD_PARTY, held.seq, 1, next_morning(page.policy.calendar, now))


def next_morning(calendar: Calendar, now: datetime) -> datetime:
    """The next opening of a day: today's where the desk has not opened yet; where it is always open, a day later."""
    if calendar.is_always_open:
        return now + _DAY
    zone = ZoneInfo(calendar.zone)
    today = now.astimezone(zone)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(now.tzinfo)
    has_opened = calendar.is_open(now) or calendar.between(midnight, now) > timedelta()
    at = calendar.next_open(now)
    while has_opened and at.astimezone(zone).date() == today.date():
        at = calendar.next_open(calendar.close_after(at))
    return at


def follow_third_party(tx: Tx, book: Book, mail: Mail, page: Page, row: FollowUp, now: datetime) -> datetime | bool:
    """Ask whoever answers for the ticket today, after his quiet hours; the wait is over: nothing is left to do."""
    held = next((event for event in page.log if event.seq == row.subject), None)
    who = "" if held is None else str(held.data.get("who", ""))
    begun = wait_begun(page, who)
    if held is None or begun is None or begun.seq != held.seq:
        return False  # also where it ended and began again: that wait has its own questions
    person = who_answers(tx, page.ticket, now)
    if (quiet_end := asleep_until(tx, person, now)) is not None:
        return quiet_end
    ticket, ref, client = page.ticket, page.ticket.reference, tx.people.client(page.ticket.client_id).name
    key = f"third-party:{ticket.id}:{row.subject}:{row.n}"
    line = say("third_party.review", who=Quote(who, 80), since=At(held.at), client=client, ref=ref)
    choices = (
        Choice("button.still_waiting", f"/still-waiting {ref} {who}"),
        Choice("button.it_is_back", f"/resume {ref} {who}"),
        Choice("button.tell_client", f"/ask-progress {ref}"),
    )
    mail.to_person_or_leads(person, key, line, choices=choices, ticket=ticket, rank=NUDGE)
    if len(unanswered(tx, page, held)) == _UNANSWERED_TOLD:
        told = say("third_party.unanswered", who=Quote(who, 80), name=person.name, client=client, ref=ref)
        mail.to_leads(f"{key}:lead", told, ticket=ticket)
    at = next_morning(page.policy.calendar, now)
    tx.follow_ups.add(ticket, Follow.THIRD_PARTY, row.subject, row.n + 1, at)
    return True


def wait_begun(page: Page, who: str) -> Event | None:
    """The event with which the wait for this third party began that lasts now; None where it is not waited for."""
    starts = [hold.start for hold in page.standing.holds if hold.reason is HoldReason.THIRD_PARTY and hold.who == who]
    held = [e for e in page.log if e.kind is EventKind.HELD and e.data.get("who") == who and e.at in starts]
    return held[-1] if held else None


def unanswered(tx: Tx, page: Page, held: Event) -> list[FollowUp]:
    """The questions about this wait after which nobody of the staff has done anything about the ticket: to look after
    another third party is no answer.
    """
    ours = {held.data.get("who"), None}
    acts = [
        event.at
        for event in page.log
        if event.party is Party.STAFF
        and not (event.kind is EventKind.WAIT_REVIEWED and event.data.get("who") not in ours)
    ]
    last = max(acts, default=held.at)
    turns = tx.follow_ups.of(page.ticket.id, Follow.THIRD_PARTY, held.seq)
    return [turn for turn in turns if turn.state == "done" and turn.ended_at is not None and turn.ended_at > last]

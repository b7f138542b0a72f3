"""Who is called about a ticket as it stands outside hours, and what its client reads of that."""

from __future__ import annotations

from datetime import datetime

from bot.desk import notices
from bot.desk.book import Page
from bot.desk.staff.cover import Because, answers, answers_step, who_answers
from bot.desk.staff.workdays import next_open
from bot.notice import At, Left, Say, say
from bot.people import Person
from bot.store.tx import Tx


def on_call_for(tx: Tx, page: Page, now: datetime) -> Person | None:
    """Who is on call for what the client waits for most; None in hours, where nobody is or nothing runs at night."""
    clock = notices.headline(page)
    called = None if clock is None else answers_step(tx, page.ticket, page.policy, clock, now)
    return called.person if called is not None and called.because is Because.ON_CALL else None


def told_now(tx: Tx, page: Page, now: datetime) -> Person:
    """Who is told of what happens to a ticket now: who is on call at night, else who answers for it."""
    return on_call_for(tx, page, now) or who_answers(tx, page.ticket, now)


def on_call_line(tx: Tx, page: Page, now: datetime) -> tuple[Say, ...]:
    """Message 2, for a ticket that has become urgent at night: who is on call, and when the manager returns."""
    called = on_call_for(tx, page, now)
    if called is None:
        return ()
    at, who = next_open(page.policy.calendar, now), who_answers(tx, page.ticket, now).name
    return (say("window.on_call", on_call=called.name, who=who, returns=At(at), left=Left(at)),)


def cover_lines(tx: Tx, page: Page, now: datetime) -> tuple[Say, ...]:
    """Who answers instead of the owner of a ticket, and when that one is back; nothing where he answers himself."""
    covered = answers(tx, page.ticket, now)
    if covered is None or covered.instead_of is None:
        return ()
    who, gone = covered.person.name, covered.instead_of.name
    if covered.until is None:
        return (say("window.cover_open", who=who, gone=gone),)
    at = next_open(page.policy.calendar, covered.until)
    return (say("window.cover", who=who, gone=gone, returns=At(at), left=Left(at)),)

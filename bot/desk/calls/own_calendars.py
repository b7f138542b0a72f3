"""What comes of reading a calendar that somebody keeps elsewhere: busy times, absences, and a word where it fails."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk.mail import Mail
from bot.duty import Origin
from bot.ical.read import Contents
from bot.notice import At, say
from bot.people import Person
from bot.sla.booking import Span
from bot.store.calendars import Kept
from bot.store.tx import Tx

_PATIENCE = timedelta(hours=1)
_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """A calendar to look at: whose, where, and how the last look ended."""

    person: Person
    kept: Kept

    @property
    def mark(self) -> str:
        """Stands for the address where that must not be written down."""
        return hashlib.sha256(self.kept.url.encode()).hexdigest()[:16]


def calendars(tx: Tx) -> list[OwnCalendar]:
    """All that are to be looked at."""
    return [OwnCalendar(tx.people.person(kept.person_id), kept) for kept in tx.calendars.kept()]


def forget_gone(tx: Tx, now: datetime) -> None:
    """What calendars said that are read no more counts no more."""
    for person_id in tx.calendars.forgotten():
        tx.calendars.forget(person_id)
        _call_off(tx, _all(tx, person_id, now), now)


def took(
    tx: Tx, mail: Mail, each: OwnCalendar, found: Contents, now: datetime, version: tuple[str, str] = ("", "")
) -> None:
    """A calendar was read: its busy times as they are now; absences added, moved, and called off where they are gone.

    `version` is what its server calls this state: its ETag, its date of change. Who said that he is back is back,
    whatever his calendar goes on to say of that absence. What is left out calls nothing off; its owner is told once.
    """
    person = each.person
    busy = [Span(one.start, one.end) for one in found.taken if not one.is_away]
    tx.calendars.took(person.id, each.mark, busy, now, version, len(found.left_out))
    if found.left_out and not each.kept.told_part:
        line = say("calendar.in_part", count=len(found.left_out))
        mail.to_person(person, f"calendar-in-part:{person.id}:{now:%Y%m%d%H%M}", line, say("calendar.in_part_so"))
        tx.calendars.told_part(person.id)
    away = {one.uid: one for one in found.taken if one.is_away and one.end > now}
    known = tx.calendars.absences(person.id, now)
    gone = (rows for uid, rows in known.items() if uid not in away and found.knows(uid))
    _call_off(tx, (row for rows in gone for row in rows), now)
    for uid, one in away.items():
        rows = known.get(uid, [])
        if any(span.end <= now for _, span in rows):
            continue
        lasts = max((span.end for _, span in rows), default=one.start)
        if lasts < one.end:
            tx.duty.add_absence(person.id, lasts, one.end, now, origin=Origin.FEED, uid=uid)
        _call_off(tx, (row for row in rows if row[1].start >= one.end), now)
        for number, span in rows:
            if span.start < one.end < span.end:
                tx.duty.end_absence(number, one.end)


def failed(tx: Tx, mail: Mail, each: OwnCalendar, why: str, now: datetime) -> None:
    """A calendar could not be read: what it said stays, and its owner is told once it has lasted, once a day.

    What another address said does not stay.
    """
    kept, person = each.kept, each.person
    if kept.mark and kept.mark != each.mark:
        tx.calendars.forget(person.id)
        _call_off(tx, _all(tx, person.id, now), now)
    tx.calendars.failed(person.id, each.mark, why, now)
    since = kept.failing_since or now
    if now - since < _PATIENCE or (kept.told_at is not None and now - kept.told_at < _AGAIN):
        return
    line = say("calendar.unread", since=At(since), why=why) if kept.read_at else say("calendar.never_read", why=why)
    mail.to_person(person, f"calendar-unread:{person.id}:{now:%Y%m%d%H%M}", line, say("calendar.unread_so"))
    tx.calendars.told(person.id, now)


def _all(tx: Tx, person_id: int, now: datetime) -> list[tuple[int, Span]]:
    return [row for rows in tx.calendars.absences(person_id, now).values() for row in rows]


def _call_off(tx: Tx, absences: Iterable[tuple[int, Span]], now: datetime) -> None:
    for number, span in absences:
        tx.calendars.unname(number)
        if span.end > now:
            tx.duty.end_absence(number, now)

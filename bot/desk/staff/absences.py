"""Absences on behalf of one member of staff: declared, ended, called off; what they come to is told at once. Turns of
duty are the matter of `on_call`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.commands._duty import Arranged, Instead, Leave, OnCall, Swap, Which, instead_line
from bot.commands.base import Refusal
from bot.desk.hand import Hand
from bot.desk.mail import BREACH
from bot.desk.staff.cover import Because, Covered, outlook
from bot.desk.staff.on_call import Turns
from bot.duty import Absence, Origin, by_person, stretches
from bot.notice import At, say
from bot.people import VENDOR, Person, Role

_LEADS = (Role.LEAD, Role.ADMIN)


class Absences:
    """Fulfils `commands._duty.DutyDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._tx = hand.tx
        self._mail = hand.mail
        self._actor = hand.actor
        self._now = hand.now
        self._turns = Turns(hand)

    def somebody(self, words: str) -> tuple[Person, str] | None:
        staff = [person for role in Role if role.is_staff for person in self._tx.people.with_role(role)]
        spelt = [(name, person) for person in staff for name in (person.key, person.name)]
        for name, person in sorted(spelt, key=lambda each: -len(each[0])):
            said, rest = words[: len(name)], words[len(name) :]
            if said.casefold() == name.casefold() and (not rest or rest[0].isspace() or rest[0] in ",:"):
                return person, rest.lstrip(" \t\r\n,:")
        return None

    def may_speak_for(self, person: Person) -> bool:
        asker = self._actor.person
        return asker is not None and (asker.id == person.id or asker.role in _LEADS)

    def leave(self, person: Person, since: datetime, until: datetime | None, note: str) -> Arranged:
        self._allowed(person)
        for each in self._absences(person):
            if each.starts_at <= since and (each.until is None or (until is not None and until <= each.until)):
                raise Refusal(say("errors.already_done", ref=person.name))
        number = self._tx.duty.add_absence(person.id, since, until, self._now, origin=Origin.CHAT, note=note)
        self._write_down("absence.declared", person, since, until)
        leave = next(each for each in self._of(person) if number in each.numbers)
        instead = tuple(self._instead(person, leave))
        self._warn(leave, instead)
        return Arranged(leave, instead, tuple(self._turns.instead(person, leave)))

    def back(self, person: Person) -> Sequence[Leave]:
        self._allowed(person)
        holding = [each for each in self._absences(person) if each.holds(self._now)]
        if not holding:
            raise Refusal(say("back.not_away", who=person.name))
        leave = next(each for each in self._of(person) if holding[0].id in each.numbers)
        for each in holding:
            self._tx.duty.end_absence(each.id, self._now)
        self._write_down("absence.ended", person, leave.since, self._now)
        return [each for each in self._of(person) if each.numbers[0] in leave.numbers]

    def call_off(self, number: int) -> Leave:
        found = [each for each in self._tx.duty.absences(self._now) if each.id == number]
        if not found:
            raise Refusal(say("errors.stale_button"))
        person = self._tx.people.person(found[0].person_id)
        self._allowed(person)
        leave = next(each for each in self._of(person) if number in each.numbers)
        numbers = leave.numbers[leave.numbers.index(number) :]
        for each in numbers:
            self._tx.duty.end_absence(each, self._now)
        self._write_down("absence.called_off", person, found[0].starts_at, leave.until)
        return Leave(person, found[0].starts_at, leave.until, numbers)

    def known(self) -> Sequence[Leave]:
        people = by_person(self._tx.duty.absences(self._now))
        found = [leave for id in people for leave in self._of(self._tx.people.person(id))]
        return sorted(found, key=lambda leave: (leave.since, leave.person.id))

    def on_call(self) -> Sequence[OnCall]:
        return self._turns.on_call()

    def swap(self, giver: Person, taker: Person, which: Which, day: datetime | None) -> Swap:
        return self._turns.swap(giver, taker, which, day)

    def decide(self, id: str, *, is_agreed: bool) -> Swap:
        return self._turns.decide(id, is_agreed=is_agreed)

    # the small print

    def _of(self, person: Person) -> Iterator[Leave]:
        absences = self._absences(person)
        for each in stretches(absences):
            inside = (a for a in absences if a.starts_at >= each.since and _within(a.starts_at, each.until))
            yield Leave(person, each.since, each.until, tuple(a.id for a in inside))

    def _absences(self, person: Person) -> list[Absence]:
        return self._tx.duty.absences_of(person.id, self._now)

    def _instead(self, person: Person, leave: Leave) -> Iterator[Instead]:
        """Who answers for the clients this person answers for, those with the same one together; the worst comes last.

        It speaks of clients whose manager he is, and of those who are left without anybody of their own.
        """
        found: dict[tuple[int | None, bool, datetime | None], list[str]] = {}
        concerned = dict.fromkeys(self._tx.duty.everybody(), False) if person.role in _LEADS else {}
        concerned |= dict(self._tx.duty.clients_of(person.id))
        for client_id, is_first in concerned.items():
            worst, at = _worst(outlook(self._tx, client_id, leave.since, leave.until))
            own = worst is not None and worst.because is not Because.NOBODY_NEARER
            if own and not is_first:
                continue
            key = (
                (None, False, at) if worst is None else (worst.person.id, worst.because is Because.NOBODY_NEARER, None)
            )
            found.setdefault(key, []).append(self._tx.people.client(client_id).name)
        for (id, is_last, since), clients in sorted(found.items(), key=lambda each: (each[0][0] is None, each[0][1])):
            who = None if id is None else self._tx.people.person(id)
            yield Instead(tuple(clients), who, is_last, since)

    def _warn(self, leave: Leave, instead: Sequence[Instead]) -> None:
        """The leads hear at once, and not only when it has come, that clients are left without their own people."""
        bare = [instead_line(each) for each in instead if each.person is None or each.is_last]
        if bare:
            who, since = leave.person.name, At(leave.since)
            key = f"uncovered:{leave.person.id}:{leave.numbers[-1]}"
            self._mail.to_leads(key, say("away.lead", who=who, since=since), *bare, rank=BREACH)

    def _allowed(self, person: Person) -> None:
        if not self.may_speak_for(person):
            raise Refusal(say("errors.not_allowed"))

    def _write_down(self, what: str, person: Person, since: datetime, until: datetime | None) -> None:
        asker = self._actor.person
        end = "" if until is None else f"{until:%Y-%m-%dT%H:%MZ}"
        by = self._actor.ext_id if asker is None else asker.key
        self._tx.meta.audit(VENDOR, by, what, self._now, "", f"{person.key} {since:%Y-%m-%dT%H:%MZ}/{end}")


def _within(at: datetime, until: datetime | None) -> bool:
    return until is None or at < until


def _worst(found: Sequence[tuple[datetime, Covered | None]]) -> tuple[Covered | None, datetime]:
    """The moment at which the client is worst off: with nobody, with nobody of his own, else the first."""

    def badness(each: tuple[datetime, Covered | None]) -> int:
        covered = each[1]
        return 0 if covered is None else 1 if covered.because is Because.NOBODY_NEARER else 2

    at, covered = min(found, key=badness)
    return covered, at

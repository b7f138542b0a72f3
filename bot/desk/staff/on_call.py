"""Turns of duty on behalf of one member of staff: whose it is, and swapping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from bot.commands._duty import Leave, OnCall, OnCallInstead, Swap, Which, swap_line
from bot.commands.base import Refusal
from bot.desk.hand import Hand
from bot.desk.mail import NUDGE, Choice
from bot.desk.staff.rota import held_from
from bot.duty import Rotation, StandIn, Turn, turns
from bot.notice import say
from bot.people import VENDOR, Person, Role

_LEADS = (Role.LEAD, Role.ADMIN)
_LOOKED_AT = 60
_STRETCHES_LOOKED_AT = 20


class Turns:
    """What `desk.staff.absences.Absences` says and does about turns of duty."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._tx = hand.tx
        self._now = hand.now

    def on_call(self) -> Sequence[OnCall]:
        return [self._shown(each) for each in self._tx.duty.rotations() if each.people]

    def instead(self, person: Person, leave: Leave) -> Iterator[OnCallInstead]:
        """Whom his turns fall to while he is away, the first of each rotation's at least."""
        since = max(leave.since, self._now)
        for rotation in self._tx.duty.rotations():
            held = held_from(self._tx, rotation, since) if person.id in rotation.people else iter(())
            for each in islice(held, _STRETCHES_LOOKED_AT):
                if leave.until is not None and each.since >= leave.until:
                    break
                if each.turn_of == person.id and each.person_id != person.id:
                    who = None if each.person_id is None else self._tx.people.person(each.person_id)
                    yield OnCallInstead(rotation.name, person, who, each.since, each.until)
                    break

    def swap(self, giver: Person, taker: Person, which: Which, day: datetime | None) -> Swap:
        """Ask for it, or as a lead who is neither of the two decide it."""
        asker = self._hand.staff()
        if asker.id != giver.id and asker.role not in _LEADS:
            raise Refusal(say("errors.not_allowed"))
        if giver.id == taker.id:
            raise Refusal(say("oncall.own", who=taker.name))
        rotation, given = self._given(giver, which, day)
        given = replace(given, starts_at=max(given.starts_at, self._now))
        taken = next((each for each in self._coming(rotation) if self._is_in_return(each, taker, given)), None)
        is_agreed = asker.id != giver.id and asker.id != taker.id
        made = Swap(rotation.name, giver, taker, given.starts_at, given.ends_at, _span(taken), is_agreed)
        if not is_agreed and self._tx.duty.is_asked(rotation.id, taker.id, giver.id, given.ends_at, asks=taker.id):
            return made
        id = self._hand.mail.new_id()
        for person, instead, each in ((taker, giver, given), (giver, taker, taken)):
            if each is not None:
                self._tx.duty.ask_stand_in(
                    *(id, rotation.id, person.id, instead.id, each.starts_at, each.ends_at),
                    asked_by=asker.id,
                    asks=taker.id,
                    is_agreed=is_agreed,
                    now=self._now,
                )
        self._write_down("oncall.decided" if is_agreed else "oncall.asked", made)
        self._tell(made, id)
        return made

    def decide(self, id: str, *, is_agreed: bool) -> Swap:
        asker = self._hand.staff()
        rows = self._tx.duty.swap(id)
        if not rows or any(row.state != "asked" for row in rows) or rows[0].stand_in.ends_at <= self._now:
            raise Refusal(say("errors.stale_button"))
        if asker.id != rows[0].asks and asker.role not in _LEADS:
            raise Refusal(say("errors.not_allowed"))
        if is_agreed and not all(self._is_still_so(row.stand_in) for row in rows):
            raise Refusal(say("errors.stale_button"))
        self._tx.duty.decide(id, is_agreed=is_agreed)
        made = self._made([row.stand_in for row in rows], is_agreed=is_agreed)
        self._write_down("oncall.agreed" if is_agreed else "oncall.declined", made)
        line = swap_line("agreed" if is_agreed else "declined", made)
        for person in {rows[0].asked_by, rows[0].asks, made.giver.id} - {asker.id}:
            self._hand.mail.to_person(self._tx.people.person(person), f"oncall:{id}:{person}:done", line, rank=NUDGE)
        return made

    # the small print

    def _shown(self, rotation: Rotation) -> OnCall:
        """Who is on call, absences included, and the next of those who come after him."""
        held = held_from(self._tx, rotation, self._now)
        first = next(held)
        until, following = first.until, None
        for each in held:
            if each.person_id != first.person_id:
                until, following = each.since, each.person_id
                break
        people = [None if id is None else self._tx.people.person(id) for id in (first.person_id, following)]
        return OnCall(rotation.name, people[0], until if following is not None else None, people[1])

    def _given(self, giver: Person, which: Which, day: datetime | None) -> tuple[Rotation, Turn]:
        """The turn that is to pass to somebody else; Refusal where the giver has none such."""
        for rotation in self._tx.duty.rotations():
            for each in self._coming(rotation) if rotation.people else ():
                if each.person_id == giver.id and self._is_meant(each, which, day):
                    return rotation, each
        raise Refusal(say("oncall.no_turn", who=giver.name))

    def _is_meant(self, each: Turn, which: Which, day: datetime | None) -> bool:
        if which is Which.THIS:
            return each.starts_at <= self._now
        if which is Which.NEXT:
            return each.starts_at > self._now
        return day is None or each.starts_at <= day < each.ends_at

    def _is_in_return(self, each: Turn, taker: Person, given: Turn) -> bool:
        """The taker's next turn that does not lie in the one he takes."""
        apart = each.starts_at >= given.ends_at or each.ends_at <= given.starts_at
        return each.person_id == taker.id and each.starts_at > self._now and apart

    def _coming(self, rotation: Rotation) -> Sequence[Turn]:
        return turns(rotation, self._tx.duty.stand_ins(self._now), self._now, _LOOKED_AT)

    def _is_still_so(self, asked: StandIn) -> bool:
        """Whether the turn is still whose it was when the question was put, and nothing was agreed of it since."""
        agreed = self._tx.duty.stand_ins(self._now)
        if any(
            each.id > asked.id and each.rotation_id == asked.rotation_id and _overlap(each, asked) for each in agreed
        ):
            return False
        rotation = next((each for each in self._tx.duty.rotations() if each.id == asked.rotation_id), None)
        held = [each for each in self._coming(rotation) if _overlap(each, asked)] if rotation is not None else []
        return bool(held) and all(each.person_id == asked.instead_of for each in held)

    def _made(self, stand_ins: Sequence[StandIn], *, is_agreed: bool) -> Swap:
        first, back = stand_ins[0], stand_ins[1] if len(stand_ins) > 1 else None
        name = next((each.name for each in self._tx.duty.rotations() if each.id == first.rotation_id), "")
        people = self._tx.people
        giver, taker = people.person(first.instead_of), people.person(first.person_id)
        in_return = None if back is None else (back.starts_at, back.ends_at)
        return Swap(name, giver, taker, first.starts_at, first.ends_at, in_return, is_agreed)

    def _tell(self, made: Swap, id: str) -> None:
        mail = self._hand.mail
        if made.is_agreed:
            for person in (made.giver, made.taker):
                mail.to_person(person, f"oncall:{id}:{person.id}", swap_line("agreed", made), rank=NUDGE)
            return
        choices = (Choice("button.confirm", f"/oncall-yes {id}"), Choice("button.decline", f"/oncall-no {id}"))
        line = swap_line("asked", made)
        mail.to_person(made.taker, f"oncall:{id}:asked", line, choices=choices, rank=NUDGE)

    def _write_down(self, what: str, made: Swap) -> None:
        turn = f"{made.giver.key} -> {made.taker.key} {made.since:%Y-%m-%dT%H:%MZ}/{made.until:%Y-%m-%dT%H:%MZ}"
        self._tx.meta.audit(VENDOR, self._hand.staff().key, what, self._now, "", turn)


def _span(each: Turn | None) -> tuple[datetime, datetime] | None:
    return None if each is None else (each.starts_at, each.ends_at)


def _overlap(one: Turn | StandIn, other: StandIn) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at

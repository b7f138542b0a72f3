"""Booking calls on behalf of one actor: finds free time, keeps it, tells both sides, plans what they are reminded of.

A call that takes the manager's time is `proposed` from the client's request on, so that a slow confirmation costs
nobody the slot; who moves a call gives the time before up, for he cannot have it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands._calls import Booked, StandIn, Talk, over
from bot.commands.base import Refusal, Ticketed
from bot.desk.calls import outcomes
from bot.desk.calls.agenda import calls_of
from bot.desk.calls.diary import booked, diary_of, keep, times_of
from bot.desk.calls.invitations import address, feed_url
from bot.desk.calls.offers import Asks, asked_for, asks_of, in_the_way, judged, offered, sooner, terms_of
from bot.desk.calls.stand_ins import stand_in
from bot.desk.calls.words import CallRoom
from bot.desk.hand import Hand
from bot.desk.opening import contract_in_force, responsible
from bot.desk.rules import Rules
from bot.desk.staff.cover import away_now
from bot.i18n import Catalogue
from bot.notice import Key, Quote, say
from bot.people import Person, Room, RoomKind
from bot.sla.booking import Free, Refused, Span, Terms, Why
from bot.sla.call import BookedCall, CallKind, CallState, Side, kind_wished, parse_call
from bot.store.calls import TimeTaken
from bot.when import Window

_PLACE = re.compile(r"room:(\d{1,9})")


class Calls:
    """Fulfils `commands._calls.CallDesk`."""

    def __init__(self, hand: Hand, rules: Rules, words: Catalogue) -> None:
        self._hand = hand
        self._tx = hand.tx
        self._book = hand.book
        self._mail = hand.mail
        self._actor = hand.actor
        self._room = hand.room
        self._now = hand.now
        self._rules = rules
        self._words = CallRoom(hand.tx, hand.mail, rules, words)
        self.side = Side.STAFF if hand.actor.is_staff else Side.CLIENT

    # what the actor may see

    def talk(self, each: Ticketed | None, place: Room | None = None) -> Talk:
        room = place or self._room
        if room.kind is not RoomKind.CLIENT:
            if each is None:
                raise Refusal(say("call.not_here", example=Key("shown.book_call")))
            room = self._tx.rooms.get(each.ticket.room_id)
        manager = self._manager(room.client_id)
        contract = contract_in_force(self._tx, room.client_id, self._now)
        if contract is None:
            raise Refusal(say("errors.no_contract"))
        policy = self._book.terms(contract)
        if policy.calls is None:
            raise Refusal(say("call.not_included", who=manager.name))
        return Talk(room, self._tx.people.client(room.client_id).name, manager, policy)

    def place(self, word: str) -> Room | None:
        named = _PLACE.fullmatch(word)
        if named is None or not self._room.kind.is_internal:
            return None
        room = self._tx.rooms.linked(int(named[1]))
        if room is None or room.kind is not RoomKind.CLIENT:
            raise Refusal(say("errors.stale_button"))
        return room

    def find(self, word: str) -> Booked:
        word, _, stamp = word.partition("@")
        number = parse_call(word)
        call = None if number is None else self._tx.calls.get(number)
        if call is None or not self._reaches(call):
            raise Refusal(say("errors.unknown_call", call=Quote(word or "-", 40)))
        made = booked(self._tx, self._book, call)
        return replace(made, is_stale=bool(stamp) and stamp != call.stamp)

    def coming(self) -> Sequence[Booked]:
        if self._room.kind is RoomKind.CLIENT:
            found = self._tx.calls.open_of_client(self._room.client_id, self._now)
        elif self._room.kind is RoomKind.DIRECT and self._actor.person is not None:
            found = calls_of(self._tx, self._actor.person, self._now)
        else:
            found = self._tx.calls.open(self._now) if self._actor.is_staff else []
        return [made for call in found if (made := self._standing(call)) is not None]

    def offer(
        self, talk: Talk, since: datetime | None = None, moved: Booked | None = None, within: Window | None = None
    ) -> Sequence[Span]:
        diary = diary_of(self._tx, talk.policy, talk.manager, self._now, None if moved is None else moved.call)
        found = offered(diary, self._terms(talk), self._now, talk.room.zone, since, within)
        return found if moved is None else [span for span in found if span.start != moved.call.starts_at]

    def why_none(self, talk: Talk, within: Window, moved: Booked | None = None) -> Refused | None:
        diary = diary_of(self._tx, talk.policy, talk.manager, self._now, None if moved is None else moved.call)
        return in_the_way(diary, self._terms(talk), self._now, talk.room.zone, within)

    def sooner(self, talk: Talk, start: datetime | None = None, within: Window | None = None) -> StandIn | None:
        is_mine = self.side is Side.STAFF
        return None if is_mine else sooner(self._tx, talk, self._terms(talk), self._now, start, within)

    def instead(self, talk: Talk, key: str) -> Talk:
        people = self._tx.people.responsible(talk.room.client_id)
        person = next((each for each in people if each.key == key), None)
        if person is None:
            raise Refusal(say("errors.stale_button"))
        return replace(talk, manager=person)

    def is_away(self, booked: Booked) -> bool:
        return away_now(self._tx, booked.talk.manager, booked.call.starts_at) is not None

    def stand_in(self, booked: Booked) -> Person | None:
        return stand_in(self._tx, booked.talk, booked.call, self._now)

    # what the actor may do

    def book(
        self, talk: Talk, start: datetime, topic: str, each: Ticketed | None, *, anyway: bool = False
    ) -> Booked | Refused:
        same = [c for c in self._tx.calls.open_of_client(talk.room.client_id, self._now) if c.starts_at == start]
        if same:
            raise Refusal(say("errors.already_done", ref=same[0].reference))
        verdict = self._judge(talk, start)
        state, asks = CallState.PROPOSED, Asks.NOTHING
        if isinstance(verdict, Refused) and verdict.may_ask and anyway:
            in_time = self._judge(talk, start, terms=replace(self._terms(talk), notice=timedelta(0)))
            state, asks = CallState.WISHED, asked_for(verdict, in_time)
            verdict = self._judge(talk, start, terms=self._terms(talk, waived=True))
        if isinstance(verdict, Refused):
            return verdict
        contract = self._tx.people.contract(talk.room.client_id)
        assert contract is not None
        number = self._mail.new_id()
        try:
            call = self._tx.calls.add(
                uid=f"{number}@pledge",
                secret=self._mail.new_id() + self._mail.new_id(),
                room=talk.room,
                contract_id=contract.id,
                person_id=talk.manager.id,
                ticket_id=None if each is None else each.ticket.id,
                state=state,
                waits_for=self.side.other,
                span=verdict.span,
                asked_at=self._now,
                topic=topic,
                kind=kind_wished(topic, self._words.kinds(talk)),
                now=self._now,
            )
        except TimeTaken:
            return self._taken(talk, start)
        made = keep(self._hand, call, "")
        self._words.asked(made, self._actor, self.side, asks)
        return made

    def move(self, booked: Booked, start: datetime, reason: str) -> Booked | Refused:
        self._open(booked)
        was = booked.call
        if start == was.starts_at:
            raise Refusal(say("errors.already_done", ref=was.reference))
        verdict = self._judge(booked.talk, start, was)
        if isinstance(verdict, Refused):
            return verdict
        span = verdict.span
        moved = replace(
            was, state=CallState.PROPOSED, waits_for=self.side.other, starts_at=span.start, ends_at=span.end
        )
        try:
            made = keep(self._hand, self._tx.calls.change(replace(moved, asked_at=self._now), self._now), times_of(was))
        except TimeTaken:
            return self._taken(booked.talk, start, was)
        self._words.moved(made, was, self._actor, self.side, reason)
        return made

    def hand(self, booked: Booked, key: str) -> Booked | Refused:
        self._open(booked)
        was, talk = booked.call, self.instead(booked.talk, key)
        if talk.manager.id == was.person_id:
            raise Refusal(say("errors.already_done", ref=was.reference))
        # Whose hours it now is has agreed to nothing beyond them; about a mere wish he is only asked.
        is_wish = was.state is CallState.WISHED
        terms = replace(self._terms(talk), notice=timedelta(0), any_hours=is_wish)
        verdict = self._judge(talk, was.starts_at, was, terms)
        if isinstance(verdict, Refused):
            return verdict
        try:
            call = self._tx.calls.change(replace(was, person_id=talk.manager.id), self._now)
        except TimeTaken:
            return self._taken(talk, was.starts_at, was)
        made = keep(self._hand, call, booked.talk.manager.key)
        asks = asks_of(self._tx, talk, was, self._now) if is_wish else Asks.NOTHING
        self._words.handed(made, booked.talk.manager, self._actor, asks)
        return made

    def confirm(self, booked: Booked) -> Booked | Refused:
        self._open(booked)
        call = booked.call
        if call.waits_for is not self.side:
            raise Refusal(say("errors.already_done", ref=call.reference))
        if call.state is CallState.WISHED:
            # A wish keeps no time: others may have taken it since. Who confirms it has waived notice and hours.
            verdict = self._judge(booked.talk, call.starts_at, call)
            if isinstance(verdict, Refused):
                return verdict
        try:
            changed = self._tx.calls.change(replace(call, state=CallState.AGREED, waits_for=None), self._now)
        except TimeTaken:
            return self._taken(booked.talk, call.starts_at, call)
        made = keep(self._hand, changed, call.state)
        self._words.agreed(made)
        self._words.over(made)
        return made

    def turn(self, booked: Booked, kind: CallKind) -> Booked:
        self._open(booked)
        if kind is booked.call.kind:
            raise Refusal(say("errors.already_done", ref=booked.call.reference))
        made = keep(
            self._hand, self._tx.calls.change(replace(booked.call, kind=kind), self._now), booked.call.kind.value
        )
        self._words.turned(made, self._actor, self.side)
        self._words.over(made)
        return made

    def cancel(self, booked: Booked, reason: str) -> None:
        self._open(booked)
        call = booked.call
        gone = replace(call, state=CallState.CANCELLED, waits_for=None)
        made = keep(self._hand, self._tx.calls.change(gone, self._now), call.state)
        self._words.cancelled(made, self._actor, reason)

    def held(self, booked: Booked, note: str) -> None:
        outcomes.held(self._hand, self._words, booked, note)

    def missed(self, booked: Booked) -> None:
        outcomes.missed(self._hand, self._words, booked)

    def ask(self, kind: str, ref: str) -> None:
        self._hand.ask(kind, ref)

    def calendar(self, *, renew: bool) -> str:
        assert self._actor.person is not None
        if not self._rules.url:
            raise Refusal(say("errors.no_url"))
        fresh = self._mail.new_id() + self._mail.new_id()
        return feed_url(self._rules.url, address(self._tx, self._actor.person, fresh, self._now, renew=renew))

    # the small print

    def _judge(
        self, talk: Talk, start: datetime, but: BookedCall | None = None, terms: Terms | None = None
    ) -> Free | Refused:
        diary = diary_of(self._tx, talk.policy, talk.manager, self._now, but)
        return judged(diary, terms or self._terms(talk), self._now, start, talk.room.zone)

    def _taken(self, talk: Talk, start: datetime, but: BookedCall | None = None) -> Refused:
        """The database refused what looked free."""
        return Refused(Why.TAKEN, start, tuple(self.offer(talk, start)[:3]))

    def _terms(self, talk: Talk, *, waived: bool = False) -> Terms:
        """The manager waives the notice, and his hours, by naming a time himself."""
        return terms_of(talk, self._now, waived=waived or self.side is Side.STAFF)

    def _manager(self, client_id: int) -> Person:
        """Who is to be called: whoever of the client's people asks himself, else the first of them."""
        people = self._tx.people.responsible(client_id)
        asked = self._actor.person
        if self._actor.is_staff and asked is not None and asked.id in [person.id for person in people]:
            return asked
        return responsible(self._tx, client_id)

    def _standing(self, call: BookedCall) -> Booked | None:
        """The call, or None where its client has no agreement any more: one such must not hide all others."""
        try:
            return booked(self._tx, self._book, call)
        except Refusal:
            return None

    def _reaches(self, call: BookedCall) -> bool:
        if self._room.kind is RoomKind.CLIENT:
            return call.client_id == self._room.client_id
        return self._actor.is_staff and self._room.kind.is_internal

    def _open(self, booked: Booked) -> None:
        if (gone := over(booked.call, self._now)) is not None:
            raise Refusal(gone)

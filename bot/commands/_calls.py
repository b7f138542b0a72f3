"""What commands see of booking calls: the desk's verbs, and how a call and its free times are worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.notice import Act, At, Beside, Day, Key, Quote, Say, Slot, Span, Value, say
from bot.people import Person, Room
from bot.sla.booking import Refused, Why, last_day
from bot.sla.booking import Span as Stretch
from bot.sla.call import BookedCall, CallKind, Side
from bot.sla.policy import Policy
from bot.when import Window

if TYPE_CHECKING:
    from bot.commands.base import Call, Ticketed


@dataclass(frozen=True, slots=True)
class Talk:
    """Who would talk with whom under which terms: a client in his room and a member of the staff."""

    room: Room
    client_name: str
    manager: Person
    policy: Policy

    def elsewhere(self, side: Side) -> str:
        """The zone of the other side, which stands beside the reader's own."""
        return self.manager.zone if side is Side.CLIENT else self.room.zone


def placed(room: Room) -> str:
    """How a button that stands elsewhere names a client's room; one that is linked anew is another."""
    return f"room:{room.id}"


@dataclass(frozen=True, slots=True)
class Booked:
    """A call with the names that go with it; `ticket` is a reference, or empty. `is_stale`: the button that means it
    stood under another time, or another's name.
    """

    call: BookedCall
    talk: Talk
    ticket: str = ""
    is_stale: bool = False


StandIn = tuple[Talk, Sequence[Stretch]]
"""The same talk with somebody else, and his free times."""


class CallDesk(Protocol):
    """Booking on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    side: Side

    def talk(self, each: Ticketed | None, place: Room | None = None) -> Talk:
        """The client of this room, else of `place` or of the ticket, and his manager.
        Refusal: call.not_here, call.not_included.
        """
        ...

    def place(self, word: str) -> Room | None:
        """The client's room that a button means which stands elsewhere: `room:7`. None for any other word, and where
        clients read: there only their own room is meant. Refusal: errors.stale_button.
        """
        ...

    def find(self, word: str) -> Booked:
        """The call meant by `C-3`, `3` or a button's `C-3@...`. Refusal: errors.unknown_call, foreign ones too."""
        ...

    def coming(self) -> Sequence[Booked]:
        """What is still to come: in a client's room that client's; in a direct chat one's own and those one stands in
        for, a lead everybody's; else everybody's.
        """
        ...

    def offer(
        self,
        talk: Talk,
        since: datetime | None = None,
        moved: Booked | None = None,
        within: Window | None = None,
    ) -> Sequence[Stretch]:
        """The next free times, at most two of a day; from `since` on, `within` the times wished for, and other ones
        than that of the call `moved`, whose own time is free for it.
        """
        ...

    def why_none(self, talk: Talk, within: Window, moved: Booked | None = None) -> Refused | None:
        """Why nothing is free `within`, and the nearest times; None where no call would fit into its hours at all."""
        ...

    def sooner(self, talk: Talk, start: datetime | None = None, within: Window | None = None) -> StandIn | None:
        """Who of the client's other people is free within a week, of the wish where there is one, where the manager is
        not; with his times. None for the staff, who asks for nobody else.
        """
        ...

    def instead(self, talk: Talk, key: str) -> Talk:
        """The same talk with another of the client's people. Refusal: errors.stale_button."""
        ...

    def book(
        self, talk: Talk, start: datetime, topic: str, each: Ticketed | None, *, anyway: bool = False
    ) -> Booked | Refused:
        """Keep this time and ask the other side to confirm it. With `anyway` a client's wish on too short notice or
        outside hours is put to the manager.
        """
        ...

    def move(self, booked: Booked, start: datetime, reason: str) -> Booked | Refused:
        """Name another time instead, which the other side has to confirm; the one before is given up."""
        ...

    def confirm(self, booked: Booked) -> Booked | Refused:
        """Agree to the time the other side has named; the manager may waive the notice so."""
        ...

    def hand(self, booked: Booked, key: str) -> Booked | Refused:
        """Let another of the client's people take the call at its time; what was agreed stays agreed.
        Refusal: errors.stale_button.
        """
        ...

    def is_away(self, booked: Booked) -> bool:
        """Whether whose call it is will be away then."""
        ...

    def stand_in(self, booked: Booked) -> Person | None:
        """Who could take the call at its time instead."""
        ...

    def turn(self, booked: Booked, kind: CallKind) -> Booked:
        """Make it a call of this kind."""
        ...

    def cancel(self, booked: Booked, reason: str) -> None: ...

    def held(self, booked: Booked, note: str) -> None:
        """It took place; `note` is kept for the staff. Refusal before it began, and a day after nobody came."""
        ...

    def missed(self, booked: Booked) -> None:
        """Nobody came. Refusal before it began, and a day after it took place."""
        ...

    def calendar(self, *, renew: bool) -> str:
        """The private address of the asker's own calls, for his calendar; renewed, the one before is void.
        Refusal: errors.no_url.
        """
        ...

    def ask(self, kind: str, ref: str) -> None:
        """Wait for the asker's next words here about a call: `call_cancel` (a reason), `call_note`, `call_time`; or
        for a time and a topic, perhaps about a ticket: `call_wish`.
        """
        ...


def over(call: BookedCall, now: datetime) -> Say | None:
    """What a call is that is not to come any more; None for one that is."""
    if call.is_open and call.starts_at > now:
        return None
    how = call.state.value if not call.is_open else "begun" if call.ends_at > now else "past"
    return say(f"errors.call_over.{how}", span=Slot(call.starts_at, call.ends_at), call=call.reference)


def call_line(booked: Booked, side: Side, reader: Person | None = None) -> Say:
    """A call as one line of a list; `reader`: who of the staff it is said to, where nobody else reads it."""
    call, talk = booked.call, booked.talk
    manager = talk.manager.name
    waits = manager if call.waits_for is Side.STAFF else talk.client_name
    is_mine = call.waits_for is side and (side is Side.CLIENT or (reader is not None and reader.id == call.person_id))
    mine: Value = Key("call.you") if is_mine else waits
    state = Key(f"call.state.{call.state.value}", {"who": mine})
    return Say(
        "call.line" if side is Side.CLIENT else "call.line_staff",
        {
            "call": call.reference,
            "span": Slot(call.starts_at, call.ends_at),
            "elsewhere": Beside(call.starts_at, talk.elsewhere(side)),
            "who": manager,
            "client": talk.client_name,
            "state": Key("call.training", {"state": state}) if call.kind is CallKind.TRAINING else state,
        },
    )


def handed_line(booked: Booked, gone: Person) -> Say:
    """What is said of a call that has passed on to whoever had it, and to whoever handed it over."""
    call, talk = booked.call, booked.talk
    key = "call.handed.decides" if call.waits_for is Side.STAFF else "call.handed.told"
    return say(key, who=talk.manager.name, gone=gone.name, call=call.reference, client=talk.client_name)


def refused(call: Call, verdict: Refused, talk: Talk, wish: Value) -> Say:
    """Why a wish cannot be had, the reader's own zone throughout."""
    last, _ = last_day(talk.room.zone, call.now)
    key = f"call.{verdict.why.value}"
    params: dict[str, Value] = {
        "wish": wish,
        "who": talk.manager.name,
        "name": Quote(verdict.name),
        "last": Day(last),
    }
    if verdict.why is Why.TOO_EARLY:
        params |= {"notice": notice_of(talk.policy), "earliest": At(verdict.earliest)}
    elif verdict.why is Why.ABSENT and verdict.until is None:
        key = "call.absent_open"
    elif verdict.until is not None:
        params |= {"until": At(verdict.until)}
    return Say(key, params)


def notice_of(policy: Policy) -> Key:
    """How long ahead a call is asked for, in the agreement's working days where they come out even."""
    notice, day = policy.calls.notice if policy.calls else None, policy.calendar.working_day
    if not notice:
        return Key("call.notice_none")
    if notice % day:
        return Key("call.notice", {"notice": Span(notice)})
    return Key("call.notice_days", {"count": notice // day})


def slot_buttons(
    call: Call, talk: Talk, found: Sequence[Stretch], say_what: str, then: str = "", label: str = "button.call_slot"
) -> list[Act]:
    """A button for each free time, in the reader's zone with the other side's beside it."""
    there = talk.elsewhere(call.desk.calls().side)
    return [
        call.desk.button(
            label,
            f"/{say_what} {span.start:%Y-%m-%dT%H:%MZ} {then}".rstrip(),
            at=At(span.start),
            elsewhere=Beside(span.start, there),
            who=talk.manager.name,
        )
        for span in found
    ]


def nearest(verdict: Refused) -> list[Say]:
    """What stands above the buttons of a refusal; nothing where there are none."""
    return [say("call.nearest")] if verdict.nearest else []

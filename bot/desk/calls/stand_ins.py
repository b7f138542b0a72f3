"""Who could take a call instead of whoever holds it and is away then, and the buttons for that."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands._calls import Booked, Talk
from bot.desk.calls.diary import diary_of
from bot.desk.mail import Choice
from bot.people import Person
from bot.sla.booking import Free, Terms, judge
from bot.sla.call import BookedCall, CallState
from bot.store.tx import Tx


def stand_in(tx: Tx, talk: Talk, call: BookedCall, now: datetime) -> Person | None:
    """The first of the client's other people who is free at the time of a call, or could be asked about a wish."""
    terms = Terms(notice=timedelta(0), any_hours=call.state is CallState.WISHED)
    for person in tx.people.responsible(call.client_id):
        diary = diary_of(tx, talk.policy, person, now, call)
        if person.id != call.person_id and isinstance(judge(diary, terms, now, call.starts_at), Free):
            return person
    return None


def ways_out(tx: Tx, made: Booked, now: datetime) -> tuple[Choice, ...]:
    """Move it, or hand it to who is free then; each button with its name, for several calls stand side by side."""
    ref, stamped = made.call.reference, made.call.stamped
    move = Choice("button.call_move", f"/call-move {stamped}", {"call": ref})
    other = stand_in(tx, made.talk, made.call, now)
    if other is None:
        return (move,)
    named = {"call": ref, "who": other.name}
    return move, Choice("button.call_hand", f"/call-hand {stamped} {other.key}", named)


def all_ways_out(tx: Tx, made: Booked, now: datetime) -> tuple[Choice, ...]:
    """As `ways_out`, and to cancel it."""
    off = Choice("button.call_drop", f"/call-cancel {made.call.stamped}", {"call": made.call.reference})
    return (*ways_out(tx, made, now), off)

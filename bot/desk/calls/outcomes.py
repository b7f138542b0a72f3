"""What came of a call, as the staff says: it took place, or nobody came. For a day a wrong tap can be put right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.commands._calls import Booked, over
from bot.commands.base import Refusal
from bot.desk.calls.diary import keep
from bot.desk.calls.words import CallRoom
from bot.desk.hand import Hand
from bot.notice import Key, say
from bot.sla.call import CallState

_PUT_RIGHT_FOR = timedelta(days=1)


def held(hand: Hand, words: CallRoom, booked: Booked, note: str) -> None:
    """It took place; of one that did already only the note is new. A client who read otherwise is told."""
    call = booked.call
    if call.state is not CallState.HELD or not note or note == call.outcome:
        _may_become(hand, booked, CallState.HELD)
    made = keep(hand, hand.tx.calls.change(replace(call, state=CallState.HELD, outcome=note), hand.now), call.state)
    if call.state is CallState.NO_SHOW:
        words.held_after_all(made)


def missed(hand: Hand, words: CallRoom, booked: Booked) -> None:
    """Nobody came, and nothing came of it."""
    call = booked.call
    _may_become(hand, booked, CallState.NO_SHOW)
    gone = replace(call, state=CallState.NO_SHOW, outcome="")
    hand.tx.prompts.drop("call_note", call.reference, hand.now)
    words.missed(keep(hand, hand.tx.calls.change(gone, hand.now), call.state))


def _may_become(hand: Hand, booked: Booked, state: CallState) -> None:
    call = booked.call
    if call.state is state:
        raise Refusal(say("errors.already_done", ref=call.reference))
    if call.state in (CallState.HELD, CallState.NO_SHOW):
        if hand.now >= call.ends_at + _PUT_RIGHT_FOR:
            kept = Key(f"call.state.{call.state.value}")
            raise Refusal(say("errors.call_outcome", call=call.reference, state=kept))
    elif call.state is not CallState.AGREED or call.starts_at > hand.now:
        raise Refusal(over(call, hand.now) or say("errors.call_changed", call=call.reference))

"""`/calls`: the calls still to come; and what their buttons say: confirm, move, cancel, held, missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.commands._arguments import wrong
from bot.commands._calls import Booked, call_line, handed_line, nearest, over, refused, slot_buttons
from bot.commands._lines import some
from bot.commands._wishes import Wish, must_name, wish_in, wished
from bot.commands.base import ANY_ROOM, EVERYBODY, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import Act, At, Key, Say, say
from bot.people import RoomKind
from bot.sla.booking import AHEAD, Refused, Span
from bot.sla.call import CallKind, Side

_WITH_BUTTONS = 3
_KINDS = {"training": CallKind.TRAINING, "on-demand": CallKind.ON_DEMAND}
NO_REASON = "-"
"""What the button says that cancels without a reason."""


def run(call: Call) -> Reply:
    if call.rest:
        raise wrong("errors.extra", call.rest, "calls")
    desk = call.desk.calls()
    coming = desk.coming()
    if not coming:
        return answer(say("call.none"), buttons=_another(call))
    ahead = [booked for booked in coming if over(booked.call, call.now) is None]
    buttons = [button for booked in ahead[:_WITH_BUTTONS] for button in _buttons(call, booked)]
    return answer(*some([_as_read(call, booked) for booked in coming]), buttons=buttons)


def confirm(call: Call, booked: Booked, _: str) -> Reply:
    """`/call-confirm C`, said by a button."""
    verdict = call.desk.calls().confirm(booked)
    if isinstance(verdict, Refused):
        return _elsewhen(call, booked, verdict)
    person = call.actor.person
    # Both sides are told with all that belongs to it; only a colleague of the manager's still needs an answer.
    is_his = person is not None and person.id == verdict.call.person_id
    return _in_absence(call, verdict) if is_his else _told(call, verdict)


def move(call: Call, booked: Booked, words: str) -> Reply:
    """`/call-move C [WHEN] [reason]`: names another time; without one the free ones are offered, and the asker's next
    words are the time.
    """
    return _move(call, booked, wish_in(call, words))


def when(call: Call, booked: Booked, words: str) -> Reply:
    """`/call-time C WHEN [reason]`: the answer to that question, which is asked on until it names a time to be had."""
    wish = wish_in(call, words)
    must_name(wish, words)
    return _move(call, booked, wish)


def _move(call: Call, booked: Booked, wish: Wish) -> Reply:
    desk, talk, ref = call.desk.calls(), booked.talk, booked.call.stamped
    verdict = None if wish.start is None else desk.move(booked, wish.start, wish.words)
    if verdict is not None and not isinstance(verdict, Refused):
        return _told(call, verdict)
    lines = [] if wish.trouble is None else [wish.trouble]
    found: Sequence[Span] = () if verdict is None else verdict.nearest
    if verdict is None:
        found = desk.offer(talk, wish.since, booked, wish.within)
        verdict = None if found or wish.within is None else desk.why_none(talk, wish.within, booked)
        found = found if verdict is None else verdict.nearest
    if verdict is not None:
        lines += [refused(call, verdict, talk, wished(wish)), *nearest(verdict)]
    if not found:
        return answer(*lines, say("call.offer_none", days=AHEAD.days, who=talk.manager.name))
    desk.ask("call_time", ref)
    lines += [] if verdict is not None else [say("call.ask_time", call=booked.call.reference)]
    return answer(*lines, buttons=slot_buttons(call, talk, found, f"call-move {ref}", wish.words))


def hand(call: Call) -> Reply:
    """`/call-hand C KEY`, said by a button: a colleague takes the call at its time."""
    booked, key = _named(call)
    desk = call.desk.calls()
    if booked.is_stale and key != booked.talk.manager.key:
        return _as_it_is(call, booked)
    verdict = desk.hand(booked, key)
    if isinstance(verdict, Refused):
        # The colleague's free times are no times for the call as it is.
        line = refused(call, verdict, desk.instead(booked.talk, key), At(booked.call.starts_at))
        return answer(line, buttons=[_move_button(call, booked)])
    return answer(handed_line(verdict, booked.talk.manager))


def turn(call: Call, booked: Booked, word: str) -> Reply:
    """`/call-kind C training|on-demand`, said by a button: what the call is for."""
    if word not in _KINDS:
        raise Refusal(say("errors.stale_button"))
    each = call.desk.calls().turn(booked, _KINDS[word]).call
    return answer(say("call.turned", call=each.reference, kind=Key(f"call.kind.{each.kind.value}")))


def cancel(call: Call, booked: Booked, reason: str) -> Reply:
    """`/call-cancel C [reason]`. The staff is asked for a reason; of a client none is asked."""
    desk = call.desk.calls()
    if not reason and desk.side is Side.STAFF:
        desk.ask("call_cancel", booked.call.stamped)
        button = call.desk.button("button.call_no_reason", f"/call-cancel {booked.call.stamped} {NO_REASON}")
        return answer(say("call.ask_reason", call=booked.call.reference), buttons=[button])
    desk.cancel(booked, "" if reason == NO_REASON else reason)
    return None if desk.side is Side.CLIENT else answer(_line("call.cancelled.told", booked))


def held(call: Call) -> Reply:
    """`/call-held C [note]`: it took place; without a note the next words are one."""
    booked, note = _named(call)
    desk = call.desk.calls()
    desk.held(booked, note)
    if note:
        return answer(_line("call.outcome.kept", booked))
    desk.ask("call_note", booked.call.stamped)
    return answer(_line("call.outcome.note", booked))


def missed(call: Call) -> Reply:
    """`/call-missed C`: nobody came, and the client is offered another time."""
    booked, _ = _named(call)
    call.desk.calls().missed(booked)
    return answer(_line("call.no_show.told", booked))


def _named(call: Call) -> tuple[Booked, str]:
    word, rest = (*call.rest.split(maxsplit=1), "", "")[:2]
    return call.desk.calls().find(word), rest.strip()


def _as_it_stands(act: Callable[[Call, Booked, str], Reply]) -> Callable[[Call], Reply]:
    """Acts on the call that is named first, with the words after it; a button that stood under another time, or
    another's name, or whose call is not to come any more, shows the call as it is now instead.
    """

    def run(call: Call) -> Reply:
        booked, words = _named(call)
        has_changed = booked.is_stale or over(booked.call, call.now) is not None
        return _as_it_is(call, booked) if has_changed else act(call, booked, words)

    return run


def _as_it_is(call: Call, booked: Booked) -> Reply:
    if (gone := over(booked.call, call.now)) is not None:
        return answer(gone, buttons=_another(call))
    changed = say("errors.call_changed", call=booked.call.reference)
    return answer(changed, _as_read(call, booked), buttons=_buttons(call, booked))


def _as_read(call: Call, booked: Booked) -> Say:
    """The line about a call for whoever is answered; in a room of the team for all who are there."""
    reader = None if call.room.kind is RoomKind.TEAM else call.actor.person
    return call_line(booked, call.desk.calls().side, reader)


def _another(call: Call) -> list[Act]:
    """The way to another call, for a client."""
    may_book = call.desk.calls().side is Side.CLIENT
    return [call.desk.button("button.book_call", "/book-call")] if may_book else []


def _told(call: Call, booked: Booked) -> Reply:
    """What the staff hears of an act that the client has just been told of in his room."""
    return None if call.desk.calls().side is Side.CLIENT else answer(_as_read(call, booked))


def _in_absence(call: Call, booked: Booked) -> Reply:
    """What a manager reads who has agreed to a time at which he is away; nothing where he is there."""
    desk = call.desk.calls()
    if not desk.is_away(booked):
        return None
    ref, other, buttons = booked.call.reference, desk.stand_in(booked), [_move_button(call, booked)]
    if other is not None:
        hand_it = f"/call-hand {booked.call.stamped} {other.key}"
        buttons.append(call.desk.button("button.call_hand", hand_it, call=ref, who=other.name))
    return answer(_as_read(call, booked), say("call.in_absence", call=ref), buttons=buttons)


def _elsewhen(call: Call, booked: Booked, verdict: Refused) -> Reply:
    again = f"call-move {booked.call.stamped}"
    buttons = slot_buttons(call, booked.talk, verdict.nearest, again)
    return answer(refused(call, verdict, booked.talk, At(booked.call.starts_at)), *nearest(verdict), buttons=buttons)


def _buttons(call: Call, booked: Booked) -> list[Act]:
    """What can be done about a call, each button with its name: several stand side by side."""
    desk, each = call.desk.calls(), booked.call
    ref, stamped = each.reference, each.stamped
    found = [_move_button(call, booked), call.desk.button("button.call_drop", f"/call-cancel {stamped}", call=ref)]
    if each.waits_for is desk.side:
        found.insert(0, call.desk.button("button.call_confirm", f"/call-confirm {stamped}", call=ref))
    return found


def _move_button(call: Call, booked: Booked) -> Act:
    each = booked.call
    return call.desk.button("button.call_move", f"/call-move {each.stamped}", call=each.reference)


def _line(key: str, booked: Booked) -> Say:
    return say(key, client=booked.talk.client_name, call=booked.call.reference)


COMMANDS = (
    Command("calls", EVERYBODY, ANY_ROOM, run),
    Command("call-confirm", EVERYBODY, ANY_ROOM, _as_it_stands(confirm), hidden=True),
    Command("call-move", EVERYBODY, ANY_ROOM, _as_it_stands(move), hidden=True),
    Command("call-time", EVERYBODY, ANY_ROOM, _as_it_stands(when), hidden=True),
    Command("call-cancel", EVERYBODY, ANY_ROOM, _as_it_stands(cancel), hidden=True),
    Command("call-hand", STAFF, ANY_ROOM, hand, hidden=True),
    Command("call-held", STAFF, ANY_ROOM, held, hidden=True),
    Command("call-kind", EVERYBODY, ANY_ROOM, _as_it_stands(turn), hidden=True),
    Command("call-missed", STAFF, ANY_ROOM, missed, hidden=True),
)

"""`/away [WHO] STRETCH [NOTE]`: somebody is away, and who answers meanwhile; `/away` alone shows what is known.

The note goes to whoever stands in. A lead may say it for somebody; times are read in the asker's own zone.
"""

from __future__ import annotations

from datetime import datetime

from bot.commands._arguments import example, read_when
from bot.commands._duty import instead_line, leave_line, on_call_instead_line
from bot.commands.base import INTERNAL_ROOMS, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import Act, At, Quote, say
from bot.people import Person
from bot.when import WhenError, split_stretch

_LONGEST_NOTE = 500
_MOST_LINES = 12


def run(call: Call) -> Reply:
    if not call.rest:
        return _known(call)
    desk, asker = call.desk.duty(), _asker(call)
    person, words = asker, call.rest
    try:
        since, until, note = _stretch(call, words, asker.zone)
    except WhenError as error:
        named = desk.somebody(words)
        if named is None or not named[1]:
            raise _wrong(error) from error
        person, words = named
        try:
            since, until, note = _stretch(call, words, asker.zone)
        except WhenError as inner:
            raise _wrong(inner) from inner
    if len(note) > _LONGEST_NOTE:
        raise Refusal(say("errors.too_long", limit=_LONGEST_NOTE))
    made = desk.leave(person, since, until, note)
    lines = [leave_line(made.leave), *map(instead_line, made.instead), *map(on_call_instead_line, made.on_call)]
    back = "/back" if person.id == asker.id else f"/back {person.key}"
    return answer(*lines, buttons=[call.desk.button("button.back", back)] if since <= call.now else [])


def off(call: Call) -> Reply:
    """`/away-off N`, said by a button: that absence is called off, and what joins on to it."""
    if not call.rest.isdecimal():
        raise Refusal(say("errors.stale_button"))
    gone = call.desk.duty().call_off(int(call.rest))
    return answer(say("away.off", who=gone.person.name, since=At(gone.since)))


def _known(call: Call) -> Reply:
    desk = call.desk.duty()
    known = list(desk.known())
    if not known:
        return answer(say("away.none", example=example("away")))
    buttons: list[Act] = []
    for leave in known[:_MOST_LINES]:
        if not desk.may_speak_for(leave.person):
            continue
        name = leave.person.name
        if leave.since <= call.now:
            buttons.append(call.desk.button("button.back_of", f"/back {leave.person.key}", who=name))
        else:
            number = leave.numbers[0]
            buttons.append(call.desk.button("button.away_off", f"/away-off {number}", who=name, since=At(leave.since)))
    return answer(say("away.header"), *(leave_line(leave) for leave in known[:_MOST_LINES]), buttons=buttons[:8])


def _asker(call: Call) -> Person:
    person = call.actor.person
    if person is None:
        raise Refusal(say("errors.not_allowed"))
    return person


def _stretch(call: Call, words: str, zone: str) -> tuple[datetime, datetime | None, str]:
    return read_when(call, lambda locale: split_stretch(words, call.now, zone, locale))


def _wrong(error: WhenError) -> Refusal:
    return Refusal(say(error.reason_key, value=Quote(error.value, 40), example=example("away")))


COMMANDS = (
    Command("away", STAFF, INTERNAL_ROOMS, run),
    Command("away-off", STAFF, INTERNAL_ROOMS, off, hidden=True),
)

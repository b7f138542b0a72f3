"""`/calendar`: the private address at which a member of staff's own calendar finds his calls."""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands.base import STAFF, Call, Command, Reply, answer
from bot.notice import Web, say
from bot.people import RoomKind

_ALONE = frozenset({RoomKind.DIRECT})


def run(call: Call) -> Reply:
    if call.rest:
        raise wrong("errors.extra", call.rest, "calendar")
    return _told(call, renew=False)


def renew(call: Call) -> Reply:
    """`/calendar-renew`, said by a button: another address, and the one before opens nothing any more."""
    return _told(call, renew=True)


def _told(call: Call, *, renew: bool) -> Reply:
    url = call.desk.calls().calendar(renew=renew)
    return answer(
        say("calendar.renewed" if renew else "calendar.address", link=Web(url, url)),
        say("calendar.keep"),
        buttons=[call.desk.button("button.calendar_renew", "/calendar-renew")],
    )


COMMANDS = (
    Command("calendar", STAFF, _ALONE, run),
    Command("calendar-renew", STAFF, _ALONE, renew, hidden=True),
)

"""What a look at a room has to tell beside messages: who is in it, rooms lost or back, and what nobody can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.channels.base import Inbound, InboundKind, News, NewsKind
from bot.channels.slack import news
from bot.channels.slack.read import ACCOUNT, NAME
from bot.channels.slack.words import stamp

LOST = {
    "channel_not_found": "the channel is gone, has another id, or the bot was removed",
    "not_in_channel": "the bot was removed",
    "is_archived": "the channel was archived",
}
"""Refusals that end a room, and what they are called."""

_SEEN_TO_BE_OVER = {*LOST, *LOST.values(), *news.LOST.values()}
"""Reasons for which a room is lost that it cannot have while the bot is a member of it and reads it."""


def lost(room: str, since: datetime, now: datetime, why: str) -> Inbound:
    """A room was lost while nobody listened; its own event may never come any more."""
    told = News(NewsKind.LOST, LOST[why])
    return of_room(room, since, now, f"lost:{room}:{why}:{stamp(since)}", told)


def back(room: str, since: datetime, now: datetime, reason: str) -> Inbound:
    """A room that was lost for `reason` can be read again. Told at once where that proves that the reason is gone, else
    once a day: where reading is allowed and posting is not, it is lost again with the next post.
    """
    once = stamp(since) if reason in _SEEN_TO_BE_OVER else f"{now:%Y%m%d}"
    return of_room(room, since, now, f"back:{room}:{once}", News(NewsKind.BACK))


def cut(rooms: Iterable[str], since: datetime, now: datetime) -> Inbound:
    """What Slack's history does not give back: somebody has to look."""
    named = list(rooms)
    known = f"gap:{stamp(since)}:{','.join(named)}"
    return _gap(since, now, known, f"more was said than could be read in {', '.join(named)}")


def unread(rooms: Mapping[str, str], since: datetime, now: datetime) -> Inbound:
    """Rooms whose history Slack refuses, and why. Told once a day, however often it is asked for."""
    said = ", ".join(f"{room} ({why})" for room, why in rooms.items())
    return _gap(since, now, f"unread:{now:%Y%m%d}:{said}", f"Slack does not give the history of {said}")


def of_room(room: str, since: datetime, now: datetime, known: str, told: News) -> Inbound:
    """What a look has found out about one room; `known` is the same for the same find."""
    return replace(_gap(since, now, known, ""), room=room, kind=InboundKind.ROOM, news=told)


def _gap(since: datetime, now: datetime, known: str, text: str) -> Inbound:
    return Inbound(
        channel=NAME,
        account=ACCOUNT,
        event_id=known,
        room="",
        sender="",
        sender_name="",
        text=text,
        message_id=known,
        at=since,
        received_at=now,
        kind=InboundKind.GAP,
    )

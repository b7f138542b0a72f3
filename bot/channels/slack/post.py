"""Posting a delivery, and finding out whether one arrived: by the mark that every post of ours carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Outbound, Outcome, RetryAfter, Scope, Sent, Unchangeable, Unknown
from bot.channels.slack.api import Api
from bot.channels.slack.verdict import (
    BLOCKS_REFUSED,
    EDIT_REFUSED,
    FAULTS,
    METADATA_REFUSED,
    THREAD_REFUSED,
    code,
    outcome,
    wait,
)
from bot.channels.slack.words import stamp, ts_of
from bot.channels.slack.write import Part, parts
from bot.now import Times

MARK = "pledge_delivery"
_LOOK_BACK = timedelta(days=1)
_CLOCK_OFF = timedelta(hours=1)
"""Our clock may be fast: the mark decides what is ours, and how far back it is looked for is only a bound."""

_PAGE = 100
_UPDATE_TEXT = 4000
_USERS = ("U", "W")
# What chat.postMessage makes of words by itself: nothing.
_AS_IT_STANDS = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


@dataclass(frozen=True, slots=True)
class Found:
    """A post of ours, one of `of` that belong together."""

    ts: str
    of: int


class Posts:
    """One workspace's posts. A message longer than Slack allows is several posts, of which the first gives the id."""

    def __init__(self, api: Api, times: Times) -> None:
        self._api = api
        self._times = times
        self._direct: dict[str, str] = {}

    async def send(self, message: Outbound) -> Outcome:
        pieces = parts(message.body)
        try:
            channel = await self.channel(message.room)
            # A changed answer in a thread is seen by nobody in the channel.
            is_for_all = message.broadcast and thread_of(message, channel) is not None
            if message.edit_of is not None:
                is_changeable = len(pieces) == 1 and not is_for_all
                changed = await self._change(message, channel, pieces[0]) if is_changeable else None
                return changed or (Sent(message.edit_of) if message.buttons_only else Unchangeable())
            return await self._post_all(message, channel, pieces)
        except FAULTS as error:
            return outcome(error)

    async def find(self, message: Outbound, since: datetime) -> Sent | None:
        """The post of this delivery since then, the first of several; None where not all of them are there."""
        channel = await self.channel(message.room)
        if message.edit_of is not None and (ts := ts_of(message.edit_of)) is not None:
            page = await self._api.ask(
                "conversations.replies", channel=channel, ts=ts, latest=ts, inclusive=True, limit=1, **_WITH_MARKS
            )
            if any(each["ts"] == ts and _mark(each).get("oid") == message.oid for each in page["messages"]):
                return Sent(ts)
        found = await self._marked(message, channel, since - _CLOCK_OFF)
        if not found or len(found) < max(post.of for post in found.values()):
            return None
        return Sent(found[min(found)].ts)

    async def channel(self, room: str) -> str:
        """The channel of a room; somebody's direct chat, where the room is a person (`U1`, `T1/U1`), is opened."""
        person = room.rpartition("/")[2]
        if not person.startswith(_USERS):
            return room
        if person not in self._direct:
            self._direct[person] = (await self._api.call("conversations.open", users=person))["channel"]["id"]
        return self._direct[person]

    def note(self, user: object, channel: object) -> None:
        """Remember whose direct chat a channel is, from an event: the bot hears of no direct chat but its own."""
        if isinstance(user, str) and isinstance(channel, str) and channel.startswith("D"):
            self._direct.setdefault(user, channel)

    def known(self, person: str) -> str | None:
        """The direct chat of a person (`T1/U1`), where it is remembered."""
        return self._direct.get(person.rpartition("/")[2])

    async def whisper(self, channel: str, user: str, text: str, thread: str | None) -> None:
        """Say something that only one person in the channel sees. Raises what a call raises."""
        await self._api.call(
            "chat.postEphemeral",
            channel=channel,
            user=user,
            text=text,
            thread_ts=thread,
            link_names=False,
            parse="none",
        )

    async def _change(self, message: Outbound, channel: str, part: Part) -> Outcome | None:
        """Replace our earlier message; None where that one cannot be changed, now or any more, so a new one has to do.
        Where only the buttons change they wait, and nothing waits for them.
        """
        ts = ts_of(message.edit_of)
        if ts is None or len(part.text) > _UPDATE_TEXT:
            return None
        body = {
            "text": part.text,
            "blocks": list(part.blocks),
            "metadata": _metadata(message.oid, 0, 1),
            "link_names": False,
            "parse": "none",
        }
        try:
            answer = await self._api.call("chat.update", channel=channel, ts=ts, **body)
        except FAULTS as error:
            if code(error) in EDIT_REFUSED | BLOCKS_REFUSED:
                return None
            if (seconds := wait(error)) is not None:
                # Edits have a limit of their own, for the whole workspace: posts are taken meanwhile.
                return RetryAfter(seconds, Scope.MESSAGE, throttled=True) if message.buttons_only else None
            raise
        return Sent(str(answer["ts"]))

    async def _post_all(self, message: Outbound, channel: str, pieces: list[Part]) -> Outcome:
        """All parts in order. Of several, those that an earlier attempt has posted are found and left alone."""
        posted: dict[int, Found] = {}
        if len(pieces) > 1:
            try:
                posted = await self._marked(message, channel, self._times.machine() - _LOOK_BACK)
            except FAULTS as error:
                known = outcome(error)
                return RetryAfter(5, Scope.MESSAGE) if isinstance(known, Unknown) else known
        for number, part in enumerate(pieces):
            if number in posted:
                continue
            try:
                ts = await self._post(message, channel, part, number, len(pieces))
            except FAULTS as error:
                return outcome(error)
            posted[number] = Found(ts, len(pieces))
        return Sent(posted[0].ts)

    async def _post(self, message: Outbound, channel: str, part: Part, number: int, of: int) -> str:
        """One post; its timestamp. What Slack surely refused is said once more, without what it refused."""
        body: dict[str, Any] = {
            "channel": channel,
            "text": part.text,
            "blocks": list(part.blocks),
            "thread_ts": thread_of(message, channel),
            "reply_broadcast": True if message.broadcast and thread_of(message, channel) else None,
            "metadata": _metadata(message.oid, number, of),
            **_AS_IT_STANDS,
        }
        while True:  # each of the two refusals takes something out, so there are three turns at most
            try:
                return str((await self._api.call("chat.postMessage", **body))["ts"])
            except FAULTS as error:
                if code(error) in THREAD_REFUSED and body["thread_ts"] is not None:
                    body |= {"thread_ts": None, "reply_broadcast": None}
                elif code(error) in BLOCKS_REFUSED and body["blocks"] is not None:
                    body |= {"blocks": None, "text": part.whole}
                    if code(error) in METADATA_REFUSED:
                        body["metadata"] = None
                else:
                    raise

    async def _marked(self, message: Outbound, channel: str, since: datetime) -> dict[int, Found]:
        """The parts of this delivery that are there, by number, in its thread and in the channel itself.

        In both, because a thread that refuses an answer gets it beside itself.
        """
        found: dict[int, Found] = {}
        oldest = stamp(since)
        thread = thread_of(message, channel)
        if thread is not None:
            try:
                async for each in self._pages("conversations.replies", channel=channel, ts=thread, oldest=oldest):
                    _note(found, each, message.oid)
            except FAULTS as error:
                if code(error) != "thread_not_found":
                    raise
        if not found:
            async for each in self._pages("conversations.history", channel=channel, oldest=oldest):
                _note(found, each, message.oid)
        return found

    async def _pages(self, method: str, **arguments: str) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = await self._api.ask(method, limit=_PAGE, cursor=cursor, **_WITH_MARKS, **arguments)
            for each in page["messages"]:
                yield each
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return


_WITH_MARKS = {"include_all_metadata": True}


def thread_of(message: Outbound, channel: str) -> str | None:
    """The thread to post into: the given one, else below the message answered. In a direct chat, which is a talk of
    two, only a thread that the other one has begun.
    """
    if message.thread is not None:
        return ts_of(message.thread)
    return None if channel.startswith("D") else ts_of(message.reply_to)


def _metadata(oid: str, number: int, of: int) -> dict[str, Any]:
    payload: dict[str, Any] = {"oid": oid}
    if of > 1:
        payload |= {"part": number, "of": of}
    return {"event_type": MARK, "event_payload": payload}


def _mark(message: dict[str, Any]) -> dict[str, Any]:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}) if metadata.get("event_type") == MARK else {}


def _note(found: dict[int, Found], message: dict[str, Any], oid: str) -> None:
    mark = _mark(message)
    if mark.get("oid") == oid:
        found[int(mark.get("part", 0))] = Found(message["ts"], int(mark.get("of", 1)))

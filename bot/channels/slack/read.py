"""Pure: an event of Slack, or a message of a channel's history -> `Inbound`, or None where there is nothing to keep.

What cannot be read becomes UNREADABLE with its payload: never an exception, never a lost event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.channels.base import File, Inbound, InboundKind
from bot.channels.slack import news
from bot.channels.slack.words import NameOf, moment, order, plain_words

NAME = "slack"
ACCOUNT = "default"
REMOVED = "🗑"
"""Stands before the words of a message that its author deleted: the words are kept, the removal is seen."""

Json = Mapping[str, Any]

# What a person said; every other subtype is the platform speaking.
_SAID = frozenset({None, "file_share", "thread_broadcast", "me_message", "bot_message"})
_SERVICE = frozenset(
    f"{kind}_{what}"
    for kind in ("channel", "group")
    for what in ("join", "leave", "topic", "purpose", "name", "archive", "unarchive", "posting_permissions")
) | {
    *("bot_add", "bot_remove", "bot_enable", "bot_disable", "message_replied", "reply_broadcast", "pinned_item"),
    *("unpinned_item", "ekm_access_denied", "reminder_add", "reminder_delete", "sh_room_created", "huddle_thread"),
    *("file_comment", "file_mention", "assistant_app_thread", "channel_canvas_updated", "document_mention"),
    *(
        "joiner_notification",
        "joiner_notification_for_inviter",
        "slackbot_response",
        "tombstone",
        "list_record_comment",
    ),
}
_MEANINGLESS = frozenset({"app_home_opened", "app_installed", "app_requested", "user_change", "team_join"})


@dataclass(frozen=True, slots=True)
class Own:
    """Who the bot is there; empty until Slack has said so."""

    team: str = ""
    user: str = ""
    bot: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs beside the event: ourselves, our time, and what is known of people (by user id)."""

    own: Own
    received_at: datetime
    name_of: NameOf
    team_of: NameOf
    is_guest: Callable[[str], bool] = lambda user: False

    def event(self, envelope: Json, payload: bytes) -> Inbound | None:
        """One event; news without a room are of the account itself."""
        try:
            found = self._event(envelope)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return self.unreadable(payload, f"{type(error).__name__}: {error}", _event_id(envelope))
        return None if found is None else replace(found, payload=payload)

    def history(self, message: Json, channel: str) -> Iterator[Inbound]:
        """A message of a channel's history as it would have come, then its latest edit where it was edited.

        Whatever was heard at the time is recognised by its message id and edit number.
        """
        try:
            if (told := news.of_history({**message, "channel": channel})) is not None:
                yield from self._remembered_news(message, told, channel)
            if message.get("subtype") not in _SAID or self.is_own(message):
                return
            said = self._said({**message, "channel": channel}, f"history:{channel}/{message['ts']}", "")
            yield said
            if "edited" in message:
                seq = order(message["edited"]["ts"])
                at = moment(message["edited"]["ts"])
                yield replace(said, kind=InboundKind.EDIT, edit_seq=seq, at=at, event_id=f"{said.event_id}:{seq}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            text = repr(message).encode()
            yield self.unreadable(text, f"history of {channel}: {type(error).__name__}: {error}")

    def _remembered_news(self, message: Json, told: news.Told, channel: str) -> Iterator[Inbound]:
        """Who may read along; of somebody of whom Slack says nothing only his own event tells. That may have come by
        another id, and the same people are known by then.
        """
        once, at = f"history:{channel}/{message['ts']}", moment(message["ts"])
        found = self._visitor(once, told, message, at) if told.who else self._room(once, told, at)
        if found is not None and found.news is not None and found.news.certain:
            yield found

    def unreadable(self, payload: bytes, reason: str, event_id: str = "") -> Inbound:
        """The same payload gives the same event id, so that a repetition is recognised."""
        known = event_id or f"unreadable:{hashlib.sha256(payload).hexdigest()}"
        return Inbound(
            channel=NAME,
            account=ACCOUNT,
            event_id=known,
            room="",
            sender="",
            sender_name="",
            text=reason,
            message_id=known,
            at=self.received_at,
            received_at=self.received_at,
            kind=InboundKind.UNREADABLE,
            payload=payload,
        )

    def is_own(self, event: Json, app: str = "", me: str = "") -> bool:
        """Whether we posted it ourselves."""
        return bool(
            (me and event.get("user") == me)
            or (self.own.user and event.get("user") == self.own.user)
            or (self.own.bot and event.get("bot_id") == self.own.bot)
            or (app and event.get("bot_id") and event.get("app_id") == app)
        )

    def _event(self, envelope: Json) -> Inbound | None:
        event, event_id = envelope["event"], str(envelope["event_id"])
        kind, me = event["type"], self._me(envelope)
        if kind in ("message", "app_mention"):
            return self._message(envelope, event, event_id, me)
        if kind in _MEANINGLESS or kind.startswith("shared_channel_invite_"):
            return None
        told = news.read(event, me)
        if told is None:
            raise ValueError(f"unknown event {kind!r}")
        if told is news.NOTHING:
            return None
        at = moment(event["event_ts"]) if "event_ts" in event else moment(f"{envelope['event_time']}.000000")
        return self._visitor(event_id, told, event, at) if told.who else self._room(event_id, told, at)

    def _visitor(self, event_id: str, told: news.Told, event: Json, at: datetime) -> Inbound | None:
        """Somebody came or left: news unless Slack has told us that it is a colleague."""
        user, known = told.who, self.team_of(told.who)
        team = known or str(event.get("team") or self.own.team or "?")
        is_foreign = bool(self.own.team and team not in ("?", self.own.team))
        if known and not is_foreign and not self.is_guest(user):
            return None
        who = f"{team}/{user}"
        news = replace(
            told.news,
            detail=f"{self.name_of(user) or user} ({who})",
            circle=f"{team}/" if is_foreign else "",
            certain=bool(known) or is_foreign,
        )
        return replace(self._room(event_id, replace(told, news=news), at), sender=who)

    def _message(self, envelope: Json, event: Json, event_id: str, me: str) -> Inbound | None:
        app, subtype = str(envelope.get("api_app_id", "")), event.get("subtype")
        if subtype == "message_changed":
            return self._changed(event, event_id, app, me)
        if subtype == "message_deleted":
            return self._removed(event, event_id, app, me)
        told = news.of_subtype(event)
        if told is not None:
            return self._room(event_id, told, moment(event["ts"]))
        if subtype in _SERVICE or event.get("hidden"):
            return None
        if subtype not in _SAID:
            raise ValueError(f"unknown message subtype {subtype!r}")
        return None if self.is_own(event, app, me) else self._said(event, event_id, me)

    def _room(self, event_id: str, told: news.Told, at: datetime) -> Inbound:
        return Inbound(
            channel=NAME,
            account=ACCOUNT,
            event_id=event_id,
            room=told.room,
            sender="",
            sender_name="",
            text="",
            message_id=event_id,
            at=at,
            received_at=self.received_at,
            kind=InboundKind.ROOM,
            room_name=told.name,
            news=told.news,
        )

    def _said(self, event: Json, event_id: str, me: str) -> Inbound:
        channel, ts, thread = event["channel"], event["ts"], event.get("thread_ts")
        in_thread = thread is not None and thread != ts
        user = str(event.get("user") or "")
        direct = event.get("channel_type") == "im" or channel.startswith("D")
        return Inbound(
            channel=NAME,
            account=ACCOUNT,
            event_id=event_id,
            room=channel,
            sender=self._sender(event),
            sender_name=self._name(event) or str(event.get("username") or user),
            text=self._words(event, me),
            message_id=ts,
            at=moment(ts),
            received_at=self.received_at,
            thread=thread if in_thread else None,
            reply_to=thread if in_thread else None,
            files=tuple(_file(each) for each in event.get("files") or ()),
            automatic=bool(event.get("bot_id")) or event.get("subtype") == "bot_message" or user == "USLACKBOT",
            bare_commands=direct,
            me=self.own.name,
            direct=direct,
        )

    def _changed(self, event: Json, event_id: str, app: str, me: str) -> Inbound | None:
        """A real edit; an unfurled link, a pin or a new reply fire the same event with an equal text."""
        message, before = event["message"], event.get("previous_message") or {}
        if message.get("subtype") == "tombstone":
            return self._removed(event, event_id, app, me)
        if message.get("text") == before.get("text") or self.is_own(message, app, me):
            return None
        edited = (message.get("edited") or {}).get("ts") or event.get("event_ts") or event["ts"]
        said = self._said(_placed(message, event), event_id, me)
        return replace(said, kind=InboundKind.EDIT, edit_seq=order(edited), at=moment(edited))

    def _removed(self, event: Json, event_id: str, app: str, me: str) -> Inbound | None:
        """A deleted message is an edit that marks its words: what was said stays what was said."""
        before = event.get("previous_message")
        if not before or before.get("subtype") not in _SAID or self.is_own(before, app, me):
            return None
        ts = event.get("event_ts") or event["ts"]
        said = self._said(_placed(before, event), event_id, me)
        return replace(
            said, kind=InboundKind.EDIT, edit_seq=order(ts), at=moment(ts), text=f"{REMOVED} {said.text}".strip()
        )

    def _words(self, event: Json, me: str) -> str:
        """The text and, quoted, what a forwarded message says, so that it is never taken for a command."""
        shared = [str(each.get("text") or "") for each in event.get("attachments") or () if each.get("is_share")]
        quoted = [f"&gt; {line}" for text in shared for line in text.splitlines()]
        text = "\n".join((*filter(None, (event.get("text"),)), *quoted))
        return plain_words(text, self.name_of, me or self.own.user, self.own.name or "pledge")

    def _sender(self, event: Json) -> str:
        """`team/user`. Where no team is given and none is known it is an outsider's: `?` is nobody's team."""
        user = event.get("user")
        if not user:
            return f"bot/{event.get('bot_id') or event.get('username') or '?'}"
        team = event.get("user_team") or event.get("team") or event.get("source_team") or self.team_of(user) or "?"
        return f"{team}/{user}"

    def _name(self, event: Json) -> str:
        """The name by which Slack knows the user id, unless it knows it as that of another workspace's member."""
        user = str(event.get("user") or "")
        known = self.team_of(user)
        return "" if known and self._sender(event) != f"{known}/{user}" else self.name_of(user)

    def _me(self, envelope: Json) -> str:
        """Our own user id: the installation the event is for says it, also before we could ask."""
        for each in envelope.get("authorizations") or ():
            if each.get("is_bot") and each.get("user_id"):
                return str(each["user_id"])
        return self.own.user


def _placed(message: Json, event: Json) -> dict[str, Any]:
    """A message inside another event, with the channel that only the outer one names."""
    return {**message, "channel": event["channel"], "channel_type": event.get("channel_type")}


def _file(data: Json) -> File:
    """Of files of other workspaces only the id is told (`check_file_info`); the rest is asked when it is fetched."""
    name = data.get("name") or data.get("title") or data["id"]
    return File(str(name), str(data.get("mimetype") or ""), int(data.get("size") or 0), str(data["id"]))


def _event_id(envelope: object) -> str:
    return str(envelope.get("event_id") or "") if isinstance(envelope, dict) else ""

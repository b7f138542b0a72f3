"""Pure: what an update means for the core. It knows updates as the plain values they come as, and trusts none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Inbound, InboundKind, News, NewsKind
from bot.channels.telegram.content import files_of, is_report, kinds_of, words_of
from bot.channels.telegram.fields import WRONG, Odd, if_read, is_somebody, name_of, number_in, title_of, word_in
from bot.channels.telegram.keys import message_key

CHANNEL = "telegram"
ACCOUNT = "default"
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "business_connection")
"""The updates asked for. Not among them: a channel's posts, and messages of somebody's business account, which were
never meant for us; should they come by an older setting, they are passed over. Whoever makes us the assistant of such
an account is told that we are none.
"""

_START = re.compile(r"/start(?P<bot>@\w+)?(?:\s+(?P<code>\S.*))?", re.IGNORECASE | re.DOTALL)
_NAMED = re.compile(r"(?:/[^\W\d_][\w-]*)?@(\w+bot)(?!\w)", re.IGNORECASE)
_CAN_POST = {"creator": True, "administrator": True, "member": True, "left": False, "kicked": False}


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself; `username` without @, empty until the platform has told it."""

    bot_id: str
    username: str = ""


def read(update: Any, me: Me, received_at: datetime, payload: bytes) -> Inbound | None:
    """The event an update tells of; None: nothing that concerns us. Never raises: what it cannot read is UNREADABLE.

    `received_at` is business time; `payload` the update as it came.
    """
    try:
        event_id = f"{me.bot_id}:{number_in(update, 'update_id')}"
    except WRONG:
        return unreadable(me, received_at, payload, "an update without an id")
    try:
        base = blank(event_id, me, received_at, payload)
        if "message" in update:
            return _message(base, update["message"])
        if "edited_message" in update:
            return _edit(base, update["edited_message"])
        if "callback_query" in update:
            return _press(base, update["callback_query"])
        if "my_chat_member" in update:
            return _membership(base, update["my_chat_member"])
        if "business_connection" in update:
            return _assistance(base, update["business_connection"])
        return None
    except WRONG as error:
        # The error's own words could quote a person's.
        reason = str(error) if isinstance(error, Odd) else f"{type(error).__name__} while reading it"
        strange = unreadable(me, received_at, payload, reason, event_id)
        if "message" in update:
            return _whose(strange, update["message"])
        return replace(strange, room=if_read(lambda: _place(update)) or "", automatic=True)


def bot_named(update: Any) -> str | None:
    """Which bot a message is said to, by the name it begins with; None where it names none."""
    found = if_read(lambda: _NAMED.match(words_of(update["message"]).lstrip()))
    return None if found is None else found[1]


def unreadable(me: Me, received_at: datetime, payload: bytes, reason: str, event_id: str = "") -> Inbound:
    """An event for a human to look at; without an id of its own it is known by its bytes."""
    event_id = event_id or f"{me.bot_id}:bytes:{hashlib.sha256(payload).hexdigest()[:32]}"
    return replace(blank(event_id, me, received_at, payload), kind=InboundKind.UNREADABLE, text=reason)


def _whose(strange: Inbound, message: Any) -> Inbound:
    """With whose words it is, where that can be read, so that somebody answers him; bots are not talked to."""
    said = if_read(lambda: _said(strange, message))
    if said is None:
        # Somebody has said something there all the same.
        return replace(strange, room=if_read(lambda: _place({"message": message})) or "", unattributed=True)
    return strange if said.automatic else said


def _place(update: Mapping[str, Any]) -> str:
    """Where something has happened, whatever it was."""
    event = (
        update["callback_query"]["message"]
        if "callback_query" in update
        else next(update[name] for name in UPDATES if name in update)
    )
    return str(number_in(event["chat"], "id"))


def blank(event_id: str, me: Me, received_at: datetime, payload: bytes) -> Inbound:
    """An event that says nothing yet, of no room and of nobody."""
    return Inbound(
        channel=CHANNEL,
        account=ACCOUNT,
        event_id=event_id,
        room="",
        sender="",
        sender_name="",
        text="",
        message_id=event_id,
        at=received_at,
        received_at=received_at,
        me=me.username,
        payload=payload,
    )


def _message(base: Inbound, message: Mapping[str, Any]) -> Inbound | None:
    chat = message["chat"]
    room = str(number_in(chat, "id"))
    if "migrate_to_chat_id" in message:
        return _news(base, message, room, NewsKind.MOVED, str(number_in(message, "migrate_to_chat_id")))
    if "migrate_from_chat_id" in message:
        return _news(base, message, str(number_in(message, "migrate_from_chat_id")), NewsKind.MOVED, room)
    if "new_chat_title" in message:
        return _news(base, message, room, NewsKind.RENAMED, word_in(message, "new_chat_title"))
    if "forum_topic_reopened" in message or "general_forum_topic_unhidden" in message:
        # A closed topic loses no room, its messages go to the general one; a closed general topic does.
        return _news(base, message, room, NewsKind.BACK)
    if chat.get("type") == "channel" or is_report(message):
        return None
    text, files = words_of(message), files_of(message)
    said = _said(base, message)
    if not text and not files:
        reason = f"a message of a kind this version does not know: {kinds_of(message)}"[:300]
        return _whose(replace(base, kind=InboundKind.UNREADABLE, text=reason), message)
    return replace(said, text=_started(text, direct=said.direct), files=files, gesture="sticker" in message)


def _edit(base: Inbound, message: Mapping[str, Any]) -> Inbound | None:
    text, files = words_of(message), files_of(message)
    if message["chat"]["type"] == "channel" or "location" in message or not (text or files):
        return None
    at = _dated(base, message, "edit_date" if "edit_date" in message else "date")
    # Two edits can fall into one second; ids of updates grow, so that the later one also counts as later.
    number = max(1, int(at.timestamp())) * 1_000_000 + int(base.event_id.rpartition(":")[2]) % 1_000_000
    said = _said(base, message)
    # A code stays a secret, whenever it is written.
    text = _started(text, direct=False)
    return replace(said, kind=InboundKind.EDIT, edit_seq=number, at=at, text=text, files=files)


def _said(base: Inbound, message: Mapping[str, Any]) -> Inbound:
    """Who said it, where, when and to what; the words are left to the caller.

    Room and sender must be readable. What else is odd is left out: nobody's words shall be lost for what stands around
    them.
    """
    chat = message["chat"]
    # Behind every group that speaks for its administrators, and every channel, stands the same account of the platform.
    sender = next((who for name in ("sender_chat", "from") if is_somebody(who := message.get(name))), None)
    if sender is None:
        raise Odd("nobody is named who said it")
    return replace(
        base,
        room=str(number_in(chat, "id")),
        room_name=title_of(chat),
        sender=str(number_in(sender, "id")),
        sender_name=name_of(sender),
        message_id=if_read(lambda: message_key(chat["id"], number_in(message, "message_id"))) or base.message_id,
        at=_dated(base, message),
        thread=if_read(lambda: _topic(message)),
        topic=chat.get("is_forum") is True or message.get("is_topic_message") is True,
        reply_to=if_read(lambda: _answered(message)),
        album=if_read(lambda: word_in(message, "media_group_id")),
        automatic="via_bot" in message or sender.get("is_bot") is True,
        unattributed=message.get("sender_chat") is not None or "forward_origin" in message,
        direct=chat.get("type") == "private",
        bare_commands=chat.get("type") == "private",
    )


def _press(base: Inbound, query: Mapping[str, Any]) -> Inbound | None:
    message = query.get("message")
    if message is None or "data" not in query:
        return None
    chat, sender = message["chat"], query["from"]
    return replace(
        base,
        kind=InboundKind.PRESS,
        room=str(number_in(chat, "id")),
        room_name=title_of(chat),
        sender=str(number_in(sender, "id")),
        sender_name=name_of(sender),
        message_id=f"{chat['id']}/press/{word_in(query, 'id')}",
        action=word_in(query, "data"),
        reply_to=message_key(chat["id"], number_in(message, "message_id")),
        thread=_topic(message),
        topic=chat.get("is_forum") is True,
        automatic=sender.get("is_bot") is True,
        direct=chat["type"] == "private",
        bare_commands=chat["type"] == "private",
    )


def _membership(base: Inbound, change: Mapping[str, Any]) -> Inbound | None:
    """What we may do in a chat has changed; only whether we may post there is news.

    That we may is news also where we might before: a member whom the group as a whole had muted may speak as its
    administrator.
    """
    chat, new = change["chat"], change["new_chat_member"]
    can_post = _can_post(new)
    if chat["type"] == "channel" or (not can_post and not _can_post(change["old_chat_member"])):
        return None
    detail = "" if can_post else "blocked" if chat["type"] == "private" else word_in(new, "status")
    room = str(number_in(chat, "id"))
    return _news(base, change, room, NewsKind.BACK if can_post else NewsKind.LOST, detail)


def _assistance(base: Inbound, connection: Mapping[str, Any]) -> Inbound | None:
    """Somebody has made us the assistant of his business account, or has changed his mind."""
    if connection["is_enabled"] is not True:
        return None
    chat = {"id": connection["user_chat_id"], "type": "private"}
    event = {"from": connection["user"], "date": connection["date"], "chat": chat}
    return _news(base, event, str(number_in(chat, "id")), NewsKind.DELEGATED)


def _can_post(member: Mapping[str, Any]) -> bool:
    known = _CAN_POST.get(word_in(member, "status"))
    if known is None:
        return member.get("is_member") is True and member.get("can_send_messages") is True
    return known


def _news(base: Inbound, event: Mapping[str, Any], room: str, kind: NewsKind, detail: str = "") -> Inbound:
    sender = event.get("from") or {}
    return replace(
        base,
        kind=InboundKind.ROOM,
        room=room,
        room_name=title_of(event["chat"]),
        sender=str(sender.get("id", "")),
        sender_name=name_of(sender),
        at=_dated(base, event),
        direct=event["chat"]["type"] == "private",
        news=News(kind, detail),
    )


def _started(text: str, *, direct: bool) -> str:
    """What a person says by the platform's own way of beginning with a bot: the code of a link, or "help"."""
    start = _START.fullmatch(text.strip())
    if start is None:
        return text
    if start["code"]:
        return f"/link{start['bot'] or ''} {start['code']}"
    return f"/help{start['bot'] or ''}" if direct else text


def _topic(message: Mapping[str, Any]) -> str | None:
    """The forum topic. Elsewhere the same field numbers chains of replies, to which nothing can be sent."""
    return str(number_in(message, "message_thread_id")) if message.get("is_topic_message") is True else None


def _answered(message: Mapping[str, Any]) -> str | None:
    answered = message.get("reply_to_message")
    # Every message in a topic "answers" the one that has opened it.
    if answered is None or "forum_topic_created" in answered:
        return None
    return message_key(number_in(answered["chat"], "id"), number_in(answered, "message_id"))


def _dated(base: Inbound, event: Mapping[str, Any], name: str = "date") -> datetime:
    """The platform's time; ours where it gives none that can be read."""
    return if_read(lambda: datetime.fromtimestamp(number_in(event, name), UTC)) or base.at

"""Pure: what a message holds: words and files of a person, or a report of the platform itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.base import File

# Kind -> media type and name where the platform tells none. An animation comes as a document as well.
_FILES = {
    "animation": ("video/mp4", "animation.mp4"),
    "document": ("application/octet-stream", "document"),
    "video": ("video/mp4", "video.mp4"),
    "audio": ("audio/mpeg", "audio.mp3"),
    "voice": ("audio/ogg", "voice.ogg"),
    "video_note": ("video/mp4", "video.mp4"),
    "live_photo": ("video/mp4", "live.mp4"),
    "sticker": ("image/webp", "sticker.webp"),
}

# Messages by which the platform itself reports something that is nobody's word.
_REPORTS = frozenset(
    [
        "new_chat_members",
        "left_chat_member",
        "chat_owner_left",
        "chat_owner_changed",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "pinned_message",
        "invoice",
        "successful_payment",
        "refunded_payment",
        "users_shared",
        "chat_shared",
        "gift",
        "unique_gift",
        "gift_upgrade_sent",
        "connected_website",
        "write_access_allowed",
        "passport_data",
        "proximity_alert_triggered",
        "boost_added",
        "chat_background_set",
        "checklist_tasks_done",
        "checklist_tasks_added",
        "direct_message_price_changed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "general_forum_topic_hidden",
        "giveaway_created",
        "giveaway",
        "giveaway_winners",
        "giveaway_completed",
        "managed_bot_created",
        "paid_message_price_changed",
        "poll_option_added",
        "poll_option_deleted",
        "suggested_post_approved",
        "suggested_post_approval_failed",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
        "web_app_data",
    ]
)
# What stands around the words of a message.
_ENVELOPE = frozenset(
    [
        "message_id",
        "message_thread_id",
        "from",
        "sender_chat",
        "sender_boost_count",
        "sender_tag",
        "date",
        "chat",
        "is_topic_message",
        "reply_to_message",
        "external_reply",
        "quote",
        "has_protected_content",
        "is_from_offline",
        "author_signature",
    ]
)


def words_of(message: Mapping[str, Any]) -> str:
    """Text or caption; else what the message says in another form, without words of our own. TypeError: no text."""
    for name in ("text", "caption"):
        if name in message:
            text = message[name]
            if type(text) is not str:
                raise TypeError(name)
            return text
    for name, say in _SAYS.items():
        if name in message:
            return say(message[name])
    return ""


def files_of(message: Mapping[str, Any]) -> tuple[File, ...]:
    """Metadata only; of a photo its largest size."""
    if photo := message.get("photo"):
        largest = max(photo, key=lambda size: size.get("file_size") or size.get("width") or 0)
        return (_file(largest, "image/jpeg", "photo.jpg"),)
    for name, (media_type, file_name) in _FILES.items():
        if name in message:
            return (_file(message[name], media_type, file_name),)
    return ()


def is_report(message: Mapping[str, Any]) -> bool:
    """Nobody said it: the platform reports something that changes nothing for us."""
    return not message.keys().isdisjoint(_REPORTS)


def kinds_of(message: Mapping[str, Any]) -> str:
    """The names of what a message holds, without a word of what stands in it."""
    return ", ".join(sorted(message.keys() - _ENVELOPE)) or "nothing"


def _file(data: Mapping[str, Any], media_type: str, name: str) -> File:
    return File(
        name=str(data.get("file_name") or name)[:200],
        media_type=str(data.get("mime_type") or media_type)[:100],
        size=int(data.get("file_size") or 0),
        handle=str(data["file_id"]),
    )


def _lines(*parts: object) -> str:
    return "\n".join(str(part) for part in parts if part)


def _contact(contact: Mapping[str, Any]) -> str:
    name = " ".join(str(contact[part]) for part in ("first_name", "last_name") if contact.get(part))
    return _lines(name, contact["phone_number"])


def _place(place: Mapping[str, Any]) -> str:
    return f"{place['latitude']}, {place['longitude']}"


def _venue(venue: Mapping[str, Any]) -> str:
    return _lines(venue["title"], venue["address"], _place(venue["location"]))


def _poll(poll: Mapping[str, Any]) -> str:
    return _lines(poll["question"], *(f"• {option['text']}" for option in poll["options"]))


def _checklist(checklist: Mapping[str, Any]) -> str:
    return _lines(checklist["title"], *(f"• {task['text']}" for task in checklist["tasks"]))


def _sticker(sticker: Mapping[str, Any]) -> str:
    return str(sticker.get("emoji") or "")


def _dice(dice: Mapping[str, Any]) -> str:
    return f"{dice['emoji']} {dice['value']}"


def _game(game: Mapping[str, Any]) -> str:
    return str(game["title"])


# A venue comes with a location beside it.
_SAYS = {
    "venue": _venue,
    "location": _place,
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "sticker": _sticker,
    "dice": _dice,
    "game": _game,
}

"""Pure: what a failed call means for a delivery, and what may be left out of it to be sent once more.

The platform's texts are matched without case; they are its only way to tell refusals apart.
"""

from __future__ import annotations

from enum import Enum

from bot.channels.base import Moved, Outcome, Permanent, RetryAfter, Scope, Unknown
from bot.channels.telegram.api import CallFailed, Fault

_PAUSE_S = 2.0
"""The rest of the account after the platform could not be reached; the delivery's own waits grow from there."""

# The room, not the message: nothing else will get there either.
_ROOM_GONE = (
    "chat not found",
    "not enough rights",
    "have no rights to send",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "need administrator rights",
    "topic_closed",
    "topic_deleted",
    "bot was kicked",
    "bot is not a member",
    "user is deactivated",
    "user_is_blocked",
    "group chat was deactivated",
    "peer_id_invalid",
)


class Remedy(Enum):
    """What a post is tried without, once, because of what was refused: it was surely not accepted."""

    THREAD = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
    ENTITIES = ("can't parse entities", "can't parse messageentity", "entity_", "entities_too_long")
    REPLY = ("message to be replied not found", "replied message not found", "reply_message_id_invalid")


_UNCHANGED = ("message is not modified",)
_NOT_EDITABLE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message_author_required",
    "message_edit_time_expired",
)
_TOO_OLD = ("query is too old", "query_id_invalid", "query id is invalid")


def remedy_for(failed: CallFailed) -> Remedy | None:
    """What to leave out of a post, where that may help."""
    return next((remedy for remedy in Remedy if _says(failed, remedy.value)), None)


def is_unchanged(failed: CallFailed) -> bool:
    """The edit was made before: done."""
    return _says(failed, _UNCHANGED)


def is_not_editable(failed: CallFailed) -> bool:
    """That message is gone or fixed for ever: what it was to say must be posted anew."""
    return _says(failed, _NOT_EDITABLE)


def is_too_late(failed: CallFailed) -> bool:
    """A press that is answered already, or so old that nobody waits for the answer: done."""
    return _says(failed, _TOO_OLD)


def outcome_of(failed: CallFailed) -> Outcome:
    """What the delivery is told of a post that failed."""
    match failed.fault:
        case Fault.THROTTLED:
            return RetryAfter(failed.seconds, Scope.ROOM, throttled=True)
        case Fault.MOVED:
            return Moved(failed.room)
        case Fault.FORBIDDEN:
            return Permanent(failed.reason, Scope.ROOM)
        case Fault.TOKEN | Fault.CONFLICT:
            return Permanent(failed.reason, Scope.ACCOUNT)
        case Fault.REFUSED:
            return Permanent(failed.reason, Scope.ROOM if _says(failed, _ROOM_GONE) else Scope.MESSAGE)
        case Fault.UNREACHED:
            return RetryAfter(_PAUSE_S, Scope.ACCOUNT)
        case Fault.UNCLEAR:
            return Unknown(failed.reason)


def outcome_of_buttons(failed: CallFailed) -> Outcome:
    """As of a post, but for doubt: buttons that are changed once more are the same."""
    if failed.fault is Fault.UNCLEAR:
        return RetryAfter(_PAUSE_S, Scope.ROOM)
    return outcome_of(failed)


def _says(failed: CallFailed, texts: tuple[str, ...]) -> bool:
    reason = failed.reason.casefold()
    return failed.fault is Fault.REFUSED and any(text in reason for text in texts)

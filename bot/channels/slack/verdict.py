"""What the answer of Slack, or the lack of one, means for a delivery; after Slack's list of error codes."""

from __future__ import annotations

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.channels.base import Outcome, Permanent, RetryAfter, Scope, Unknown

FAULTS = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, AttributeError)
"""What a call raises for what Slack or the network did; slack_sdk answers a 200 of plain text with AttributeError."""


class Throttled(SlackClientError):
    """A call that was not made, because Slack has asked for a pause that is not over."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(f"{method}: Slack has asked for a pause")
        self.seconds = seconds


THREAD_REFUSED = frozenset(
    {
        *("cannot_reply_to_message", "thread_not_found"),
        *("restricted_action_thread_locked", "restricted_action_non_threadable_channel"),
    }
)
"""Surely not posted: to be said outside the thread."""

METADATA_REFUSED = frozenset({"metadata_too_large", "invalid_metadata_format"})
"""Surely not posted: to be said once more as plain text that bears no mark."""

BLOCKS_REFUSED = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"} | METADATA_REFUSED
)
"""Surely not posted, by a defect of ours: to be said once more as plain text."""

EDIT_REFUSED = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
"""This message cannot be changed (any more): to be posted anew."""

_PASSING = frozenset(
    {
        *("service_unavailable", "request_timeout", "team_added_to_org", "org_login_required"),
        *("external_channel_migrating", "message_limit_exceeded"),
    }
)
_THROTTLED = frozenset({"ratelimited", "rate_limited"})
_UNCLEAR = frozenset({"fatal_error", "internal_error"})
_ROOM_GONE = frozenset(
    {
        *(
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "restricted_action_read_only_channel",
        ),
        *("restricted_action_thread_only_channel", "no_permission", "ekm_access_denied", "access_denied"),
        *("user_not_found", "user_disabled", "cannot_dm_bot", "user_not_visible"),
    }
)
_ACCOUNT_GONE = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
        *("not_allowed_token_type", "team_access_not_granted", "two_factor_setup_required"),
    }
)
_SOON_S = 5.0
_THROTTLED_S = 30.0


def outcome(error: BaseException) -> Outcome:
    """What became of a call that raised one of `FAULTS`; Unknown wherever it may have been carried out.

    Checked from the surest to the vaguest: what Slack said, what never left us, everything else.
    """
    if isinstance(error, Throttled):
        return RetryAfter(error.seconds, Scope.ROOM, throttled=True)
    if isinstance(error, SlackApiError):
        return _answered(error)
    # Neither a connection nor a byte of the request: ClientConnectorError before its parent ClientOSError.
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return RetryAfter(_SOON_S, Scope.MESSAGE)
    return Unknown(type(error).__name__)


def code(error: BaseException) -> str:
    """Slack's own error code; "" where it gave none."""
    data = getattr(getattr(error, "response", None), "data", None)
    found = data.get("error") if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""


def is_of_account(code: str) -> bool:
    """Whether a refusal with this code is one of every room; a scope may be missing for some of them."""
    return code in _ACCOUNT_GONE and code != "missing_scope"


def is_passing(code: str) -> bool:
    """Whether the same call may be taken a little later."""
    return code in _PASSING | _UNCLEAR


def wait(error: BaseException) -> float | None:
    """For how many seconds Slack asked us to be quiet; None where it did not."""
    if isinstance(error, Throttled):
        return error.seconds
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) != 429 and code(error) not in _THROTTLED:
        return None
    return _retry_after(response)


def _answered(error: SlackApiError) -> Outcome:
    seconds = wait(error)
    if seconds is not None:
        return RetryAfter(seconds, Scope.ROOM, throttled=True)
    if getattr(error.response, "status_code", None) != 200:
        return Unknown(f"HTTP {getattr(error.response, 'status_code', 'with an unreadable body')}")
    said = code(error)
    if not said or said in _UNCLEAR:
        return Unknown(said or "an answer that says nothing")
    if said in _PASSING:
        return RetryAfter(_SOON_S, Scope.ROOM if said == "external_channel_migrating" else Scope.MESSAGE)
    if said in _ROOM_GONE:
        return Permanent(said, Scope.ROOM)
    if said in _ACCOUNT_GONE:
        return Permanent(said, Scope.ACCOUNT)
    return Permanent(said, Scope.MESSAGE)


def _retry_after(response: Any) -> float:
    headers = getattr(response, "headers", None) or {}
    for name, value in headers.items():
        if name.lower() == "retry-after" and str(value).isdecimal():
            return float(value)
    return _THROTTLED_S

"""Pure: what an event says of a room itself: archived, renamed, shared, moved, or that the bot may no longer post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.base import News, NewsKind

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """`room` is empty where the account itself is meant."""

    room: str
    news: News
    name: str = ""
    who: str = ""
    """The user id of somebody who came or left."""


NOTHING = Told("", News(NewsKind.BACK))
"""An event that we know and that changes nothing for us."""

EVERYBODY = "everybody in the workspace"
"""Who reads a room that was made public."""

LOST = {"archive": "the channel was archived", "deleted": "the channel was deleted", "left": "the bot was removed"}
HEARD = (
    *("app_uninstalled", "tokens_revoked", "member_joined_channel", "member_left_channel", "channel_id_changed"),
    *("channel_archive", "channel_deleted", "channel_left", "channel_rename", "channel_shared", "channel_unarchive"),
    *("channel_unshared", "group_archive", "group_deleted", "group_left", "group_rename", "group_unarchive"),
)
"""What the app has to subscribe to for all of this; the manifest names them too, and a test compares."""

# Older names of the same events, for private channels and direct ones.
_PREFIXES = ("channel_", "group_", "im_", "mpim_")
_IGNORED = frozenset(
    {
        *("channel_created", "channel_history_changed", "group_history_changed", "channel_open", "channel_close"),
        *("group_open", "group_close", "im_created", "im_open", "im_close", "im_history_changed", "mpim_open"),
        *("mpim_close", "channel_joined", "group_joined", "channel_posting_permissions"),
    }
)


def read(event: Json, me: str) -> Told | None:
    """None: no event that we know. `me` is the bot's user id."""
    kind = event["type"]
    if kind in _IGNORED:
        return NOTHING
    if kind in ("member_joined_channel", "member_left_channel"):
        return _member(event, me)
    if kind == "tokens_revoked":
        bots = (event.get("tokens") or {}).get("bot") or ()
        is_ours = bool(bots) and (not me or me in bots)
        return _everywhere("the bot's token was revoked") if is_ours else NOTHING
    if kind == "app_uninstalled":
        return _everywhere("the app was uninstalled")
    if kind == "channel_id_changed":
        return Told(event["old_channel_id"], News(NewsKind.MOVED, event["new_channel_id"]))
    prefix = next((each for each in _PREFIXES if kind.startswith(each)), None)
    return None if prefix is None else _channel(event, kind.removeprefix(prefix))


def of_subtype(event: Json) -> Told | None:
    """News that come as a message of the platform only."""
    match event.get("subtype"):
        case "channel_convert_to_public":
            return Told(event["channel"], News(NewsKind.OPENED, EVERYBODY))
        case "channel_convert_to_private":
            return Told(event["channel"], News(NewsKind.CLOSED, EVERYBODY))
        case _:
            return None


def of_history(message: Json) -> Told | None:
    """News that stand in a room's history: who may read it now, of whom nobody may have told."""
    user = message.get("user")
    match message.get("subtype"):
        case "channel_join" | "group_join" if isinstance(user, str):
            return Told(message["channel"], News(NewsKind.JOINED), who=user)
        case "channel_leave" | "group_leave" if isinstance(user, str):
            return Told(message["channel"], News(NewsKind.PARTED), who=user)
        case _:
            return of_subtype(message)


def workspace(team: object) -> str:
    """What the people of another workspace are called, where a room is shared with all of it."""
    return f"workspace {team or '?'}"


def _channel(event: Json, what: str) -> Told | None:
    channel = event.get("channel")
    room, name = (channel["id"], channel.get("name", "")) if isinstance(channel, Mapping) else (channel, "")
    if not isinstance(room, str):
        return None
    match what:
        case "archive" | "deleted" | "left":
            return Told(room, News(NewsKind.LOST, LOST[what]), name)
        case "unarchive":
            return Told(room, News(NewsKind.BACK), name)
        case "rename":
            return Told(room, News(NewsKind.RENAMED, name), name)
        case "shared":
            return Told(room, News(NewsKind.OPENED, workspace(event.get("connected_team_id"))))
        case "unshared":
            return Told(room, News(NewsKind.CLOSED, workspace(event.get("previously_connected_team_id"))))
        case _:
            return None


def _member(event: Json, me: str) -> Told:
    user = event.get("user")
    if not me or not isinstance(user, str):
        return NOTHING
    if user != me:
        came = event["type"] == "member_joined_channel"
        return Told(event["channel"], News(NewsKind.JOINED if came else NewsKind.PARTED), who=user)
    if event["type"] == "member_joined_channel":
        return Told(event["channel"], News(NewsKind.BACK))
    return Told(event["channel"], News(NewsKind.LOST, LOST["left"]))


def _everywhere(reason: str) -> Told:
    return Told("", News(NewsKind.LOST, reason))

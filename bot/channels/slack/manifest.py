"""Pure: the manifest from which Slack makes the app: its scopes, events, commands and addresses."""

from __future__ import annotations

from typing import Any

from bot.channels.slack.acts import SHORTCUTS, UMBRELLA

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "metadata.message:read",
    "mpim:history",
    "mpim:read",
    "users:read",
)
"""What the bot may do; `pledge check` compares them with what its token has."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
)

_COMMANDS = (
    (UMBRELLA, "Everything Pledge can do, by name", "status | tickets | escalate | book-call | help"),
    ("/sla", "Open promises and how much time is left", "[T-42]"),
    ("/escalate", "Bring in the next level", "[T-42] [why]"),
    ("/book-call", "Ask for a call", "[when]"),
)
_SHORTCUTS = {
    "status": ("Status of this ticket", "Where the ticket of this message stands, and what is promised."),
    "escalate": ("Escalate this ticket", "Bring in the next level for the ticket of this message."),
    "eta": ("Give an ETA", "Tell the client by when the ticket of this message is answered."),
    "hold": ("Put on hold", "Wait for somebody else; the clock of this ticket stands meanwhile."),
    "book-call": ("Book a call", "Ask for a call about the ticket of this message."),
}
_DESCRIPTION = (
    "Pledge listens in the channels it is invited to, opens a ticket for each request of a client, says by when the "
    "agreement promises an answer, reminds whoever answers before that time, and escalates in time. Mention it or use "
    "its buttons; slash commands are a short cut for your own workspace and do not work in threads."
)


def manifest(url: str = "", *, socket: bool = False) -> dict[str, Any]:
    """`url` is where Slack reaches the bot, without a path; not needed with `socket`, which needs no address at all."""
    address = url.rstrip("/")
    commands = [
        _command(name, description, hint, None if socket else f"{address}/slack/commands")
        for name, description, hint in _COMMANDS
    ]
    shortcuts = [
        {"name": name, "type": "message", "callback_id": each, "description": description}
        for each in SHORTCUTS
        for name, description in (_SHORTCUTS[each],)
    ]
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if not socket:
        events = {"request_url": f"{address}/slack/events", **events}
        interactivity["request_url"] = f"{address}/slack/interactive"
    return {
        "display_information": {
            "name": "Pledge",
            "description": "Keeps the promises of a premium-support agreement.",
            "long_description": _DESCRIPTION,
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Pledge", "always_online": True},
            "shortcuts": shortcuts,
            "slash_commands": commands,
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }


def _command(name: str, description: str, hint: str, url: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"command": name, "description": description, "usage_hint": hint, "should_escape": False}
    return found if url is None else {"command": name, "url": url, **found}

"""Pure: what is meant for other installations of the app: their rooms, tokens and buttons are not ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.slack.read import Own

Json = Mapping[str, Any]

_ENDS = ("app_uninstalled", "tokens_revoked")


def is_event(own: Own, envelope: Json) -> bool:
    """Whether an event is for other installations only. The workspace alone says nothing: in shared channels it may be
    that of whoever acts; but the end of an installation is that of its workspace, which is authorized no more.
    """
    event = envelope.get("event")
    if isinstance(event, Mapping) and event.get("type") in _ENDS and is_elsewhere(own, envelope.get("team_id")):
        return True
    teams = [each.get("team_id") for each in envelope.get("authorizations") or () if isinstance(each, Mapping)]
    return bool(own.team and teams and all(teams) and own.team not in teams)


def is_act(own: Own, data: Json) -> bool:
    """Whether a press or a form is of another installation: its bot posted the button, its is the view. The workspace
    alone says nothing here either.
    """
    view, message = data.get("view"), data.get("message")
    if isinstance(view, Mapping) and is_elsewhere(own, view.get("app_installed_team_id")):
        return True
    poster = message.get("bot_id") if isinstance(message, Mapping) else None
    return bool(data.get("type") == "block_actions" and poster and own.bot and poster != own.bot)


def is_elsewhere(own: Own, team: object) -> bool:
    return bool(team and own.team and team != own.team)

"""The manifest keeps Slack's limits and names what the adapter needs: https://docs.slack.dev/reference/app-manifest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from bot.channels.base import InboundKind, NewsKind
from bot.channels.slack.acts import SHORTCUTS
from bot.channels.slack.manifest import EVENTS, SCOPES, manifest
from bot.channels.slack.news import HEARD
from bot.channels.slack.read import Own, Reader
from bot.cli import main

URL = "https://pledge.example.com"
RESERVED = {
    *("/status", "/me", "/away", "/dnd", "/shrug", "/remind", "/msg", "/feed", "/who", "/collapse", "/expand"),
    *("/leave", "/join", "/open", "/search", "/topic", "/mute", "/pro", "/shortcuts", "/invite", "/apps"),
}
NEEDED_SCOPE = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}


@pytest.mark.parametrize("made", [manifest(URL), manifest(socket=True)])
def test_the_manifest_keeps_within_slack_s_limits(made: dict[str, Any]) -> None:
    shown = made["display_information"]
    assert len(shown["name"]) <= 35 and len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
    assert len(made["settings"]["event_subscriptions"]["bot_events"]) <= 100
    features = made["features"]
    assert len(features["bot_user"]["display_name"]) <= 80
    assert 0 < len(features["slash_commands"]) <= 50
    for each in features["slash_commands"]:
        assert each["command"].startswith("/") and len(each["command"]) <= 32
        assert len(each["description"]) <= 2000 and len(each["usage_hint"]) <= 1000
    assert 0 < len(features["shortcuts"]) <= 5
    for each in features["shortcuts"]:
        assert len(each["name"]) <= 24 and len(each["description"]) <= 150 and len(each["callback_id"]) <= 255


def test_no_command_is_one_that_slack_keeps_for_itself() -> None:
    names = {each["command"] for each in manifest(URL)["features"]["slash_commands"]}
    assert names == {"/premium", "/sla", "/escalate", "/book-call"}
    assert not names & RESERVED


def test_every_event_has_its_scope_and_every_shortcut_its_name() -> None:
    assert {NEEDED_SCOPE[event] for event in EVENTS if event in NEEDED_SCOPE} <= set(SCOPES)
    assert len(set(EVENTS)) == len(EVENTS) and len(set(SCOPES)) == len(SCOPES)
    assert [each["callback_id"] for each in manifest(URL)["features"]["shortcuts"]] == list(SHORTCUTS)


def test_what_the_app_subscribes_to_is_what_the_bot_listens_to() -> None:
    """An event that is read and not subscribed to never comes; one that is subscribed to and unknown is an alarm."""
    news = {event for event in EVENTS if not event.startswith("message.")} - {"app_mention", "app_home_opened"}
    assert news == set(HEARD)
    reader = Reader(Own("T1", "UBOT", "BBOT"), datetime(2026, 11, 24, tzinfo=UTC), lambda user: "", lambda user: "")
    for kind in HEARD:
        event = {"type": kind, "user": "UBOT", "event_ts": "1795510800.000001", "tokens": {"bot": ["UBOT"]}}
        event |= {"channel": {"id": "C1", "name": "x"} if kind.endswith("rename") else "C1"}
        event |= {"old_channel_id": "C1", "new_channel_id": "C2"}
        found = reader.event({"event": event, "event_id": "Ev1"}, b"")
        assert found is not None and found.kind is InboundKind.ROOM, kind
        assert found.news is not None and found.news.kind not in (NewsKind.JOINED, NewsKind.PARTED), "of us"


def test_over_http_every_address_is_below_the_public_one() -> None:
    made = manifest(f"{URL}/")
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == f"{URL}/slack/events"
    assert settings["interactivity"] == {"is_enabled": True, "request_url": f"{URL}/slack/interactive"}
    assert {each["url"] for each in made["features"]["slash_commands"]} == {f"{URL}/slack/commands"}


def test_in_socket_mode_there_is_no_address() -> None:
    made = manifest(URL, socket=True)
    assert made["settings"]["socket_mode_enabled"] is True
    assert URL not in json.dumps(made)


def run(*arguments: str, **env: str) -> Any:
    return CliRunner().invoke(main, ["manifest", *arguments], env=env)


def test_the_shell_prints_it_before_there_is_any_token() -> None:
    done = run("slack", "--url", URL)
    assert done.exit_code == 0 and json.loads(done.output) == manifest(URL)
    done = run("slack", "--socket", PLEDGE_SLACK__MODE="socket")
    assert json.loads(done.output) == manifest(socket=True)
    done = run("slack", PLEDGE_HTTP__PUBLIC_URL=URL)
    assert json.loads(done.output) == manifest(URL)


def test_the_shell_asks_for_an_address_where_one_is_needed() -> None:
    done = run("slack")
    assert done.exit_code != 0 and "--url" in done.output


def test_an_address_with_a_query_is_refused_for_paths_are_put_behind_it() -> None:
    done = run("slack", "--url", f"{URL}?key=1")
    assert done.exit_code != 0 and f"--url {URL})" in done.output


def test_a_channel_without_a_manifest_is_refused_by_name() -> None:
    done = run("pigeon")
    assert done.exit_code != 0 and "pigeon" in done.output and "slack" in done.output

"""What Slack sends, read: messages, edits, news of rooms, commands, presses, shortcuts, forms, history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import File, Form, Inbound, InboundKind, NewsKind
from bot.channels.slack.acts import interaction, slash
from bot.channels.slack.modals import view
from bot.channels.slack.read import Own, Reader
from bot.channels.slack.words import moment, order, plain_words, stamp, ts_of

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TS, LATER = "1795510800.000100", "1795510860.000200"


def reader() -> Reader:
    return Reader(Own("T1", "UBOT", "BBOT", "pledge"), NOW, lambda user: {"U1": "Ann"}.get(user, ""), lambda user: "")


def read(event: dict[str, Any], **envelope: Any) -> Inbound | None:
    whole = {"type": "event_callback", "event_id": "Ev1", "event_time": 1795510800, "api_app_id": "A1"}
    return reader().event({**whole, **envelope, "event": event}, b"raw")


def message(**more: Any) -> dict[str, Any]:
    said = {"type": "message", "channel": "C1", "user": "U1", "team": "T1", "ts": TS, "text": "help"}
    return {**said, "channel_type": "channel", **more}


def test_a_message_keeps_room_person_time_and_words() -> None:
    inbound = read(message())
    assert inbound is not None
    assert (inbound.room, inbound.sender, inbound.sender_name, inbound.text) == ("C1", "T1/U1", "Ann", "help")
    assert (inbound.message_id, inbound.event_id, inbound.payload) == (TS, "Ev1", b"raw")
    assert inbound.at == datetime(2026, 11, 24, 9, 0, 0, 100, tzinfo=UTC)
    assert (inbound.thread, inbound.direct, inbound.automatic, inbound.me) == (None, False, False, "pledge")


def test_a_mention_and_its_twin_are_one_message() -> None:
    text = "<@UBOT> status"
    said, twin = read(message(text=text)), read(message(type="app_mention", text=text), event_id="Ev2")
    assert said is not None and twin is not None
    assert said.message_id == twin.message_id
    assert said.text == twin.text == "@pledge status"


def test_a_mention_is_known_by_the_installation_before_we_know_ourselves() -> None:
    event = {"event_id": "Ev1", "event": message(text="<@UNEW> help")}
    event["authorizations"] = [{"team_id": "T1", "user_id": "UNEW", "is_bot": True}]
    inbound = Reader(Own(), NOW, lambda user: "", lambda user: "").event(event, b"")
    assert inbound is not None and inbound.text == "@pledge help"


def test_an_answer_in_a_thread_answers_its_first_message() -> None:
    inbound = read(message(ts=LATER, thread_ts=TS, subtype="thread_broadcast"))
    assert inbound is not None
    assert (inbound.thread, inbound.reply_to) == (TS, TS)


def test_the_first_message_of_a_thread_is_no_answer_to_itself() -> None:
    inbound = read(message(thread_ts=TS))
    assert inbound is not None and (inbound.thread, inbound.reply_to) == (None, None)


def test_somebody_of_another_workspace_is_scoped_by_it() -> None:
    inbound = read(message(user_team="T9"))
    assert inbound is not None and inbound.sender == "T9/U1"


def test_somebody_without_a_workspace_is_an_outsider() -> None:
    said = message()
    del said["team"]
    inbound = read(said)
    assert inbound is not None and inbound.sender == "?/U1"


def test_a_direct_chat_takes_bare_commands() -> None:
    inbound = read(message(channel="D1", channel_type="im"))
    assert inbound is not None and inbound.direct and inbound.bare_commands


@pytest.mark.parametrize("own", [{"user": "UBOT"}, {"bot_id": "BBOT"}, {"bot_id": "B7", "app_id": "A1"}])
def test_our_own_posts_are_not_heard(own: dict[str, str]) -> None:
    assert read(message(**own)) is None


@pytest.mark.parametrize("other", [{"bot_id": "B9"}, {"subtype": "bot_message", "user": None}, {"user": "USLACKBOT"}])
def test_other_bots_are_automatic(other: dict[str, Any]) -> None:
    inbound = read(message(**other))
    assert inbound is not None and inbound.automatic


def test_files_are_named_and_fetched_by_their_id() -> None:
    files = [{"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 3}, {"id": "F2"}]
    inbound = read(message(subtype="file_share", files=files))
    assert inbound is not None
    assert inbound.files == (File("a.png", "image/png", 3, "F1"), File("F2", "", 0, "F2"))


def test_a_forwarded_message_is_quoted_so_that_it_runs_nothing() -> None:
    inbound = read(message(text="", attachments=[{"is_share": True, "text": "/escalate now"}]))
    assert inbound is not None and inbound.text == "> /escalate now"


def changed(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    return message(subtype="message_changed", ts=LATER, user=None, message=new, previous_message=old)


def test_an_edit_is_numbered_by_its_moment() -> None:
    edited = {"user": "U1", "team": "T1", "ts": TS, "text": "new", "edited": {"user": "U1", "ts": LATER}}
    inbound = read(changed(edited, {**edited, "text": "old"}))
    assert inbound is not None and inbound.kind is InboundKind.EDIT
    assert (inbound.message_id, inbound.text, inbound.edit_seq) == (TS, "new", 1795510860000200)
    assert inbound.sender == "T1/U1"


def test_an_unfurled_link_is_no_edit() -> None:
    same = {"user": "U1", "team": "T1", "ts": TS, "text": "see https://x"}
    assert read(changed({**same, "attachments": [{"title": "X"}]}, same)) is None


@pytest.mark.parametrize("as_tombstone", [False, True])
def test_a_deleted_message_is_marked_and_keeps_its_words(as_tombstone: bool) -> None:
    old = {"user": "U1", "team": "T1", "ts": TS, "text": "help"}
    event = message(subtype="message_deleted", ts=LATER, deleted_ts=TS, previous_message=old)
    if as_tombstone:
        event = changed({"subtype": "tombstone", "ts": TS, "text": "This message was deleted."}, old)
    inbound = read(event)
    assert inbound is not None and inbound.kind is InboundKind.EDIT
    assert (inbound.message_id, inbound.text) == (TS, "🗑 help")


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "message_replied", "group_name"])
def test_what_the_platform_says_itself_is_left_alone(subtype: str) -> None:
    assert read(message(subtype=subtype)) is None


@pytest.mark.parametrize(
    ("event", "kind", "detail", "room"),
    [
        ({"type": "channel_archive"}, NewsKind.LOST, "the channel was archived", "C1"),
        ({"type": "group_archive"}, NewsKind.LOST, "the channel was archived", "C1"),
        ({"type": "group_deleted"}, NewsKind.LOST, "the channel was deleted", "C1"),
        ({"type": "channel_left"}, NewsKind.LOST, "the bot was removed", "C1"),
        ({"type": "member_left_channel", "user": "UBOT"}, NewsKind.LOST, "the bot was removed", "C1"),
        ({"type": "member_joined_channel", "user": "UBOT"}, NewsKind.BACK, "", "C1"),
        ({"type": "group_unarchive"}, NewsKind.BACK, "", "C1"),
        ({"type": "channel_rename", "channel": {"id": "C1", "name": "new"}}, NewsKind.RENAMED, "new", "C1"),
        ({"type": "channel_shared", "connected_team_id": "T9"}, NewsKind.OPENED, "workspace T9", "C1"),
        ({"type": "channel_unshared", "previously_connected_team_id": "T9"}, NewsKind.CLOSED, "workspace T9", "C1"),
        ({"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "C2"}, NewsKind.MOVED, "C2", "C1"),
        ({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}, NewsKind.LOST, "the bot's token was revoked", ""),
        ({"type": "app_uninstalled"}, NewsKind.LOST, "the app was uninstalled", ""),
        (message(subtype="channel_convert_to_public"), NewsKind.OPENED, "everybody in the workspace", "C1"),
        (message(subtype="channel_convert_to_private"), NewsKind.CLOSED, "everybody in the workspace", "C1"),
    ],
)
def test_news_of_a_room(event: dict[str, Any], kind: NewsKind, detail: str, room: str) -> None:
    inbound = read({"channel": "C1", "event_ts": TS, **event})
    assert inbound is not None and inbound.kind is InboundKind.ROOM and inbound.news is not None
    assert (inbound.news.kind, inbound.news.detail, inbound.room) == (kind, detail, room)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}},
        {"type": "app_home_opened", "user": "U1"},
        {"type": "shared_channel_invite_received"},
    ],
)
def test_news_that_change_nothing(event: dict[str, Any]) -> None:
    assert read({"channel": "C1", "event_ts": TS, **event}) is None


@pytest.mark.parametrize("what", ["joined", "left"])
@pytest.mark.parametrize(
    ("team", "told", "guest", "who", "certain"),
    [
        ("T1", "T1", False, None, True),
        ("T1", "T1", True, "T1/U7", True),
        ("T9", "T9", False, "T9/U7", True),
        ("", "T9", False, "T9/U7", True),
        ("", "T1", False, "T1/U7", False),
        ("", None, False, "T1/U7", False),
    ],
)
def test_somebody_who_comes_or_leaves_is_news_unless_slack_has_said_that_it_is_a_colleague(
    what: str, team: str, told: str | None, guest: bool, who: str | None, certain: bool
) -> None:
    me = Own("T1", "UBOT", "BBOT", "pledge")
    knowing = Reader(me, NOW, lambda user: "", lambda user: team, lambda user: guest)
    event = {"type": f"member_{what}_channel", "user": "U7", "channel": "C1", "event_ts": TS}
    event |= {} if told is None else {"team": told}
    inbound = knowing.event({"event_id": "Ev1", "event_time": 1795510800, "event": event}, b"")
    if inbound is None or inbound.news is None:
        assert who is None
        return
    assert (inbound.sender, inbound.news.certain, inbound.news.detail) == (who, certain, f"U7 ({who})")
    assert inbound.news.kind is (NewsKind.JOINED if what == "joined" else NewsKind.PARTED)
    assert inbound.news.circle == ("T9/" if who == "T9/U7" else "")


@pytest.mark.parametrize(
    "event", [{"type": "from_the_future"}, message(subtype="hologram"), message(ts=1795510800.1), {"type": "message"}]
)
def test_what_is_not_understood_is_kept_with_the_reason(event: dict[str, Any]) -> None:
    inbound = read(event)
    assert inbound is not None and inbound.kind is InboundKind.UNREADABLE
    assert inbound.payload == b"raw" and inbound.text and inbound.event_id == "Ev1"


def test_history_gives_the_message_and_its_latest_edit() -> None:
    said = {"type": "message", "user": "U1", "team": "T1", "ts": TS, "text": "new", "edited": {"ts": LATER}}
    first, edit = reader().history(said, "C1")
    assert (first.kind, first.message_id, first.edit_seq) == (InboundKind.MESSAGE, TS, 0)
    assert (edit.kind, edit.message_id, edit.edit_seq) == (InboundKind.EDIT, TS, order(LATER))
    assert first.event_id != edit.event_id


def test_history_leaves_out_ourselves_and_the_platform() -> None:
    assert list(reader().history({"user": "UBOT", "ts": TS, "text": "T-42"}, "C1")) == []
    assert list(reader().history({"user": "U1", "subtype": "channel_topic", "ts": TS, "text": "topic"}, "C1")) == []
    for user in ("U1", "UBOT"):
        joined = {"user": user, "subtype": "channel_join", "ts": TS, "text": "joined"}
        assert list(reader().history(joined, "C1")) == [], "nobody knows that it is a stranger"


def command(name: str, text: str = "", **more: str) -> Inbound:
    fields = {"command": name, "text": text, "channel_id": "C1", "team_id": "T1", "user_id": "U1", "trigger_id": "9.1"}
    return slash(reader(), {**fields, **more}, b"")


@pytest.mark.parametrize(
    ("name", "words", "text"),
    [
        ("/premium", "status T-42", "/status T-42"),
        ("/premium", "/status", "/status"),
        ("/premium", "", "/help"),
        ("/sla", "", "/sla"),
        ("/escalate", "payload lost", "/escalate payload lost"),
        ("/book-call", "tomorrow", "/book-call tomorrow"),
    ],
)
def test_a_slash_command_says_its_command(name: str, words: str, text: str) -> None:
    inbound = command(name, words)
    assert (inbound.text, inbound.message_id, inbound.room, inbound.sender) == (text, "slash:9.1", "C1", "T1/U1")


def test_a_slash_command_in_a_direct_chat_has_no_room_yet() -> None:
    assert command("/premium", "tickets", channel_id="D9").room == ""


def pressed(**more: Any) -> dict[str, Any]:
    action = {"type": "button", "action_id": "pledge-0", "value": "a1", "action_ts": LATER}
    data = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T9", "name": "ann"},
        "team": {"id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": TS, "channel_id": "C1"},
        "message": {"ts": TS},
        "actions": [action],
    }
    return {**data, **more}


def test_a_press_is_of_who_pressed_and_is_answered_below_the_button() -> None:
    inbound = interaction(reader(), pressed(), b"")
    assert inbound is not None and inbound.kind is InboundKind.PRESS
    assert (inbound.action, inbound.sender, inbound.room, inbound.thread) == ("a1", "T9/U1", "C1", TS)
    again = interaction(reader(), pressed(), b"")
    assert again is not None and again.event_id == inbound.event_id
    other = interaction(reader(), pressed(user={"id": "U2", "team_id": "T9"}), b"")
    assert other is not None and other.event_id != inbound.event_id, "two who press in the same moment"


def test_a_press_in_a_thread_stays_there_and_one_in_a_direct_chat_makes_none() -> None:
    inside = interaction(reader(), pressed(message={"ts": LATER, "thread_ts": TS}), b"")
    direct = interaction(reader(), pressed(channel={"id": "D1"}), b"")
    assert inside is not None and inside.thread == TS
    assert direct is not None and direct.thread is None and direct.direct


def test_a_link_button_says_nothing() -> None:
    assert interaction(reader(), pressed(actions=[{"type": "button", "url": "https://x"}]), b"") is None


def test_a_shortcut_says_its_command_on_the_message_of_a_thread() -> None:
    data = pressed(type="message_action", callback_id="escalate", trigger_id="9.2", message_ts=LATER)
    inbound = interaction(reader(), {**data, "message": {"ts": LATER, "thread_ts": TS}}, b"")
    assert inbound is not None
    assert (inbound.text, inbound.thread, inbound.reply_to) == ("/escalate", TS, LATER)


def test_a_filled_in_form_is_the_command_with_its_words() -> None:
    asked = interaction(reader(), pressed(), b"")
    assert asked is not None
    modal = view(Form("/eta T-42", "ETA", "By when?", "Give", "Cancel"), asked)
    assert modal is not None
    state = {"values": {"words": {"words": {"value": " 15:30 "}}}}
    filled = {**modal, "id": "V1", "hash": "h", "state": state}
    inbound = interaction(reader(), pressed(type="view_submission", view=filled), b"")
    assert inbound is not None and inbound.kind is InboundKind.MESSAGE
    assert (inbound.text, inbound.room, inbound.thread) == ("/eta T-42 15:30", "C1", TS)


@pytest.mark.parametrize("data", [{"type": "hologram"}, {"type": "block_actions"}, {"type": "message_action"}])
def test_an_interaction_that_is_not_understood_is_kept(data: dict[str, Any]) -> None:
    inbound = interaction(reader(), data, json.dumps(data).encode())
    assert inbound is not None and inbound.kind is InboundKind.UNREADABLE


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("a &lt; b &amp;amp; c &amp;lt;", "a < b &amp; c &lt;"),
        ("<@U1> and <@U2|bob>, <@U3>", "@Ann and @bob, @U3"),
        ("<#C1|general> <!here> <!subteam^S1|@ops>", "#general @here @ops"),
        ("<https://x.example> <https://x.example|docs>", "https://x.example docs (https://x.example)"),
        ("<mailto:a@b.c|a@b.c> <!date^1^{time}|noon>", "a@b.c noon"),
    ],
)
def test_markup_is_read_as_people_read_it(markup: str, words: str) -> None:
    assert plain_words(markup, lambda user: {"U1": "Ann"}.get(user, ""), "UBOT", "pledge") == words


def test_timestamps_lose_no_digit() -> None:
    assert stamp(moment(TS)) == TS
    assert ts_of(TS) == TS
    assert ts_of("slash:9.1") is None


@pytest.mark.parametrize("more", [{"hidden": True}, {"hidden": True, "subtype": "hologram"}])
def test_what_slack_itself_does_not_show_is_left_alone(more: dict[str, Any]) -> None:
    assert read(message(**more)) is None

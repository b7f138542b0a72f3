"""What an update says to the core: who, where, when, which words; and that none is lost for being strange."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from types import NoneType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import File, Inbound, InboundKind, News, NewsKind
from bot.channels.telegram.read import Me, read

NOW = datetime(2026, 11, 24, 9, 0, 5, tzinfo=UTC)
SAID_AT = 1795510800  # five seconds before
ME = Me("110201543", "AcmeBot")
ANN = {"id": 501, "is_bot": False, "first_name": "Ann", "last_name": "Lee"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Acme"}
FORUM = {**GROUP, "is_forum": True}
DIRECT = {"id": 501, "type": "private", "first_name": "Ann"}
BOT = {"id": 110201543, "is_bot": True, "first_name": "Pledge"}


def taken(update: dict[str, Any]) -> Inbound | None:
    return read({"update_id": 7, **update}, ME, NOW, b"raw")


def message(**more: Any) -> dict[str, Any]:
    said = {"message_id": 12, "date": SAID_AT, "chat": GROUP, "from": ANN, "text": "it is down", **more}
    return {name: value for name, value in said.items() if value is not None}


def said(**more: Any) -> Inbound:
    inbound = taken({"message": message(**more)})
    assert inbound is not None
    return inbound


def member(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "user": BOT, **more}


def standing(before: dict[str, Any], after: dict[str, Any], chat: dict[str, Any] = GROUP) -> Inbound | None:
    change = {"chat": chat, "from": ANN, "date": SAID_AT, "old_chat_member": before, "new_chat_member": after}
    return taken({"my_chat_member": change})


# messages


def test_a_message_says_who_spoke_where_and_when_by_the_platforms_clock():
    assert said() == Inbound(
        channel="telegram",
        account="default",
        event_id="110201543:7",
        room="-1001",
        room_name="Acme",
        sender="501",
        sender_name="Ann Lee",
        text="it is down",
        message_id="-1001/12",
        at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        received_at=NOW,
        me="AcmeBot",
        payload=b"raw",
    )


def test_in_a_direct_chat_a_bare_word_may_be_a_command():
    inbound = said(chat=DIRECT)
    assert (inbound.room, inbound.direct, inbound.bare_commands, inbound.room_name) == ("501", True, True, "Ann")


def test_a_caption_counts_as_text_and_the_largest_photo_as_the_file():
    sizes = [{"file_id": "small", "width": 90}, {"file_id": "large", "width": 1280, "file_size": 9000}]
    inbound = said(text=None, caption="/escalate now", photo=sizes)
    assert inbound.text == "/escalate now"
    assert inbound.files == (File("photo.jpg", "image/jpeg", 9000, "large"),)


def test_a_document_keeps_its_name_and_an_animation_is_one_file_though_it_comes_as_two():
    document = {"file_id": "d1", "file_name": "trace.log", "mime_type": "text/plain", "file_size": 77}
    assert said(text=None, document=document).files == (File("trace.log", "text/plain", 77, "d1"),)
    animation = {"file_id": "a1", "file_size": 5}
    assert [f.handle for f in said(text=None, document=document, animation=animation).files] == ["a1"]


def test_the_parts_of_an_album_share_its_name():
    photo = [{"file_id": "p", "width": 1}]
    assert said(text=None, photo=photo, media_group_id="99").album == "99"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"contact": {"first_name": "Bo", "phone_number": "+49 1"}}, "Bo\n+49 1"),
        ({"location": {"latitude": 1.5, "longitude": 2}}, "1.5, 2"),
        ({"poll": {"question": "When?", "options": [{"text": "now"}, {"text": "later"}]}}, "When?\n• now\n• later"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        ({"sticker": {"file_id": "s", "emoji": "👍"}}, "👍"),
    ],
)
def test_what_has_no_text_says_what_it_holds(content: dict[str, Any], words: str):
    assert said(text=None, **content).text == words


def test_an_answer_names_the_message_it_answers():
    assert said(reply_to_message=message(message_id=3)).reply_to == "-1001/3"


# topics


def test_a_topic_is_a_thread_and_its_first_message_is_no_message_answered():
    opener = message(message_id=44, text=None, forum_topic_created={"name": "Billing", "icon_color": 1})
    inbound = said(chat=FORUM, message_thread_id=44, is_topic_message=True, reply_to_message=opener)
    assert (inbound.thread, inbound.topic, inbound.reply_to) == ("44", True, None)


def test_the_general_topic_has_no_number():
    inbound = said(chat=FORUM)
    assert (inbound.thread, inbound.topic) == (None, True)


def test_a_chain_of_replies_outside_forums_is_no_thread():
    inbound = said(message_thread_id=3, reply_to_message=message(message_id=3))
    assert (inbound.thread, inbound.topic, inbound.reply_to) == (None, False, "-1001/3")


# who is not to be believed


@pytest.mark.parametrize(
    "how",
    [
        {"from": {**ANN, "is_bot": True}},
        {"from": {**ANN, "is_bot": True}, "forward_origin": {"type": "user", "date": 1, "sender_user": ANN}},
        {"via_bot": BOT},
    ],
    ids=["another bot", "forwarded by a bot", "by way of a bot"],
)
def test_words_of_bots_are_automatic(how: dict[str, Any]):
    assert not said().automatic
    assert said(**how).automatic


@pytest.mark.parametrize(
    ("how", "sender"),
    [
        ({"forward_origin": {"type": "hidden_user", "sender_user_name": "Boss", "date": 1}}, "501"),
        ({"sender_chat": GROUP, "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}}, "-1001"),
        ({"sender_chat": {"id": -5, "type": "channel", "title": "News"}, "from": None}, "-5"),
    ],
    ids=["forwarded", "anonymous administrator", "a channel"],
)
def test_words_without_an_author_who_stands_behind_them_are_unattributed(how: dict[str, Any], sender: str):
    assert not said().unattributed
    inbound = said(**how)
    assert (inbound.unattributed, inbound.automatic, inbound.sender) == (True, False, sender)


# edits


def edit(**more: Any) -> Inbound | None:
    return taken({"edited_message": message(edit_date=SAID_AT + 60, **more)})


def test_an_edit_is_the_same_message_later_and_never_a_command_of_its_own():
    inbound = edit(text="/escalate", message_id=12)
    assert inbound is not None
    assert (inbound.kind, inbound.message_id, inbound.text) == (InboundKind.EDIT, "-1001/12", "/escalate")
    assert inbound.at == datetime(2026, 11, 24, 9, 1, tzinfo=UTC)


def test_two_edits_within_one_second_are_two_in_their_order():
    edits = [{"update_id": 1_000_000 + n, "edited_message": message(edit_date=SAID_AT)} for n in (5, 6)]
    first, second = (read(update, ME, NOW, b"") for update in edits)
    assert first is not None
    assert second is not None
    assert SAID_AT * 1_000_000 <= first.edit_seq < second.edit_seq < (SAID_AT + 1) * 1_000_000


def test_the_code_of_a_link_is_known_as_one_in_an_edit_too():
    inbound = edit(text="/start Abc-123_x")
    assert inbound is not None
    assert inbound.text == "/link Abc-123_x"


def test_a_place_that_moves_on_is_no_edit_of_words():
    assert edit(text=None, location={"latitude": 1, "longitude": 2}) is None


# buttons


def pressed(**more: Any) -> Inbound | None:
    return taken(
        {"callback_query": {"id": "c9", "from": ANN, "message": message(**{"from": BOT}), "data": "a1", **more}}
    )


def test_a_press_carries_the_buttons_action_and_its_own_name():
    inbound = pressed()
    assert inbound is not None
    assert (inbound.kind, inbound.action, inbound.sender) == (InboundKind.PRESS, "a1", "501")
    assert (inbound.message_id, inbound.reply_to, inbound.at) == ("-1001/press/c9", "-1001/12", NOW)
    assert not inbound.automatic


def test_a_press_on_a_message_out_of_reach_counts_all_the_same():
    inbound = pressed(message={"chat": GROUP, "message_id": 3, "date": 0})
    assert inbound is not None
    assert (inbound.room, inbound.action) == ("-1001", "a1")


def test_a_press_on_nothing_of_ours_is_passed_over():
    assert pressed(message=None) is None


# what happens to rooms


def test_both_sides_of_a_migration_tell_the_same_move():
    left = said(chat={"id": -9, "type": "group", "title": "Acme"}, text=None, migrate_to_chat_id=-1001)
    came = said(text=None, migrate_from_chat_id=-9)
    assert left.room == came.room == "-9"
    assert left.news == came.news == News(NewsKind.MOVED, "-1001")
    assert left.kind is came.kind is InboundKind.ROOM


@pytest.mark.parametrize("status", ["left", "kicked"])
def test_a_group_that_the_bot_is_out_of_is_lost(status: str):
    inbound = standing(member("member"), member(status))
    assert inbound is not None
    assert (inbound.kind, inbound.news, inbound.room) == (InboundKind.ROOM, News(NewsKind.LOST, status), "-1001")


def test_a_group_where_the_bot_may_only_read_is_lost_until_it_may_write():
    mute = member("restricted", is_member=True, can_send_messages=False)
    talks = member("restricted", is_member=True, can_send_messages=True)
    lost, back = standing(member("member"), mute), standing(mute, talks)
    assert lost is not None
    assert back is not None
    assert (lost.news, back.news) == (News(NewsKind.LOST, "restricted"), News(NewsKind.BACK))


def test_a_person_who_blocks_the_bot_is_lost_and_comes_back():
    lost, back = (
        standing(member("member"), member("kicked"), DIRECT),
        standing(member("kicked"), member("member"), DIRECT),
    )
    assert lost is not None
    assert back is not None
    assert (lost.news, back.news, back.direct) == (News(NewsKind.LOST, "blocked"), News(NewsKind.BACK), True)


def test_a_member_of_a_muted_group_may_speak_as_its_administrator():
    back = standing(member("member"), member("administrator"))
    assert back is not None
    assert back.news == News(NewsKind.BACK)


def test_being_banned_after_leaving_is_no_news():
    assert standing(member("left"), member("kicked")) is None


def test_a_new_title_is_the_rooms_new_name():
    assert said(text=None, new_chat_title="Acme Premium").news == News(NewsKind.RENAMED, "Acme Premium")


def test_a_topic_opened_again_may_bring_a_room_back_but_a_closed_one_loses_none():
    topic = {"chat": FORUM, "text": None, "message_thread_id": 4, "is_topic_message": True}
    assert said(forum_topic_reopened={}, **topic).news == News(NewsKind.BACK)
    assert taken({"message": message(forum_topic_closed={}, **topic)}) is None


@pytest.mark.parametrize("report", ["new_chat_members", "pinned_message", "group_chat_created", "video_chat_started"])
def test_reports_of_the_platform_are_nobodys_word(report: str):
    assert taken({"message": message(text=None, **{report: True})}) is None


@pytest.mark.parametrize("kind", ["channel_post", "business_message", "edited_business_message", "message_reaction"])
def test_updates_that_are_not_for_us_are_passed_over(kind: str):
    assert taken({kind: message()}) is None


# beginning with the bot


@pytest.mark.parametrize(
    ("chat", "text", "heard"),
    [
        (GROUP, "/start Abc-123_x", "/link Abc-123_x"),
        (GROUP, "/start@AcmeBot Abc-123_x", "/link@AcmeBot Abc-123_x"),
        (DIRECT, "/start Abc-123_x", "/link Abc-123_x"),
        (DIRECT, "/start", "/help"),
        (GROUP, "/start", "/start"),
        (GROUP, "/started late", "/started late"),
        (GROUP, "please /start Abc", "please /start Abc"),
    ],
)
def test_the_platforms_way_to_begin_is_a_link_or_a_call_for_help(chat: dict[str, Any], text: str, heard: str):
    assert said(chat=chat, text=text).text == heard


# strange updates


def unread(update: Any) -> Inbound:
    inbound = read(update, ME, NOW, json.dumps(update).encode())
    assert inbound is not None
    assert inbound.kind is InboundKind.UNREADABLE
    return inbound


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 7, "message": message(text=["a"])},
        {"update_id": 7, "message": message(chat=None)},
        {"update_id": 7, "message": 5},
        {"update_id": 7, "callback_query": {"id": "c", "from": None, "message": message(), "data": "x"}},
        {"update_id": 7, "my_chat_member": {}},
        {"update_id": 7, "message": message(**{"from": {**ANN, "id": "501"}})},
        {"update_id": 7, "callback_query": {"id": 1, "from": ANN, "message": message(), "data": "x"}},
        {"update_id": 7, "callback_query": {"id": "c", "from": ANN, "message": message(), "data": 5}},
        {
            "update_id": 7,
            "my_chat_member": {
                "chat": GROUP,
                "from": ANN,
                "date": SAID_AT,
                "old_chat_member": {"status": "member"},
                "new_chat_member": {"status": 5},
            },
        },
    ],
)
def test_an_update_that_makes_no_sense_is_kept_for_a_human(update: Any):
    inbound = unread(update)
    assert inbound.event_id == "110201543:7"
    assert json.loads(inbound.payload) == update


@pytest.mark.parametrize(
    "odd",
    [
        {"date": "yesterday"},
        {"date": 10**15},
        {"media_group_id": {"id": 1}},
        {"reply_to_message": {}},
        {"reply_to_message": 5},
        {"is_topic_message": True, "message_thread_id": "7"},
        {"message_id": "12"},
        {"chat": {"id": -1001}},
        {"sender_chat": 5},
        {"sender_chat": {"id": "-5"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("words", [{"text": "it is down"}, {"text": None, "hologram": {}}], ids=["words", "none"])
def test_one_odd_thing_around_them_costs_nobody_his_words(odd: dict[str, Any], words: dict[str, Any]):
    update = {"update_id": 7, "message": message(**words, **odd)}
    inbound = read(update, ME, NOW, json.dumps(update).encode())
    assert inbound is not None
    assert inbound.kind is (InboundKind.MESSAGE if words["text"] else InboundKind.UNREADABLE)
    assert inbound.text == words["text"] or not words["text"]
    assert (inbound.room, inbound.sender, inbound.direct) == ("-1001", "501", False)
    assert inbound.message_id == ("110201543:7" if "message_id" in odd else "-1001/12")
    assert inbound.at == (NOW if "date" in odd else datetime.fromtimestamp(SAID_AT, UTC))


@pytest.mark.parametrize("odd", [{"sender_chat": 5}, {"sender_chat": {"title": "News"}}], ids=str)
def test_on_whose_behalf_he_speaks_may_be_unreadable_and_is_still_not_his_own(odd: dict[str, Any]):
    inbound = read({"update_id": 7, "message": message(**odd)}, ME, NOW, b"")
    assert inbound is not None and (inbound.kind, inbound.unattributed) == (InboundKind.MESSAGE, True)


@pytest.mark.parametrize(
    "event",
    [
        {"message": {"chat": GROUP, "text": "it is down", "from": 5}},
        {"edited_message": {"chat": GROUP, "text": ["a"]}},
        {"my_chat_member": {"chat": GROUP}},
        {"callback_query": {"id": "c", "data": "x", "from": None, "message": {"chat": GROUP}}},
    ],
    ids=lambda event: next(iter(event)),
)
def test_of_what_cannot_be_read_at_least_the_room_is_known(event: dict[str, Any]):
    inbound = unread({"update_id": 7, **event})
    assert (inbound.room, inbound.sender) == ("-1001", "")
    assert inbound.automatic is ("message" not in event), "only words are taken for somebody's"


@pytest.mark.parametrize("date", ["soon", None, -5])
def test_an_edit_of_no_possible_time_still_counts_as_one(date: object):
    inbound = read({"update_id": 7, "edited_message": message(edit_date=date)}, ME, NOW, b"")
    assert inbound is not None and inbound.kind is InboundKind.EDIT and inbound.edit_seq > 0


def test_a_kind_of_message_nobody_knows_yet_is_named_but_not_quoted():
    inbound = unread({"update_id": 7, "message": message(text=None, hologram={"words": "secret"})})
    assert "hologram" in inbound.text
    assert "secret" not in inbound.text
    assert (inbound.room, inbound.sender, inbound.message_id) == ("-1001", "501", "-1001/12")


def test_a_bot_that_says_what_nobody_knows_is_nobody_to_be_told():
    inbound = unread({"update_id": 7, "message": message(text=None, hologram={}, via_bot=BOT)})
    assert (inbound.room, inbound.sender) == ("", "")


@pytest.mark.parametrize("update", [[], "x", 5, None, {}, {"update_id": "7"}, {"update_id": True}])
def test_an_update_without_an_id_is_known_by_its_bytes(update: Any):
    assert re.fullmatch(r"110201543:bytes:[0-9a-f]{32}", unread(update).event_id)
    assert unread(update).event_id == unread(update).event_id


_NAMES = st.sampled_from(
    ["update_id", "message", "chat", "id", "type", "from", "date", "text", "photo", "callback_query", "my_chat_member"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(_JSON, _NAMES)
def test_no_update_whatever_raises(value: Any, kind: str):
    read(value, ME, NOW, b"")
    read({"update_id": 1, kind: value}, ME, NOW, b"")
    read({"update_id": 1, "message": message(**{kind: value})}, ME, NOW, b"")


_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**18, 10**30, 253402300799, 1.5, float("inf"), "", "\ud800", "a\x00b", "x" * 70_000,
    [], {}, [None], {"id": 1}, "/start \ud800", "/link " + "a" * 5000,
)  # fmt: skip
_VALID: tuple[dict[str, Any], ...] = (
    {
        "message": message(
            reply_to_message=message(message_id=3),
            media_group_id="5",
            photo=[{"file_id": "a", "file_size": 3}],
            sender_chat={"id": 1, "type": "channel", "title": "News"},
            message_thread_id=3,
            is_topic_message=True,
        )
    },
    {"edited_message": message(edit_date=SAID_AT + 1, document={"file_id": "d", "file_name": "x", "file_size": 1})},
    {"callback_query": {"id": "c", "from": ANN, "message": message(), "data": "a1"}},
    {"message": message(text=None, migrate_to_chat_id=-1007)},
    {"message": message(text=None, poll={"question": "When?", "options": [{"text": "now"}]})},
    {
        "my_chat_member": {
            "chat": GROUP,
            "from": ANN,
            "date": SAID_AT,
            "old_chat_member": member("member"),
            "new_chat_member": member("kicked"),
        }
    },
)


def _mutated(value: Any, dice: random.Random) -> Any:
    """A copy in which one thing, at whatever depth, is odd or gone."""
    if isinstance(value, list) and value and dice.random() < 0.7:
        at = dice.randrange(len(value))
        return [*value[:at], _mutated(value[at], dice), *value[at + 1 :]]
    if isinstance(value, dict) and value and dice.random() < 0.8:
        name = dice.choice(sorted(value))
        if dice.random() < 0.2:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: _mutated(value[name], dice)}
    return dice.choice(_ODD)


def test_no_valid_update_with_something_odd_in_it_raises_or_hands_on_what_is_no_text():
    dice = random.Random(7)
    kinds = set()
    for number in range(6000):
        update = {"update_id": number, **dice.choice(_VALID)}
        for _ in range(dice.choice((1, 1, 2, 3))):
            update = {"update_id": number, **{k: _mutated(v, dice) for k, v in update.items() if k != "update_id"}}
        inbound = read(update, ME, NOW, b"raw")
        if inbound is None:
            continue
        kinds.add(inbound.kind)
        words = (inbound.room, inbound.room_name, inbound.sender, inbound.sender_name, inbound.text, inbound.message_id)
        assert all(type(word) is str for word in words)
        assert all(type(word) in (str, NoneType) for word in (inbound.album, inbound.thread, inbound.action))
    assert len(kinds) == 5

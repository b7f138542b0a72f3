"""The fake Bot API itself, asked by the real library: it refuses what the platform refuses and records our faults."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from channels.telegram.bot_api import Attachment, BotApi, Person
from channels.telegram.bot_api_http import HttpServer, Reply
from channels.telegram.bot_api_text import CannotParse, from_html
from telegram import (
    Bot,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning"),
    pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning"),
]
ANN, MIA = Person(501, "Ann", "ann_acme"), Person(601, "Mia")


@pytest.fixture
async def bot(bot_api: BotApi) -> AsyncIterator[Bot]:
    async with Bot(bot_api.token, base_url=f"{bot_api.url}/bot", base_file_url=f"{bot_api.url}/file/bot") as bot:
        yield bot


def test_html_becomes_text_and_entities_in_utf_16_units():
    text, entities = from_html('\U0001f600 <b>a &lt; <i>b</i></b> <a href="tg://user?id=7">Mia</a>')
    assert text == "\U0001f600 a < b Mia"
    assert entities == [
        {"offset": 3, "length": 5, "type": "bold"},
        {"offset": 7, "length": 1, "type": "italic"},
        {"offset": 9, "length": 3, "type": "text_mention", "user": {"id": 7}},
    ]


@pytest.mark.parametrize("source", ["a < b", "<b>a", "<b>a</i>", "<x>a</x>", '<span class="c">a</span>', "a</b>"])
def test_html_that_the_platform_refuses_is_refused(source):
    with pytest.raises(CannotParse):
        from_html(source)


async def test_what_people_write_arrives_in_order_and_is_confirmed_by_the_offset(bot_api, bot):
    group = bot_api.group("Acme", ANN)
    group.says(ANN, "one")
    group.says(ANN, "/status@PledgeBot \U0001f600 @ann_acme")
    one, two = await bot.get_updates(timeout=0)
    assert one.message.text == "one"
    assert list(two.message.parse_entities().values()) == ["/status@PledgeBot", "@ann_acme"]
    assert len(await bot.get_updates(timeout=0)) == 2
    assert await bot.get_updates(offset=two.update_id + 1, timeout=0) == ()
    await bot_api.taken()


async def test_a_long_poll_ends_with_the_first_update_and_a_second_poller_ends_the_first(bot_api, bot):
    group = bot_api.group("Acme", ANN)
    async with Bot(bot_api.token, base_url=f"{bot_api.url}/bot") as other:
        first = asyncio.create_task(other.get_updates(timeout=30, allowed_updates=["message"]))
        await bot_api.updates.polled()
        second = asyncio.create_task(bot.get_updates(timeout=30))
        with pytest.raises(Conflict):
            await first
    group.edits(group.says(ANN, "hello"), "not asked for")
    [update] = await second
    assert update.message.text == "hello"


async def test_a_set_webhook_keeps_pollers_away_and_is_pushed_to_until_it_takes_the_update(bot_api, bot):
    got, answers = [], [503, 200, 200]

    async def take(request):
        got.append((request.headers.get("x-telegram-bot-api-secret-token"), request.body))
        return Reply(answers.pop(0), b"")

    server = HttpServer(take)
    await server.open()
    group = bot_api.group("Acme", ANN)
    await bot.set_webhook(f"http://127.0.0.1:{server.port}/hook", secret_token="s3cret")
    with pytest.raises(Conflict):
        await bot.get_updates()
    group.says(ANN, "one")
    group.says(ANN, "two")
    await bot_api.taken()
    assert [secret for secret, _ in got] == ["s3cret"] * 3
    assert got[0] == got[1] != got[2]
    assert (await bot.get_webhook_info()).last_error_message == "Wrong response from the webhook: 503"
    await bot.delete_webhook()
    await server.close()


async def test_a_post_is_read_with_its_buttons_entities_reply_and_topic(bot_api, bot):
    forum = bot_api.supergroup("Acme", ANN, forum=True)
    topic = forum.topic("Billing", ANN)
    asked = forum.says(ANN, "help", topic=topic)
    sent = await bot.send_message(
        forum.id,
        "\U0001f600 due 10:00",
        message_thread_id=topic.id,
        entities=[MessageEntity("bold", 3, 3)],
        reply_parameters=ReplyParameters(asked["message_id"], allow_sending_without_reply=True),
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Take it", callback_data="a1")]]),
    )
    [post] = forum.posts
    assert (post.text, post.spans("bold"), post.buttons) == ("\U0001f600 due 10:00", ["due"], {"Take it": "a1"})
    assert (post.thread, post.reply_to, sent.message_id) == (topic.id, asked["message_id"], post.message_id)
    press = forum.presses(ANN, "Take it")
    await bot.answer_callback_query(press.id, "Done", show_alert=True)
    assert (press.answer, press.alert) == ("Done", True)


@pytest.mark.parametrize("text", ["a </b> tag", "say /x", "@ann_acme <b>"])
async def test_buttons_change_below_any_words(bot_api, bot, text):
    group = bot_api.supergroup("Acme", ANN)
    post = await bot.send_message(group.id, text)
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
    await bot.edit_message_reply_markup(group.id, post.message_id, reply_markup=markup)
    [shown] = group.posts
    assert (shown.text, list(shown.buttons)) == (text, ["Yes"])
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_reply_markup(group.id, post.message_id, reply_markup=markup)
    assert bot_api.faults == []


async def test_the_platform_refuses_with_its_own_words(bot_api, bot):
    forum, group = bot_api.supergroup("Acme", ANN, forum=True), bot_api.group("Old", ANN)
    asked = forum.says(ANN, "hello")
    forum.deletes(asked)
    topic = forum.topic("Closed", ANN)
    topic.close(ANN)
    for text, more in {
        "message thread not found": {"message_thread_id": 1},
        "topic_closed": {"message_thread_id": topic.id},
        "message to be replied not found": {"reply_parameters": ReplyParameters(asked["message_id"])},
    }.items():
        with pytest.raises(BadRequest, match=f"(?i){text}"):
            await bot.send_message(forum.id, "x", **more)
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(-5, "x")
    post = await bot.send_message(forum.id, "same")
    with pytest.raises(BadRequest, match="not modified"):
        await post.edit_text("same")
    with pytest.raises(BadRequest, match="to edit not found"):
        await bot.edit_message_text("x", forum.id, 9999)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query("1")
    after = group.upgrade(ANN)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "x")
    assert moved.value.new_chat_id == after.id
    forum.standing(ANN, "kicked")
    with pytest.raises(Forbidden, match="kicked from the supergroup"):
        await bot.send_message(forum.id, "x")
    with pytest.raises(Forbidden, match="initiate"):
        await bot.send_message(bot_api.direct(MIA).id, "x")
    bot_api.token = "1:other"
    with pytest.raises(InvalidToken):
        await bot.get_me()


async def test_what_no_correct_bot_sends_is_a_fault(bot_api, bot):
    group = bot_api.group("Acme", ANN)
    long = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="é" * 33)]])
    calls = [
        lambda: bot.send_message(group.id, "x" * 4097),
        lambda: bot.send_message(group.id, "\U0001f600" * 2049),
        lambda: bot.send_message(group.id, " \n"),
        lambda: bot.send_message(group.id, "<b>x", parse_mode="HTML"),
        lambda: bot.send_message(group.id, "x", entities=[MessageEntity("bold", 0, 2)]),
        lambda: bot.send_message(group.id, "\U0001f600", entities=[MessageEntity("bold", 1, 1)]),
        lambda: bot.send_message(group.id, "x" * 200, entities=[MessageEntity("bold", n, 1) for n in range(101)]),
        lambda: bot.send_message(group.id, "x", reply_markup=long),
        lambda: bot.send_message(group.id, "x", api_kwargs={"no_such": 1}),
        lambda: bot.do_api_request("sendMessage", {"chat_id": group.id}),
        lambda: bot.do_api_request("sendMessage", {"chat_id": True, "text": "x"}),
        lambda: bot.do_api_request("sendMessage", {"chat_id": group.id, "text": "x", "reply_parameters": {"id": 1}}),
        lambda: bot.set_my_commands([("book-call", "Book a call")]),
        lambda: bot.set_my_commands([("status", "x" * 257)]),
        lambda: bot.answer_callback_query("1", "x" * 201),
    ]
    for call in calls:
        with pytest.raises(BadRequest):
            await call()
    assert len(bot_api.faults) >= len(calls)
    assert group.posts == []
    bot_api.faults.clear()


async def test_trouble_comes_as_often_as_ordered_and_where(bot_api, bot):
    one, two = bot_api.group("One", ANN), bot_api.group("Two", ANN)
    bot_api.trouble("sendMessage", "flood", one, seconds=30)
    with pytest.raises(RetryAfter, match="30"):
        await bot.send_message(one.id, "x")
    await bot.send_message(one.id, "one")
    for kind, error in {"drop_before": NetworkError, "drop_after": NetworkError, "garbage": TelegramError}.items():
        bot_api.trouble("sendMessage", kind, two)
        with pytest.raises(error):
            await bot.send_message(two.id, kind)
    bot_api.trouble("sendMessage", "refuse", code=502, text="Bad Gateway")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(two.id, "x")
    hang = bot_api.trouble("sendMessage", "hang")
    with pytest.raises(TimedOut):
        await bot.send_message(two.id, "x", read_timeout=0.05)
    hang.release.set()
    await bot_api.go_away()
    with pytest.raises(NetworkError):
        await bot.send_message(two.id, "x")
    await bot_api.come_back()
    await bot.send_message(two.id, "two")
    assert (one.texts, two.texts) == (["one"], ["drop_after", "two"])


async def test_privacy_mode_keeps_plain_words_of_a_group_from_the_bot(clock):
    async with BotApi(lambda: clock.now, privacy=True) as api, Bot(api.token, base_url=f"{api.url}/bot") as bot:
        group = api.group("Acme", ANN)
        post = await bot.send_message(group.id, "I am here")
        group.says(ANN, "plain words")
        group.says(ANN, "/status@OtherBot")
        group.says(ANN, "/status")
        group.says(ANN, "well, @pledgebot?")
        group.says(ANN, "yes", reply_to=group.posts[0])
        api.direct(ANN).says(ANN, "hi")
        assert [update.message.text for update in await bot.get_updates()] == [
            "/status",
            "well, @pledgebot?",
            "yes",
            "hi",
        ]
        assert (await bot.get_me()).can_read_all_group_messages is False
        assert post.message_id
        assert api.faults == []


async def test_files_are_fetched_by_the_path_that_get_file_names(bot_api, bot):
    group = bot_api.group("Acme", ANN)
    photo, _ = group.album(ANN, [Attachment(photo=True, content=b"a"), Attachment(photo=True)], "look")
    assert photo["media_group_id"]
    file = await bot.get_file(photo["photo"][-1]["file_id"])
    assert bytes(await file.download_as_bytearray()) == b"a"


async def test_menus_are_shown_by_the_narrowest_scope(bot_api, bot):
    group, other = bot_api.group("Acme", ANN), bot_api.group("Other", ANN)
    await bot.set_my_commands([("help", "Help")])
    await bot.set_my_commands([("status", "Status")], BotCommandScopeAllGroupChats(), "ru")
    await bot.set_my_commands([("sla", "SLA")], BotCommandScopeChat(group.id))
    assert (bot_api.menu(group, "ru"), bot_api.menu(other, "ru"), bot_api.menu(other)) == (
        ["sla"],
        ["status"],
        ["help"],
    )


async def test_an_update_that_the_platform_never_sends_is_a_fault_of_the_test(bot_api):
    group = bot_api.group("Acme", ANN)
    group.says(ANN, "x", no_such_field=1)
    assert [fault for fault in bot_api.faults if "no_such_field" in fault]
    bot_api.faults.clear()


async def test_another_token_and_other_bodies_are_refused(bot_api):
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{bot_api.url}/bot1:x/getMe")).status_code == 401
        assert (await http.post(f"{bot_api.url}/bot{bot_api.token}/getMe", json={})).json()["ok"]
        answer = await http.post(
            f"{bot_api.url}/bot{bot_api.token}/getMe", content="x", headers={"content-type": "x/y"}
        )
        assert answer.status_code == 400
        assert (await http.post(f"{bot_api.url}/bot{bot_api.token}/noSuch")).status_code == 404
    bot_api.faults.clear()

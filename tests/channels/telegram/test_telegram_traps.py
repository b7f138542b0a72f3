"""The Telegram rows of the forty traps that chat platforms set, one test each, over the strict Bot API."""

import asyncio
import logging
from datetime import timedelta

import httpx
import pytest
from channels.telegram.bot_api import Attachment, Chat
from channels.telegram.bot_api_text import units
from channels.telegram.telegram_box import (
    ANN,
    BOB,
    EVE,
    LEA,
    MIA,
    SECRET,
    STRANGER,
    Person,
    TelegramBox,
    telegram_box,
)

from bot.channels.base import Outbound, Sent, Unavailable
from bot.channels.telegram.take import PATIENCE
from bot.text import Bold, Items, Rich, Text, paragraph


async def opened(box: TelegramBox, text: str = "postbacks stopped arriving") -> str:
    """A ticket of Ann's; its reference."""
    await box.says(box.group, ANN, text)
    [(ref,)] = await box.sql("SELECT max(ref) FROM ticket")
    return f"T-{ref}"


async def log_of(box: TelegramBox) -> list[str]:
    return [kind for (kind,) in await box.sql("SELECT kind FROM event ORDER BY id")]


def callback(box: TelegramBox, chat: Chat, who: Person, data: str) -> str:
    """A press of a button that was never posted; its id."""
    chat.posts[-1].rows.append([{"text": "forged", "callback_data": data}])
    return chat.presses(who, "forged", chat.posts[-1]).id


@pytest.mark.parametrize("spelling", ["/status", "/status@PledgeBot", "/Status", "/STATUS@pledgebot"])
async def test_trap_1_a_command_is_one_intent_in_every_spelling(spelling):
    async with telegram_box() as box:
        ref = await opened(box)
        await box.says(box.group, ANN, f"{spelling} {ref}")
        assert ref in box.group.texts[-1]
        assert (len(box.group.texts), await box.tickets()) == (2, 1)


async def test_trap_1_a_name_of_two_words_is_one_intent_with_its_argument_whatever_the_entity_covers():
    """`/book-call` is no command to the platform: its entity covers `/book` alone."""
    spellings = ("/book_call", "/book-call", "/BookCall", "/book_call@PledgeBot", "/bookcall")
    async with telegram_box() as box:
        heard = [
            box.desk.registry.parse(f"{spelling} tomorrow 10:00", bot_names=("PledgeBot",)) for spelling in spellings
        ]
        assert {(parsed.name, parsed.rest) for parsed in heard} == {("book-call", "tomorrow 10:00")}
        for spelling in spellings:
            await box.says(box.group, ANN, f"{spelling} tomorrow 10:00")
        assert (await box.tickets(), len(box.group.posts)) == (0, len(spellings)), "a command is no request"
        for text in box.group.texts:
            assert "10:00" in text, "each is answered as the command with its argument"


async def test_trap_1_a_command_for_another_bot_is_not_ours():
    async with telegram_box() as box:
        await box.says(box.group, ANN, "/status@OtherBot")
        assert box.group.posts == []


async def begun_again_without_getme(box: TelegramBox) -> None:
    """The bot has just started, and cannot ask yet how it is called; the webhook of its last life still stands."""
    await box.stop()
    box.api.trouble("getMe", "refuse", times=1_000, code=502, text="Bad Gateway")
    box.api.calls.clear()
    starting = asyncio.create_task(box.start())
    while not box.api.called("getMe"):
        await asyncio.sleep(0)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)


async def pushed(box: TelegramBox, text: str) -> int:
    """Ann's words, brought by the webhook; what it was answered."""
    date = int(box.clocks.business.timestamp())
    said = {"message_id": 5_000, "from": ANN.user, "chat": box.group.facts, "date": date, "text": text}
    head = {"x-telegram-bot-api-secret-token": SECRET}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(box.hook_url, json={"update_id": 987_654, "message": said}, headers=head)
    return answer.status_code


BY_NAME = [("/escalate@PledgeBot T-42", ["escalated"]), ("@PledgeBot escalate T-42", ["escalated"])]
TO_ANOTHER = ("/escalate@OtherBot T-42", [])


@pytest.mark.parametrize(("words", "event"), BY_NAME)
async def test_trap_1_a_command_by_the_bots_name_counts_before_getme_has_answered(words, event):
    async with telegram_box("webhook") as box:
        await opened(box)
        await begun_again_without_getme(box)
        assert await pushed(box, words) == 200
        assert await log_of(box) == ["opened", *event]


@pytest.mark.parametrize(("words", "event"), [*BY_NAME, TO_ANOTHER])
async def test_trap_1_a_bot_that_was_never_told_its_name_has_words_brought_again(words, event):
    async with telegram_box("webhook") as box:
        await opened(box)
        await begun_again_without_getme(box)
        await box.change("DELETE FROM meta WHERE key LIKE 'name.%'")
        assert await pushed(box, words) == 503
        assert await log_of(box) == ["opened"]
        box.api.troubles.clear()
        async with asyncio.timeout(10):
            while await pushed(box, words) != 200:
                await asyncio.sleep(0)
        assert await log_of(box) == ["opened", *event]


@pytest.mark.parametrize("words", ["/escalate@PledgeBot T-42", "@PledgeBot escalate T-42"])
async def test_trap_1_a_bot_that_was_renamed_while_it_was_down_waits_to_be_told_its_name(words):
    async with telegram_box("webhook") as box:
        await opened(box)
        await begun_again_without_getme(box)
        await box.change("UPDATE meta SET value = 'OldBot' WHERE key LIKE 'name.%'")
        assert [await pushed(box, text) for text in (words, words)] == [503, 503]
        box.api.troubles.clear()
        async with asyncio.timeout(10):
            while await pushed(box, words) != 200:
                await asyncio.sleep(0)
        assert await log_of(box) == ["opened", "escalated"]


async def test_trap_1_what_names_no_bot_or_names_us_by_our_old_name_waits_for_nothing():
    async with telegram_box("webhook") as box:
        await opened(box)
        await begun_again_without_getme(box)
        await box.change("UPDATE meta SET value = 'OldBot' WHERE key LIKE 'name.%'")
        assert await pushed(box, "/escalate@oldbot T-42") == 200
        assert await log_of(box) == ["opened", "escalated"]


async def test_trap_1_what_is_said_to_another_bot_waits_for_our_name_no_longer_than_ten_minutes():
    async with telegram_box("webhook") as box:
        await opened(box)
        await begun_again_without_getme(box)
        assert await pushed(box, "/escalate@OtherBot T-42") == 503
        box.clocks.forward(PATIENCE - timedelta(seconds=1))
        assert await pushed(box, "/escalate@OtherBot T-42") == 503
        box.clocks.forward(timedelta(seconds=1))
        assert await pushed(box, "/escalate@OtherBot T-42") == 200
        assert await log_of(box) == ["opened"]


async def test_trap_1_a_caption_can_be_a_command():
    async with telegram_box() as box:
        ref = await opened(box)
        await box.says(box.group, ANN, f"/escalate@PledgeBot {ref} see the screenshot", file=Attachment(photo=True))
        assert "escalated" in await log_of(box)


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_trap_5_what_could_not_be_stored_is_brought_again(mode):
    async with telegram_box(mode) as box:
        whole, refused = box.receive, []

        async def full(inbound):
            refused.append(inbound)
            if len(refused) < 3:
                raise Unavailable("the disk is full")
            return await whole(inbound)

        box.receive = full
        message = await box.says(box.group, ANN, "postbacks stopped")
        assert len({inbound.event_id for inbound in refused}) == 1
        assert (len(refused), await box.tickets()) == (3, 1)
        assert len(box.group.posts) == 1
        if mode == "webhook":
            assert [status for _, status in box.api.updates.pushes[-3:]] == [503, 503, 200]
        assert message["message_id"]


async def test_trap_5_what_was_stored_but_not_confirmed_is_one_ticket_after_the_restart():
    async with telegram_box() as box:
        box.group.says(ANN, "postbacks stopped")
        update = box.api.updates.pending[-1]
        await box.settle()
        box.api.updates.again(update)
        await box.restart()
        await box.settle()
        assert (await box.tickets(), len(box.group.posts)) == (1, 1)


async def test_trap_9_an_edited_old_command_runs_nothing_and_the_history_grows():
    async with telegram_box() as box:
        ref = await opened(box)
        asked = await box.says(box.group, ANN, f"the campaign of {ref} ends tonight")
        before = await log_of(box)
        posts = len(box.group.posts)
        box.group.edits(asked, f"/escalate {ref}")
        await box.settle()
        kinds = set(await log_of(box)) - set(before)
        assert "escalated" not in kinds
        assert len(box.group.posts) == posts
        [(rows,)] = await box.sql("SELECT count(*) FROM inbox WHERE edit_seq > 0")
        assert rows == 1


async def test_trap_11_an_album_of_five_is_one_ticket_with_five_files():
    async with telegram_box() as box:
        box.group.album(ANN, [Attachment(photo=True) for _ in range(5)], "the numbers look odd")
        await box.settle()
        assert (await box.tickets(), len(box.group.posts)) == (1, 1)
        words = "SELECT json_array_length(files) FROM message JOIN room ON room.id = room_id"
        assert await box.sql(f"{words} WHERE direction = 'in' AND room.kind = 'client'") == [(5,)]


@pytest.mark.parametrize(
    "mark",
    [
        {"via_bot": Person(9, "Gif", "gif", is_bot=True).user},
        {"sender_chat": {"id": -100777, "type": "supergroup", "title": "acme"}},
        {"forward_origin": {"type": "user", "date": 1, "sender_user": MIA.user}},
    ],
    ids=["via a bot", "anonymous admin", "forwarded"],
)
async def test_trap_18_words_of_bots_and_of_nobody_in_particular_have_no_authority(mark):
    async with telegram_box() as box:
        ref = await opened(box)
        before, posts = await log_of(box), len(box.group.posts)
        await box.says(box.group, MIA, f"/resolve {ref}", **mark)
        assert "resolved" not in await log_of(box)
        assert [kind for kind in await log_of(box) if kind in ("replied", "resolved")] == []
        assert len(box.group.posts) == posts
        assert before[0] == "opened"


@pytest.mark.parametrize(
    "mark",
    [
        {"sender_chat": {"id": -100777, "type": "supergroup", "title": "acme"}},
        {"sender_chat": {"id": -100888, "type": "channel", "title": "News"}},
        {"forward_origin": {"type": "user", "date": 1, "sender_user": STRANGER.user}},
    ],
    ids=["anonymous admin", "as a channel", "forwarded"],
)
async def test_trap_18_what_a_client_passes_on_or_says_without_a_name_is_his_words_and_no_command(mark):
    who = ANN if "forward_origin" in mark else Person(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
    async with telegram_box() as box:
        await box.says(box.group, who, "/escalate 502 Bad Gateway at /postback", **mark)
        assert await log_of(box) == ["opened"], "a ticket, and nothing is run"
        assert "Answer guaranteed" in box.group.texts[0]
        await box.says(box.group, who, "and the same on /click", **mark)
        assert await log_of(box) == ["opened", "client_message"]
        assert len(box.group.posts) == 1


async def test_trap_18_what_staff_passes_on_answers_nothing_and_opens_nothing():
    async with telegram_box() as box:
        forwarded = {"forward_origin": {"type": "user", "date": 1, "sender_user": ANN.user}}
        await box.says(box.group, MIA, "the export is broken", **forwarded)
        assert await box.tickets() == 0
        await opened(box)
        await box.says(box.group, MIA, "solved, it works again", **forwarded)
        assert await log_of(box) == ["opened"]
        told = len(box.direct(MIA).posts)
        await box.says(box.direct(MIA), MIA, "/status", **forwarded)
        assert len(box.direct(MIA).posts) == told, "nor does it run anything in a chat of his own"


async def test_trap_18_a_code_that_is_passed_on_links_nothing_and_a_strange_room_is_not_greeted_for_it():
    async with telegram_box() as box:
        other = box.api.group("elsewhere", ANN)
        forwarded = {"forward_origin": {"type": "user", "date": 1, "sender_user": MIA.user}}
        await box.says(other, ANN, "look at this", **forwarded)
        assert other.posts == []
        await box.says(other, ANN, f"/link {await box.code('acme')}", **forwarded)
        assert await box.sql("SELECT kind FROM room WHERE ext_id = ? AND active = 1", other.room) == [("unlinked",)]


@pytest.mark.parametrize("known", [True, False], ids=["by name", "anonymous"])
async def test_trap_18_of_codes_that_link_nothing_a_room_hears_five_times_and_then_once_a_minute(known):
    async with telegram_box() as box:
        room, code = box.api.group("one", ANN), await box.code("acme")
        behind = {} if known else {"sender_chat": {"id": -100777, "type": "supergroup", "title": "one"}}
        for _ in range(40):
            room.says(ANN, f"/link {'x' * 27 if known else code}", **behind)
        await box.settle()
        assert len(room.posts) == 5
        box.clocks.forward(timedelta(minutes=1))
        await box.says(room, ANN, f"/link {'x' * 27 if known else code}", **behind)
        await box.says(room, ANN, f"/link {'x' * 27 if known else code}", **behind)
        assert len(room.posts) == 6
        await box.says(room, ANN, f"/link {code}")
        assert "belongs to the agreement of acme" in room.texts[-1], "what links is answered at any time"


async def test_trap_18_an_anonymous_administrator_is_told_why_his_code_links_nothing_and_it_stays_good():
    async with telegram_box() as box:
        room, code = box.api.group("one", ANN), await box.code("acme")
        nobody = Person(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
        behind = {"id": -100777, "type": "supergroup", "title": "one"}
        await box.says(room, nobody, f"/start@PledgeBot {code}", sender_chat=behind)
        assert "still good" in room.texts[-1] and "Remain anonymous" in room.texts[-1]
        await box.says(room, ANN, f"/start@PledgeBot {code}")
        assert "acme" in room.texts[-1] and "Remain" not in room.texts[-1]


async def test_trap_23_of_assistants_who_cannot_be_written_to_the_leads_hear_nothing():
    async with telegram_box() as box:
        before = len(box.direct(LEA).posts)
        owner = {"id": 4711, "is_bot": False, "first_name": "Sam"}
        connection = {"id": "b", "user": owner, "user_chat_id": 4711, "is_enabled": True}
        box.api.bring("business_connection", {**connection, "date": int(box.clocks.business.timestamp())})
        await box.settle()
        assert len(box.direct(LEA).posts) == before


@pytest.mark.parametrize(
    "words",
    [
        "/link {}",
        "/LINK   {}",
        "/start {}",
        "t.me/PledgeBot?startgroup={}",
        "t.me/PledgeBot?x=%20{}",
        "link {}",
        "link: {}",
        "please /link {} today",
        "/link\u2003{}",
        "the code:\n{}",
        "_{}_",
        "код{}",
        "{}",
    ],
)
async def test_trap_23_a_code_that_is_answered_or_passed_over_is_kept_nowhere(words):
    async with telegram_box("webhook") as box:
        room, code = box.api.group("one", ANN), await box.code("acme")
        said = room.says(ANN, words.format(code))
        await box.settle()
        await box.says(room, ANN, "did it work?", reply_to=said)
        code = await box.code("acme")
        room.says(ANN, words.format(code), file=Attachment(photo=True))
        await strange(box, box.group, ANN, reply_to_message={"text": words.format(code)}, quote={"text": code})
        rows = await box.sql(
            "SELECT text FROM message UNION ALL SELECT payload FROM inbox UNION ALL SELECT inbound FROM inbox"
        )
        assert len(rows) > 3 and not [row for row in rows if code in str(row)]


STICKER = {
    "file_id": "s1",
    "file_unique_id": "u",
    "type": "regular",
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
}


@pytest.mark.parametrize("emoji", ["👍", "🔥", None])
async def test_trap_13_a_sticker_alone_opens_nothing_and_reopens_nothing(emoji):
    sticker = STICKER | ({} if emoji is None else {"emoji": emoji})
    async with telegram_box(team=True) as box:
        box.group.service(ANN, {"sticker": sticker})
        await box.settle()
        assert (await box.tickets(), box.group.posts) == (0, [])
        await opened(box)
        await box.says(box.direct(MIA), MIA, "/hold T-42 client")
        before, log = len(box.group.posts), await log_of(box)
        box.group.service(ANN, {"sticker": sticker})
        await box.settle()
        assert (await log_of(box), len(box.group.posts)) == (log, before), "nor is it the answer that was waited for"
        await box.says(box.direct(MIA), MIA, "/resolve T-42")
        before = len(box.group.posts)
        box.group.service(ANN, {"sticker": sticker})
        await box.settle()
        assert (await box.tickets(), len(box.group.posts)) == (1, before)


@pytest.mark.parametrize(
    ("sent", "en", "ru"),
    [
        ({"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}}, "voice message", "голосовое сообщение"),
        (
            {"photo": [{"file_id": "p", "file_unique_id": "u", "width": 9, "height": 9}]},
            "picture",
            "изображение",
        ),
        ({"document": {"file_id": "d", "file_unique_id": "u", "file_name": "log.txt"}}, "file", "файл"),
    ],
)
async def test_a_nudge_says_what_was_sent_where_there_are_no_words(sent, en, ru):
    async with telegram_box() as box:
        box.group.service(ANN, sent)
        await box.settle()
        await box.forward(timedelta(minutes=30))
        assert f"'{en}'" in box.direct(MIA).texts[-1]
        await box.says(box.direct(MIA), MIA, "/status T-42")
        assert en in box.direct(MIA).texts[-1]
        await box.says(box.direct(MIA), MIA, "/language ru")
        await box.says(box.direct(MIA), MIA, "/status T-42")
        assert ru in box.direct(MIA).texts[-1]


@pytest.mark.parametrize("said", ["/new@PledgeBot", "/New@pledgebot,", "@PledgeBot new:"])
async def test_a_ticket_is_quoted_without_the_bots_name_that_a_menu_writes(said):
    async with telegram_box() as box:
        await box.says(box.group, ANN, f"{said} postbacks stopped")
        await box.forward(timedelta(minutes=30))
        assert "'postbacks stopped'" in box.direct(MIA).texts[-1]


async def test_trap_18_another_bot_opens_no_ticket_and_gets_no_answer():
    async with telegram_box() as box:
        other = Person(900, "Alerts", "alerts_bot", is_bot=True)
        for _ in range(3):
            await box.says(box.group, other, "500 errors on the landing page")
        assert (await box.tickets(), box.group.posts) == (0, [])


async def test_trap_20_a_group_that_becomes_a_supergroup_keeps_its_ticket_and_gets_each_post_once():
    async with telegram_box() as box:
        ref = await opened(box)
        after = box.group.upgrade(ANN)
        await box.settle()
        await box.says(box.direct(MIA), MIA, f"/eta {ref} 15:00")
        assert len(after.posts) == 1
        assert "15:00" in after.texts[0]
        await box.says(after, ANN, f"/status {ref}")
        assert ref in after.texts[-1]
        assert await box.tickets() == 1
        assert len(box.group.posts) == 1
        assert box.direct(LEA).texts == [
            f"acme has another address in Telegram now: {after.room}, before {box.group.room}. Nothing is lost and all "
            f"clocks run on; write {after.room} into the roster file."
        ], "once, however often the platform says it"


async def test_a_group_that_a_lead_lets_pass_keeps_its_title_and_the_lead_reads_what_the_file_still_says():
    async with telegram_box(clients=("acme", "bolt")) as box:
        box.group.title = "Acme, now Bolt"
        await box.says(box.group, BOB, f"/link {await box.code(client='bolt')}")
        pressed = await box.press(box.direct(LEA), LEA, "Let it pass")
        assert pressed.answer == "Done: Acme, now Bolt has passed."
        assert box.direct(LEA).texts[-1] == (
            f"The roster file still lists {box.group.room} at acme. This holds all the same, until that line is "
            "changed; list it at Bolt."
        )
        [(name,)] = await box.sql("SELECT name FROM room WHERE active = 1 AND ext_id = ?", box.group.room)
        assert name == "Acme, now Bolt"


@pytest.mark.parametrize("how", ["kicked", "left", "restricted"])
async def test_trap_21_a_lost_room_is_told_elsewhere_and_its_clock_runs_on(how):
    async with telegram_box() as box:
        ref = await opened(box)
        box.group.standing(ANN, how)
        await box.settle()
        assert "acme" in box.direct(MIA).texts[-1], "the manager hears of it"
        told = len(box.direct(MIA).posts)
        await box.forward(timedelta(minutes=61))
        assert len(box.direct(MIA).posts) > told, "nudges go on"
        assert (await box.sql("SELECT count(*) FROM clock WHERE breached_at IS NOT NULL"))[0][0] >= 1
        assert len(box.group.posts) == 1
        box.group.standing(ANN, "member")
        await box.settle()
        assert len(box.group.posts) > 1, f"what waited for the room of {ref} is said there now"


async def test_trap_21_nobody_is_said_to_be_told_whose_room_is_known_to_be_lost():
    async with telegram_box() as box:
        await opened(box)
        box.group.standing(ANN, "kicked")
        await box.settle()
        for said in (
            "/eta T-42 12:40",
            "/hold T-42 third party Keitaro",
            "/resume T-42",
            "/escalate T-42 it is urgent",
        ):
            await box.says(box.direct(MIA), MIA, said)
            answer = box.direct(MIA).texts[-1]
            assert "acme has not been reached yet and will be told when the room is back" in answer, answer
        answers = box.direct(MIA).texts
        assert any(text.startswith("Written down: fix expected by 12:40") for text in answers)
        assert not any("acme is told" in text for text in answers)
        box.group.standing(ANN, "member")
        await box.settle()
        assert any("12:40" in text for text in box.group.texts)
        await box.says(box.direct(MIA), MIA, "/hold T-42 client")
        assert any(text.startswith("acme is told") for text in box.direct(MIA).texts)


async def test_the_channel_is_called_what_people_call_it():
    async with telegram_box() as box:
        await box.says(box.group, BOB, "/whoami")
        assert "Nobody is listed under this account: Telegram 502." in box.group.texts[-1]
        assert "client room, Telegram, GMT+3" in box.group.texts[-1]
        box.group.standing(ANN, "kicked")
        await box.settle()
        assert "(Telegram)" in box.direct(MIA).texts[-1]


async def test_trap_22_privacy_mode_is_a_loud_warning_with_its_way_out():
    async with telegram_box(privacy=True) as box:
        outside = box.outside()
        await outside.look()
        [warning] = [text for text in outside.warnings() if "privacy" in text]
        assert "/setprivacy" in warning
        assert box.group.room in warning
        assert outside.reasons() == []


async def test_trap_22_an_administrator_hears_everything_in_spite_of_privacy_mode():
    async with telegram_box(privacy=True) as box:
        box.group.standing(ANN, "administrator")
        outside = box.outside()
        await outside.look()
        assert [text for text in outside.warnings() if "privacy" in text] == []
        await box.says(box.group, ANN, "postbacks stopped")
        assert len(box.group.posts) == 1


async def test_trap_23_a_stranger_who_adds_the_bot_reads_one_neutral_line():
    async with telegram_box() as box:
        foreign = box.api.group("Elsewhere", STRANGER, bot="left")
        foreign.standing(STRANGER, "member")
        for _ in range(3):
            await box.says(foreign, STRANGER, "what can you do?")
        assert len(foreign.posts) == 1
        for word in ("acme", "Mia", "T-"):
            assert word not in foreign.texts[0]
        assert await box.tickets() == 0


async def test_trap_23_whoever_makes_the_bot_a_business_account_s_assistant_is_told_that_it_is_none():
    async with telegram_box() as box:
        chat = box.direct(STRANGER)
        await box.says(chat, STRANGER, "hello")
        before = len(chat.texts)
        owner = {"id": STRANGER.id, "is_bot": False, "first_name": "Sam"}
        for number, is_enabled in enumerate((False, True, True)):
            connection = {"id": f"b{number}", "user": owner, "user_chat_id": STRANGER.id, "is_enabled": is_enabled}
            box.api.bring("business_connection", {**connection, "date": int(box.clocks.business.timestamp())})
            await box.settle()
            assert len(chat.texts) == before + (number > 0), "who takes it back is told nothing"
        assert [text[:49] for text in chat.texts[before:]] == ["Pledge answers in chats of its own and in groups,"]
        assert box.api.updates.put("business_message", {"message_id": 5}) is None, "nothing of it is asked for"
        assert await box.tickets() == 0


@pytest.mark.parametrize("words", ["/link {}", "/start {}", "/start@PledgeBot {}"])
async def test_trap_23_a_code_links_a_room_once_and_expires(words):
    async with telegram_box() as box:
        first, second, third = (box.api.group(name, ANN) for name in ("one", "two", "three"))
        code = await box.code("acme")
        await box.says(first, ANN, words.format(code))
        assert "Mia" in first.texts[-1]
        await box.says(second, ANN, words.format(code))
        assert "Mia" not in second.texts[-1]
        old = await box.code("acme")
        box.clocks.forward(timedelta(minutes=11))
        await box.says(third, ANN, words.format(old))
        assert "Mia" not in third.texts[-1]
        await box.says(first, ANN, "postbacks stopped")
        assert "Answer guaranteed" in first.texts[-1]
        rows = await box.sql("SELECT text FROM message UNION ALL SELECT payload FROM inbox")
        assert all(code not in str(row) for row in rows), "a code is not left in the store"


async def test_trap_25_a_button_is_pressed_with_the_rights_of_whoever_presses_it():
    async with telegram_box(clients=("acme", "bolt")) as box:
        await opened(box)
        await box.forward(timedelta(minutes=31))
        nudge = box.direct(MIA).posts[-1]
        [take] = [data for label, data in nudge.buttons.items() if label == "Take it"]
        await box.says(box.rooms["bolt"], EVE, "and our exports fail")
        before = await log_of(box)
        for chat, who in ((box.rooms["bolt"], EVE), (box.group, ANN), (box.group, BOB)):
            press = callback(box, chat, who, take)
            await box.settle()
            async with asyncio.timeout(5):
                await box.api.presses[press].answered.wait()
            assert box.api.presses[press].answer, "it is told that nothing happens"
        assert await log_of(box) == before


async def test_trap_26_an_old_button_of_a_closed_ticket_says_so():
    async with telegram_box() as box:
        ref = await opened(box)
        window = box.group.posts[0]
        await box.says(box.direct(MIA), MIA, f"/resolve {ref}")
        await box.press(box.group, ANN, "Confirm")
        before, rows = await log_of(box), [list(row) for row in window.rows]
        press = await box.press(box.group, ANN, "Service down", window)
        assert press.answer
        assert await log_of(box) == before
        assert window.buttons == {}, "the message is refreshed"
        window.rows = rows  # on a screen that is older than that
        far = await box.press(box.group, ANN, "Service down", window, far=True)
        assert far.answer, "also where the message is out of reach"


async def test_trap_27_a_press_is_answered_even_when_nothing_could_be_stored():
    async with telegram_box() as box:
        await opened(box)
        whole, tries = box.receive, []

        async def failing(inbound):
            tries.append(inbound)
            if len(tries) == 1:
                raise Unavailable("locked")
            async with asyncio.timeout(5):
                await press.answered.wait()  # before it is brought again
            return await whole(inbound)

        box.receive = failing
        press = box.group.presses(ANN, "Service down")
        await box.settle()
        assert len(tries) == 2, "and it is not lost"
        assert "priority_changed" in await log_of(box)


async def test_trap_27_a_press_that_is_too_old_to_answer_is_no_trouble(caplog):
    async with telegram_box() as box:
        await opened(box)
        box.api.trouble("answerCallbackQuery", "refuse", code=400, text="Bad Request: query is too old")
        with caplog.at_level(logging.WARNING):
            box.group.presses(ANN, "Service down")
            await box.settle()
        assert "priority_changed" in await log_of(box)
        assert "unanswered" not in caplog.text


async def test_trap_29_a_flooded_chat_rests_alone():
    async with telegram_box(clients=("acme", "bolt")) as box:
        acme, bolt = box.rooms["acme"], box.rooms["bolt"]
        box.api.trouble("sendMessage", "flood", acme, seconds=30)
        acme.says(ANN, "postbacks stopped")
        bolt.says(EVE, "exports fail")
        await box.api.taken()
        begun = box.clocks.machine
        await box.delivery.drain_once()
        assert (acme.texts, len(bolt.posts)) == ([], 1)
        await box.deliver()
        assert len(acme.posts) == 1
        assert timedelta(seconds=30) <= box.clocks.machine - begun <= timedelta(seconds=32)


CHANGES = {
    "eta": lambda n: f"/eta T-42 15:{n:02} the vendor is slow",
    "hold": lambda n: "/resume T-42" if n % 2 else "/hold T-42 client which campaign",
    "priority": lambda n: f"/priority T-42 {'critical' if n % 2 else 'high'} as agreed",
}


async def changed_for_a_minute(box: TelegramBox, words, *, interrupted: bool) -> list[tuple[timedelta, bool]]:
    """Mia says 25 things of T-42, one every 2.4 s; when something went into the group since, and whether as a post."""
    await opened(box)
    box.clocks.machine += timedelta(minutes=5)
    begun, sent, send = box.clocks.machine, [], box.channel.send

    async def counted(message: Outbound):
        if message.room == box.group.room:
            sent.append((box.clocks.machine - begun, message.edit_of is None))
        return await send(message)

    box.channel.send = counted
    for n in range(25):
        if interrupted:
            box.group.says(ANN, f"campaign {n}")
        box.direct(MIA).says(MIA, words(n))
        await box.api.taken()
        while box.clocks.machine < begun + timedelta(seconds=2.4) * (n + 1):
            await box.delivery.drain_once()
            box.clocks.machine += timedelta(seconds=0.4)
    await box.deliver(timedelta(minutes=5))
    return sent


def most_in_a_minute(moments: list[timedelta]) -> int:
    return max(sum(at <= other < at + timedelta(minutes=1) for other in moments) for at in moments)


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
async def test_trap_30_twenty_five_changes_in_a_minute_are_one_post_that_is_edited(words):
    async with telegram_box() as box:
        sent = await changed_for_a_minute(box, words, interrupted=False)
        assert sum(is_post for _, is_post in sent) <= 2
        assert most_in_a_minute([at for at, _ in sent]) <= 20
        last = "15:24" if "/eta" in words(0) else "details" if "/hold" in words(0) else "downtime"
        assert last in box.group.texts[-1], "the last word is said"


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
async def test_trap_30_where_people_talk_in_between_no_minute_has_more_than_twenty_posts(words):
    async with telegram_box() as box:
        sent = await changed_for_a_minute(box, words, interrupted=True)
        posts = [at for at, is_post in sent if is_post]
        assert len(posts) > 5 and most_in_a_minute(posts) <= 20
        assert most_in_a_minute([at for at, _ in sent]) <= 20


async def test_trap_31_foreign_words_are_inert():
    hostile = "<b>x</b> & </b> &lt; @mia_vendor @everyone tg://user?id=601 /status@x \u202egnp.exe\r\n`a` [a](b) *"
    async with telegram_box() as box:
        await opened(box, hostile)
        await box.forward(timedelta(minutes=31))
        nudge = box.direct(MIA).posts[-1]
        assert "<b>x</b> & </b>" in nudge.text
        assert nudge.pings == set()
        assert "\u202e" not in nudge.text
        assert {entity["type"] for entity in nudge.entities} <= {"date_time", "bold", "code", "bot_command"}


async def test_trap_32_ten_thousand_characters_come_in_order_and_whole():
    lines = tuple(
        paragraph(Bold((Text(f"{n:03} \U0001f468‍\U0001f469‍\U0001f467"),)), " é\U0001f600" * 30) for n in range(100)
    )
    body = Rich((*lines, Items((paragraph("the end"),))), ())
    async with telegram_box() as box:
        sent = await box.channel.send(Outbound("o1", "default", box.group.room, body))
        assert isinstance(sent, Sent)
        assert sent.provider_id.endswith(f"/{box.group.posts[0].message_id}")
        assert len(box.group.posts) > 1
        assert all(units(text) <= 4096 for text in box.group.texts)
        text = "\n".join(box.group.texts)
        assert [line[:3] for line in text.splitlines()][:100] == [f"{n:03}" for n in range(100)]
        assert sum(len(post.spans("bold")) for post in box.group.posts) == 100
        assert "\ufffd" not in text


async def test_trap_32_one_line_without_a_space_is_cut_between_characters():
    body = Rich((paragraph("\U0001f600" * 5000),))
    async with telegram_box() as box:
        assert isinstance(await box.channel.send(Outbound("o1", "default", box.group.room, body)), Sent)
        assert "".join(box.group.texts) == "\U0001f600" * 5000


async def test_trap_33_an_edit_that_changes_nothing_is_done():
    body = Rich((paragraph("same"),))
    async with telegram_box() as box:
        sent = await box.channel.send(Outbound("o1", "default", box.group.room, body))
        again = Outbound("o2", "default", box.group.room, body, edit_of=sent.provider_id)
        assert await box.channel.send(again) == sent
        assert len(box.group.posts) == 1


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ({}, 403),
        ({"x-telegram-bot-api-secret-token": SECRET[:-1]}, 403),
        ({"x-telegram-bot-api-secret-token": ""}, 403),
    ],
    ids=["none", "a prefix", "empty"],
)
async def test_trap_39_a_push_without_the_secret_stores_nothing(head, status, caplog):
    async with telegram_box("webhook") as box:
        [before] = await box.sql("SELECT count(*) FROM inbox")
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(box.hook_url, json={"update_id": 1}, headers=head)
        assert answer.status_code == status
        assert await box.sql("SELECT count(*) FROM inbox") == [before]
        assert SECRET not in caplog.text


async def test_trap_39_what_is_no_update_is_kept_for_a_human_and_holds_nothing_up():
    async with telegram_box("webhook") as box:
        head = {"x-telegram-bot-api-secret-token": SECRET, "content-type": "application/json"}
        async with httpx.AsyncClient(trust_env=False) as http:
            for body in (b"{", b"[]", b'{"update_id": "x"}', b'{"update_id": 5, "message": {"date": "never"}}'):
                assert (await http.post(box.hook_url, content=body, headers=head)).status_code == 200
        await box.deliver()
        assert await box.sql("SELECT count(*) FROM inbox WHERE state = 'quarantined'") == [(4,)]
        assert box.direct(LEA).posts, "a human is told"
        await box.says(box.group, ANN, "postbacks stopped")
        assert len(box.group.posts) == 1


async def test_trap_39_a_message_of_an_unknown_kind_is_kept_and_opens_a_ticket_so_that_a_human_looks():
    async with telegram_box("webhook") as box:  # what a poll brings is held against the reduced specification
        teller = {"id": ANN.id, "type": "private", "first_name": ANN.name}
        box.api.updates.put(
            "message",
            {
                "message_id": next(box.group.ids),
                "from": ANN.user,
                "chat": box.group.facts,
                "date": int(box.clocks.business.timestamp()),
                "story": {"chat": teller, "id": 3},
            },
        )
        await box.settle()
        assert await box.sql("SELECT count(*) FROM inbox WHERE state = 'quarantined'") == [(1,)]
        assert box.direct(LEA).posts, "a human is told"
        [window] = box.group.texts
        assert "Answer guaranteed" in window
        await box.forward(timedelta(minutes=31))
        assert "of a kind this version does not know: story" in box.direct(MIA).texts[-1]


async def strange(box: TelegramBox, chat: Chat, who: Person, *, times: int = 1, **more: object) -> None:
    """Somebody sends what the bot cannot read, so often."""
    for _ in range(times):
        date = int(box.clocks.business.timestamp())
        story = {"chat": {"id": who.id, "type": "private", "first_name": who.name}, "id": 3}
        said = {"message_id": next(chat.ids), "from": who.user, "chat": chat.facts, "date": date, "story": story}
        box.api.updates.put("message", {**said, **more})
    await box.api.taken()
    await box.deliver()


def unread_told(box: TelegramBox) -> list[str]:
    """What the lead was told of what could not be read."""
    return [text for text in box.direct(LEA).texts if "A person must look" in text]


async def test_trap_39_of_what_cannot_be_read_the_leads_hear_at_once_and_at_the_end_of_the_hour_by_room():
    async with telegram_box("webhook", clients=("acme", "bolt")) as box:
        await strange(box, box.group, ANN, times=40)
        await strange(box, box.rooms["bolt"], EVE)
        assert len(unread_told(box)) == 2, "a line for each room"
        await box.forward(timedelta(hours=1) - timedelta(seconds=1))
        assert len(unread_told(box)) == 2
        await box.forward(timedelta(seconds=1))
        assert "(acme): 39 since the last word" in unread_told(box)[-1]
        assert len(unread_told(box)) == 3, "nothing more came from the other room"
        await strange(box, box.group, ANN)
        assert len(unread_told(box)) == 3
        await box.forward(timedelta(hours=1))
        assert "A message could not be read" in unread_told(box)[-1]
        await box.forward(timedelta(hours=1))
        assert len(unread_told(box)) == 4
        await strange(box, box.group, ANN)
        assert len(unread_told(box)) == 5, "after a quiet hour it is told at once again"


async def test_trap_39_what_has_not_even_a_room_is_told_by_its_reason():
    async with telegram_box("webhook") as box:
        async with httpx.AsyncClient(trust_env=False, headers={"x-telegram-bot-api-secret-token": SECRET}) as http:
            for n, edited in enumerate(({"chat": 5, "text": "a"}, {}, {"chat": 6, "text": "a"})):
                event = {"update_id": 987_654 + n, "edited_message": edited}
                assert (await http.post(box.hook_url, json=event)).status_code == 200
        await box.deliver()
        assert len(unread_told(box)) == 2
        await box.forward(timedelta(hours=1))
        assert len(unread_told(box)) == 3
        assert await box.sql("SELECT state FROM digest ORDER BY id") == [("told",), ("quiet",), ("open",)]


async def test_trap_39_strangers_can_keep_no_lead_busy():
    async with telegram_box("webhook") as box:
        for n in range(3):
            room = box.api.group(f"Elsewhere {n}", STRANGER, bot="left")
            room.standing(STRANGER, "member")
            await strange(box, room, STRANGER, times=20)
        await box.forward(timedelta(hours=5))
        await strange(box, room, STRANGER, times=20)
        assert len(unread_told(box)) == 1
        await box.forward(timedelta(hours=19))
        assert len(unread_told(box)) == 2
        assert "(Telegram): 79 since the last word" in unread_told(box)[-1]


async def test_trap_39_what_staff_sends_that_cannot_be_read_is_no_word_to_the_client():
    async with telegram_box("webhook") as box:
        await strange(box, box.group, MIA)
        assert (box.group.texts, await box.tickets()) == ([], 0)
        assert len(box.direct(LEA).posts) == 1


async def test_trap_39_what_cannot_be_read_of_a_known_kind_joins_the_ticket_of_whoever_said_it():
    async with telegram_box("webhook") as box:
        await opened(box)
        strange = {"message_id": next(box.group.ids), "from": ANN.user, "chat": box.group.facts, "contact": {}}
        box.api.updates.put("message", {**strange, "date": int(box.clocks.business.timestamp())})
        await box.settle()
        assert await log_of(box) == ["opened", "client_message"]
        assert len(box.group.posts) == 1


async def test_trap_40_the_token_is_in_no_log_and_in_no_row(caplog):
    async with telegram_box() as box:
        with caplog.at_level(logging.DEBUG):
            await opened(box)
            for kind in ("drop_before", "drop_after", "garbage"):
                box.api.trouble("sendMessage", kind)
                await box.says(box.group, ANN, "/status")
            box.api.token = "1:revoked"
            await box.channel.probe("default")
            await box.outside().look()
        secret = box.token.partition(":")[2]
        assert secret not in caplog.text
        tables = [name for (name,) in await box.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            assert all(secret not in str(row) for row in await box.sql(f"SELECT * FROM {table}"))
        box.api.token = box.token


async def test_trap_35_a_second_poller_stops_this_one_with_a_clear_word(caplog):
    async with telegram_box() as box:
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{box.api.url}/bot{box.token}/getUpdates", json={"timeout": 0})
        async with asyncio.timeout(5):
            while not box.standing.is_fatal:
                await asyncio.sleep(0)
        outside = box.outside()
        await outside.look()
        [reason] = outside.reasons()
        assert "another process" in reason
        assert "second Pledge" in reason
        sent = await box.channel.send(Outbound("o", "default", box.group.room, Rich((paragraph("still speaks"),))))
        assert isinstance(sent, Sent)


def test_every_row_for_telegram_has_its_test():
    rows = {1, 5, 9, 11, 18, 20, 21, 22, 23, 25, 27, 30, 32, 33, 39}
    named = {int(name.split("_")[2]) for name in globals() if name.startswith("test_trap_")}
    assert rows <= named

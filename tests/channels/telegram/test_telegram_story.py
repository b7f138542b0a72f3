"""The story that must always work, told on Telegram: in a group, in a forum's topics, and by two clients at once."""

from datetime import timedelta

import pytest
from channels.telegram.bot_api import Attachment
from channels.telegram.telegram_box import ANN, BOB, EVE, LEA, MIA, SUE, TOM, TelegramBox, telegram_box

EVERYWHERE = pytest.mark.parametrize(
    ("mode", "kind"),
    [(mode, kind) for mode in ("polling", "webhook") for kind in ("group", "supergroup", "forum")],
)


async def statuses(box: TelegramBox) -> list[str]:
    return [status for (status,) in await box.sql("SELECT status FROM ticket ORDER BY ref")]


@EVERYWHERE
async def test_the_story_from_the_first_word_to_the_rating(mode, kind):
    async with telegram_box(mode, kind=kind, team=True) as box:
        topic = box.group.topic("Tracking", ANN) if kind == "forum" else None
        group, mia = box.group, box.direct(MIA)

        # 1. One answer, where it was asked: who, by when in the reader's own time, and what to press.
        asked = await box.says(group, ANN, "postbacks stopped arriving since 9am", topic=topic)
        [window] = group.posts
        assert window.text == "Answer guaranteed by 13:00 GMT+3 (in 60 min). Mia answers. T-42, High end-user impact."
        assert window.spans("date_time") == ["13:00 GMT+3"]
        assert (window.reply_to, window.thread) == (asked["message_id"], None if topic is None else topic.id)
        assert list(window.buttons) == ["Service down", "Risk of service downtime", "Separate issue"]
        await box.says(group, ANN, "all campaigns, all countries", topic=topic)
        group.album(ANN, [Attachment(photo=True) for _ in range(3)], topic=topic)
        await box.settle()
        await box.says(group, BOB, "thanks", topic=topic)
        assert len(group.posts) == 1
        press = await box.press(group, ANN, "Service down")
        assert press.answered.is_set()

        # 2. The manager hears of it before it is due, in her own chat, with the client's words.
        await box.forward(timedelta(minutes=7))
        assert "postbacks stopped arriving" in mia.texts[-1]
        assert {"Take it", "Ask for details"} <= set(mia.posts[-1].buttons)

        # 3. A bare word is no answer; she alone is told, and offered an ETA.
        posts = len(group.posts)
        await box.says(group, MIA, "looking into it", reply_to=asked, topic=topic)
        assert "neither resolution nor ETA" in mia.texts[-1]
        assert len(group.posts) == posts

        # 4. An ETA is a promise in the client's room; it moves only with a reason.
        await box.press(mia, MIA, "ETA in 1 h")
        assert group.texts[-1].startswith("Fix expected by")
        assert group.posts[-1].thread == (None if topic is None else topic.id)
        await box.says(mia, MIA, "/eta T-42 15:30")
        assert "reason" in mia.texts[-1]
        await box.says(mia, MIA, "/eta T-42 15:30 the network's vendor is slow")
        assert "the network's vendor is slow" in group.texts[-1]
        assert "15:30" in group.texts[-1]

        # 6. Resolved, confirmed, rated.
        await box.says(mia, MIA, "/resolve T-42")
        await box.press(group, ANN, "Confirm")
        await box.press(group, ANN, "5")
        assert await statuses(box) == ["confirmed"]
        assert {(post.thread) for post in group.posts} == {None if topic is None else topic.id}


async def test_the_first_nudge_of_the_page_is_followed_by_what_stops_the_clock():
    """docs/how-to/connect-telegram.md, section 5, under the agreement its roster names."""
    running = "SELECT count(*) FROM clock WHERE metric = 'RESPONSE' AND state = 'running'"
    async with telegram_box() as box:
        asked = await box.says(box.group, ANN, "postbacks stopped")
        await box.forward(timedelta(minutes=30))
        await box.says(box.group, MIA, "The queue was full, it is emptied and all of them arrive again", reply_to=asked)
        assert await box.sql(running) == [(1,)], "a mere answer"
        await box.press(box.direct(MIA), MIA, "ETA in 1 h")
        assert await box.sql(running) == [(0,)]
        assert box.group.texts[-1].startswith("Fix expected by")


@EVERYWHERE
async def test_nobody_answers_and_everybody_is_called_once(mode, kind):
    async with telegram_box(mode, kind=kind, team=True) as box:
        await box.says(box.group, ANN, "postbacks stopped")
        await box.forward(timedelta(hours=2))
        called = {who.name: box.direct(who).texts for who in (TOM, SUE, LEA)}
        assert all(any("T-42" in text for text in texts) for texts in called.values()), "the ladder L1, L2, L3"
        assert len(box.group.posts) >= 2, "the client is told honestly"
        assert "missed" in "\n".join(box.group.texts)
        for texts in called.values():
            assert len(texts) == len(set(texts)), "nobody reads the same twice"


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_two_topics_of_a_forum_are_answered_where_they_were_asked(mode):
    async with telegram_box(mode, kind="forum") as box:
        one, two = (box.group.topic(name, ANN) for name in ("Tracking", "Billing"))
        await box.says(box.group, ANN, "/new postbacks stopped", topic=one)
        await box.says(box.group, ANN, "/new the invoice is wrong", topic=two)
        await box.says(box.group, ANN, "/new and this in general")
        assert [post.thread for post in box.group.posts] == [one.id, two.id, None]
        await box.says(box.direct(MIA), MIA, "/eta T-42 15:00")
        await box.says(box.direct(MIA), MIA, "/eta T-43 16:00")
        assert [post.thread for post in box.group.posts[3:]] == [one.id, two.id]


async def test_a_separate_issue_stays_in_its_topic():
    async with telegram_box(kind="forum") as box:
        topic = box.group.topic("Tracking", ANN)
        for text in ("postbacks stopped", "and the invoice is wrong"):
            await box.says(box.group, ANN, text, topic=topic)
        await box.press(box.group, ANN, "Separate issue")
        assert await box.tickets() == 2
        assert {post.thread for post in box.group.posts} == {topic.id}


async def test_a_closed_topic_does_not_swallow_the_answer():
    async with telegram_box(kind="forum") as box:
        topic = box.group.topic("Tracking", ANN)
        await box.says(box.group, ANN, "/new postbacks stopped", topic=topic)
        topic.close(ANN)
        await box.says(box.direct(MIA), MIA, "/eta T-42 15:00")
        assert "15:00" in box.group.texts[-1]
        assert box.group.posts[-1].thread is None


async def test_a_deleted_question_is_answered_without_a_reply():
    async with telegram_box() as box:
        asked = box.group.says(ANN, "/new postbacks stopped")
        box.group.deletes(asked)
        await box.settle()
        assert [post.reply_to for post in box.group.posts] == [None]
        calls = [call for call in box.api.called("sendMessage") if call.params["chat_id"] == box.group.id]
        assert len(calls) == 1, "without a second attempt"


async def test_a_chain_of_replies_in_a_supergroup_is_no_topic():
    async with telegram_box(kind="supergroup") as box:
        chat = box.group.says(MIA, "good morning")
        await box.says(box.group, ANN, "postbacks stopped", reply_to=chat)
        assert await box.sql("SELECT thread FROM ticket") == [(None,)]
        calls = [call for call in box.api.called("sendMessage") if call.params["chat_id"] == box.group.id]
        assert ["message_thread_id" in call.params for call in calls] == [False]


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_two_clients_side_by_side_read_nothing_of_each_other(mode):
    async with telegram_box(mode, clients=("acme", "bolt"), team=True) as box:
        acme, bolt = box.rooms["acme"], box.rooms["bolt"]
        acme.says(ANN, "/new canary-of-acme postbacks")
        bolt.says(EVE, "/new canary-of-bolt exports")
        await box.settle()
        [(acme_ref,)] = await box.sql("SELECT ref FROM ticket JOIN client c ON c.id = client_id WHERE c.key = 'acme'")
        [(bolt_ref,)] = await box.sql("SELECT ref FROM ticket JOIN client c ON c.id = client_id WHERE c.key = 'bolt'")
        foreign = (await box.says(bolt, EVE, f"/status T-{acme_ref}"), bolt.texts[-1])[1]
        unknown = (await box.says(bolt, EVE, "/status T-9999"), bolt.texts[-1])[1]
        assert foreign.replace(str(acme_ref), "N") == unknown.replace("9999", "N")
        await box.says(bolt, EVE, f"/escalate T-{acme_ref}")
        await box.says(bolt, ANN, "I am Ann of acme, /status please")
        await box.says(box.direct(MIA), MIA, f"/eta T-{acme_ref} 15:00")
        await box.forward(timedelta(hours=2))
        read = {chat.title: "\n".join(chat.texts) for chat in (acme, bolt)}
        assert "canary-of-bolt" not in read["acme"]
        assert "canary-of-acme" not in read["bolt"]
        assert f"T-{bolt_ref}" not in read["acme"]
        assert f"T-{acme_ref}" not in "\n".join(bolt.texts[3:]).replace(f"T-{acme_ref}", "", 1)
        crossed = "SELECT count(*) FROM outbox WHERE room_client_id NOT IN (client_id, 0)"
        assert await box.sql(crossed) == [(0,)]

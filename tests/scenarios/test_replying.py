"""Answering a client from the direct chat: shown, confirmed, then a reply like any other, in the manager's name.

Under 001 a medium request has one working hour. It is Tuesday noon in GMT+3, five in the morning in New York.
"""

from datetime import timedelta

from harness import bot_in_a_box

from bot.channels.base import File, InboundKind
from bot.desk import shadow
from bot.sla.log import EventKind, Party

NOON = "2025-03-18T12:00+03:00"
WORDS = "clear the cache,\n\nthen restart *the tracker*"


async def nudged(bot):
    """The client has asked, and Mia has a notice of it in her chat; its id there."""
    await bot.say("acme", "acme/ann", "postbacks stopped arriving")
    await bot.forward(to="2025-03-18T12:30+03:00")
    return next(f"m{n}" for n, post in enumerate(bot.channel.posts, 1) if post.room == "dm:mia")


async def replies(bot):
    return [event for event in (await bot.page("T-42")).log if event.kind is EventKind.REPLIED]


async def test_a_reply_to_a_notice_is_shown_exactly_and_sent_when_it_is_confirmed():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.say("dm:mia", "mia", WORDS, reply_to=notice)
        shown = bot.channel.posts[-1]
        assert shown.text == (
            "To Acme in Acme, on T-42, in the name of Mia, exactly this:\n"
            "Mia: clear the cache,\n"
            "then restart *the tracker*"
        )
        assert list(shown.buttons) == ["Send", "Cancel"]
        assert len(bot.posts("acme")) == 1 and not await replies(bot)
        await bot.forward(to="2025-03-18T12:35+03:00")
        await bot.press("dm:mia", "mia", "Send")
        said = next(post for post in reversed(bot.channel.posts) if post.room == "acme")
        assert said.text == "Mia: clear the cache,\nthen restart *the tracker*" and said.reply_to == "x1"
        [event] = await replies(bot)
        assert (event.at, event.party) == (bot.moment("2025-03-18T12:35+03:00"), Party.STAFF)
        assert await bot.words(event.message) == WORDS


async def test_it_is_kept_as_a_message_of_whoever_wrote_it_and_can_be_answered():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.say("dm:mia", "mia", "the tracker was restarted", reply_to=notice)
        await bot.press("dm:mia", "mia", "Send")
        said = next(f"m{n}" for n, post in enumerate(bot.channel.posts, 1) if post.text.startswith("Mia: the tracker"))
        room = await bot.read(lambda tx: tx.rooms.at("fake", "default", "acme").id)
        kept = await bot.read(lambda tx: tx.messages.by_ext(room, said))
        mia = await bot.read(lambda tx: tx.people.person_by_key("mia").id)
        assert (kept.party, kept.person_id) == (Party.STAFF, mia)
        await bot.forward(by=timedelta(hours=20))
        await bot.say("acme", "acme/ann", "it did not help", reply_to=said)
        assert (await bot.page("T-42")).log[-1].party is Party.CLIENT
        texts = [m.text for m in await bot.read(lambda tx: list(tx.messages.of_ticket(kept.ticket_id)))]
        assert texts.count("the tracker was restarted") == 1


async def test_a_reply_that_is_no_answer_is_told_so_and_can_be_made_one():
    async with bot_in_a_box(NOON) as bot:
        await nudged(bot)
        await bot.say("dm:mia", "mia", "/reply T-42 the tracker was restarted")
        await bot.press("dm:mia", "mia", "Send")
        assert "is neither resolution nor ETA" in "\n".join(bot.posts("dm:mia"))
        await bot.press("dm:mia", "mia", "That was the answer")
        assert (await bot.page("T-42")).standing.responded


async def test_what_is_cancelled_or_left_lying_reaches_nobody():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.say("dm:mia", "mia", "the tracker was restarted", reply_to=notice)
        first = bot.button("dm:mia", "Send")
        assert (await bot.press("dm:mia", "mia", "Cancel")).notice == "Nothing was sent."
        await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=first)
        await bot.say("dm:mia", "mia", "we look into it", reply_to=notice)
        bot.clock.now += timedelta(minutes=30, milliseconds=1)
        await bot.press("dm:mia", "mia", "Send")
        assert len(bot.posts("acme")) == 1 and not await replies(bot)


async def test_it_is_sent_once_and_by_its_author_only():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.say("dm:mia", "mia", "the tracker was restarted", reply_to=notice)
        await bot.say("dm:ben", "ben", "/send 1")
        assert len(bot.posts("acme")) == 1
        await bot.press("dm:mia", "mia", "Send")
        receipt = await bot.press("dm:mia", "mia", "Send")
        assert receipt.notice == "Already so: T-42."
        assert (await bot.press("dm:mia", "mia", "Cancel")).notice == "It was sent already: T-42."
        assert len(bot.posts("acme")) == 2 and len(await replies(bot)) == 1


async def test_a_change_before_it_is_sent_is_shown_again_and_one_after_is_told_not_to_be_sent():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.say("dm:mia", "mia", "/reply T-42 the traker was restarted", message_id="words")
        old = bot.button("dm:mia", "Send")
        edited = {"message_id": "words", "kind": InboundKind.EDIT}
        await bot.say("dm:mia", "mia", "/reply T-42 the tracker was restarted", **edited, edit_seq=1)
        assert bot.last("dm:mia").endswith("Mia: the tracker was restarted")
        await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=old)
        assert len(bot.posts("acme")) == 1
        await bot.press("dm:mia", "mia", "Send")
        assert bot.last("acme") == "Mia: the tracker was restarted"
        await bot.say("dm:mia", "mia", "/reply T-42 never mind", **edited, edit_seq=2)
        assert bot.last("dm:mia") == (
            "Acme still reads the words as they were sent: the change was not. To correct them, reply again. T-42"
        )
        assert len(bot.posts("acme")) == 2 and notice


async def test_files_do_not_go_with_it_and_that_is_said():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.say("dm:mia", "mia", "see the log", reply_to=notice, files=(File("log.txt", "text/plain", 9, "f1"),))
        assert bot.last("dm:mia").endswith("Files do not go with it: post them in the client's room.")
        await bot.say("dm:mia", "mia", "", reply_to=notice, files=(File("log.txt", "text/plain", 9, "f2"),))
        assert "Send" not in bot.channel.posts[-1].buttons or bot.channel.posts[-1].text.startswith("To Acme")


async def test_nothing_is_offered_for_a_closed_ticket_or_in_shadow():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        await bot.store.write(lambda tx: shadow.cast(tx, True))
        await bot.say("dm:mia", "mia", "the tracker was restarted", reply_to=notice)
        assert bot.last("dm:mia").startswith("Shadow mode: nothing is posted to Acme from here.")
        await bot.store.write(lambda tx: shadow.cast(tx, False))
        await bot.say("dm:mia", "mia", "the tracker was restarted", reply_to=notice)
        await bot.say("acme", "acme/ann", "/resolve T-42")
        read = len(bot.posts("acme"))
        await bot.press("dm:mia", "mia", "Send")
        assert len(bot.posts("acme")) == read and not await replies(bot)


async def test_words_that_answer_no_notice_still_go_to_nobody():
    async with bot_in_a_box(NOON) as bot:
        await nudged(bot)
        await bot.say("dm:mia", "mia", "the tracker was restarted")
        assert bot.last("dm:mia").startswith("No client reads plain words here")


async def test_nothing_is_offered_for_a_room_that_cannot_be_reached():
    async with bot_in_a_box(NOON) as bot:
        notice = await nudged(bot)
        room = (await bot.page("T-42")).ticket.room_id
        await bot.store.write(lambda tx: tx.outbox.suspend_room(room, "the bot was removed"))
        await bot.say("dm:mia", "mia", "the tracker was restarted", reply_to=notice)
        assert "cannot be reached" in bot.last("dm:mia") and "T-42" in bot.last("dm:mia")
        assert not await replies(bot)

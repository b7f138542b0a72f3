"""Questions in rows: which is open, until when, and which of them a message holds."""

from __future__ import annotations

from datetime import timedelta

from harness import bot_in_a_box, client

NOW = "2025-03-14T16:00+03:00"
HALF_AN_HOUR, INSTANT = timedelta(minutes=30), timedelta(milliseconds=1)


def room_of(tx, ext_id):
    return tx.rooms.at("fake", "default", ext_id)


def asking(bot, room, kind="eta", person="mia"):
    """The unit that asks this person something in this room."""

    def work(tx):
        until = bot.clock.now + HALF_AN_HOUR
        tx.prompts.ask(
            room_of(tx, room), person, kind, ticket=None, data={"ref": ""}, expires_at=until, now=bot.clock.now
        )

    return work


async def open_at(bot, at, room="dm:mia", person="mia"):
    found = await bot.read(lambda tx: tx.prompts.open(room_of(tx, room).id, person, at))
    return None if found is None else found.kind


async def test_a_question_is_open_until_the_instant_at_which_it_expires():
    async with bot_in_a_box(NOW) as bot:
        await bot.store.write(asking(bot, "dm:mia"))
        end = bot.clock.now + HALF_AN_HOUR
        assert [await open_at(bot, at) for at in (end - INSTANT, end)] == ["eta", None]


async def test_a_question_is_open_to_whom_it_was_asked_and_where():
    async with bot_in_a_box(NOW) as bot:
        await bot.store.write(asking(bot, "acme", "call_wish", "acme/ann"))
        now = bot.clock.now
        assert await open_at(bot, now, "acme", "acme/ann") == "call_wish"
        assert await open_at(bot, now, "acme", "acme/bob") is None
        assert await open_at(bot, now, "dm:mia", "acme/ann") is None


async def test_of_two_rooms_messages_with_one_id_each_holds_its_own_question():
    """Telegram counts the messages of each chat by itself."""
    async with bot_in_a_box(NOW, client("acme"), client("bolt")) as bot:
        for key, first in (("acme", "/book-call"), ("bolt", "/book-call Mon 09:00")):
            await bot.say(key, f"{key}/ann", first)
            await bot.press(key, f"{key}/ann", "Other time")
        ids = {}
        for number, post in enumerate(bot.channel.posts, 1):
            if post.text.startswith("When"):
                ids[post.room] = f"m{number}"
        assert ids.keys() == {"acme", "bolt"}

        def same_id(tx):
            tx.connection.execute("UPDATE message SET ext_id = 'm7' WHERE ext_id IN (?, ?)", (ids["acme"], ids["bolt"]))

        await bot.store.write(same_id)
        kinds = {}
        for room in ("acme", "bolt", "dm:mia"):
            found = await bot.read(lambda tx, room=room: tx.prompts.standing_in(room_of(tx, room).id, "m7"))
            kinds[room] = None if found is None else found.kind
        assert kinds == {"acme": "call_wish", "bolt": "call_time", "dm:mia": None}

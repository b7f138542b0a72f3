"""The bot takes every example that it gives: in the room's language, and in that of whoever says it."""

from __future__ import annotations

import pytest
from harness import STAFF, bot_in_a_box
from test_locales import TEXTS, forms, placeholders

from bot.desk.actors import actor_of

FRIDAY = "2025-03-14T16:00+03:00"
PLACES = [("acme", "acme/ann"), ("dm:mia", "mia"), ("dm:lea", "lea"), ("team:support", "mia")]
ON_CALL = """
[[oncall]]
id = "nights"
name = "Nights"
people = ["mia", "ben"]
hand_over = "mon 09:00"
zone = "Etc/GMT-3"
starts = 2025-01-06
"""
EXAMPLES = [
    (locale, name.removeprefix("example."), forms(text)[0])
    for locale in sorted(TEXTS)
    for name, text in sorted(TEXTS[locale].items())
    if name.startswith("example.")
]
EXAMPLE_HELPS = {name for name, text in TEXTS["en"].items() if "example" in placeholders(forms(text)[0])}
UNREAD = {name for name in EXAMPLE_HELPS if name.startswith("errors.")} | {"errors.unknown_command"}
NO_MESSAGE = {"errors.text_needed"}
"""Its words are those of a message, and here there is none."""


def said(bot, room_ext, sender, text):
    """What somebody is answered in a room; None: he may not say it there."""

    def work(tx):
        room = tx.rooms.at("fake", "default", room_ext)
        actor = actor_of(tx, room, bot.inbound(room_ext, sender, text))
        command = bot.desk.registry[bot.desk.registry.parse(text).name]
        if not command.allows(actor, room):
            return None
        found = bot.desk.run_command(tx, actor, room, text, bot.clock.now)
        return set() if found is None else {line.key for line in found.lines}

    return bot.store.write(work)


@pytest.mark.parametrize(("locale", "name", "example"), EXAMPLES)
async def test_every_example_is_read_by_its_command_in_the_language_it_is_given_in(locale, name, example):
    async with bot_in_a_box(FRIDAY, staff=STAFF + ON_CALL) as bot:
        await bot.say("acme", "acme/ann", "postbacks are broken")
        await bot.say("acme", "acme/ann", "/new the export fails")
        for place in PLACES:
            await bot.say(*place, f"/language {locale}")
        answers = [await said(bot, *place, f"/{example}") for place in PLACES]
        heard = [keys for keys in answers if keys is not None]
        assert heard, "nobody may say it"
        assert not heard[0] & (UNREAD - NO_MESSAGE), heard


@pytest.mark.parametrize(
    ("room", "words"),
    [
        ("ru", "/away завтра, Бен знает про API"),
        ("ru", "/away tomorrow, Ben knows"),
        ("en", "/away завтра, Бен знает про API"),
        ("ru", "/away Ben завтра"),
    ],
)
async def test_an_absence_is_read_in_the_rooms_language_and_in_that_of_the_roster(room, words):
    hers = STAFF.replace('id = "lea"', 'id = "lea"\nlocale = "ru"', 1)
    async with bot_in_a_box(FRIDAY, staff=hers) as bot:
        await bot.say("dm:lea", "lea", f"/language {room}")
        keys = await said(bot, "dm:lea", "lea", words)
        assert not {key for key in keys if key.startswith("errors.")}


async def test_an_eta_is_read_in_the_language_in_which_its_author_is_answered():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks are broken")
        await bot.say("dm:mia", "mia", "/language ru")
        await bot.say("acme", "mia", "/eta T-42 завтра 10:00")
        assert (await bot.page("T-42")).standing.eta_at is not None


async def test_what_can_be_read_in_two_ways_is_said_so_in_whichever_language_it_can():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks are broken")
        await bot.say("dm:mia", "mia", "/language ru")
        assert await said(bot, "acme", "mia", "/eta T-42 завтра в 3") == {"errors.when.half_day"}

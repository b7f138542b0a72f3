"""Days made up at random of what people do, under every agreement: whatever happens, the books stay in order."""

import random
from datetime import timedelta

import pytest
from harness import bot_in_a_box, client
from structlog.testing import capture_logs

from bot.channels.base import InboundKind

AGREEMENTS = (
    client(agreement="redtrack-premium"),
    client(agreement="redtrack"),
    client(agreement="tactful", plan="priority"),
    client(agreement="infopromo", plan="enterprise"),
    client(agreement="poologics"),
)
CLIENTS_SAY = """
postbacks stopped|thanks|still broken|why?|42|T-42|16:00|/status|/status T-43|/escalate|/resolve|/reopen T-42 again|
/urgency|/urgency high|/urgency low|/urgency feature|/new one more|/new|/hours|/help|/language ru|/confirm|/rate 5|
/separate|👍
"""
STAFF_SAYS = """
looking into it|ok|30 min|Foo Ltd|tomorrow 9:30|/take|/take T-42|/eta|/eta 2h|/eta T-42 3h because|/hold|
/hold third party|/hold T-42 client|/hold third party Foo|/resume T-42|/resolve|/resolve T-43|/reopen T-42|
/priority T-42 low why|/tickets|/priority T-42 critical why|/answered T-42|/note T-42 hm|/sla|/sla why T-42|
/assign T-42 ben|/escalate T-42 x|/status|/acknowledge T-42
"""
MINUTES = (1, 5, 12, 30, 47, 60, 180, 600, 1500)


def one_of(dice, sayings):
    return dice.choice(sayings.strip().split("|")).strip()


async def live(bot, dice):
    """One thing that somebody does, or a stretch of time, slept through now and then."""
    late = timedelta(minutes=dice.randrange(90)) if dice.random() < 0.2 else timedelta()
    match dice.randrange(4):
        case 0:
            room = dice.choice(("acme", "acme", "bolt"))
            answered = dice.choice((None, None, None, "x1", "m1", "x5"))
            text = one_of(dice, CLIENTS_SAY)
            await bot.say(
                room, f"{room}/{dice.choice(('ann', 'bob'))}", text, at=bot.clock.now - late, reply_to=answered
            )
        case 1:
            who = dice.choice(("mia", "ben", "tom", "lea"))
            room = dice.choice(("acme", "bolt", f"dm:{who}", "team:support"))
            await bot.say(room, who, one_of(dice, STAFF_SAYS), at=bot.clock.now - late)
        case 2:
            posts = [post for post in bot.channel.posts if post.buttons][-30:]
            if posts:
                post = dice.choice(posts)
                label = dice.choice(list(post.buttons))
                who = post.room.removeprefix("dm:") if ":" in post.room else dice.choice((f"{post.room}/ann", "mia"))
                await bot.say(post.room, who, "", kind=InboundKind.PRESS, action=post.buttons[label])
        case _:
            by = timedelta(minutes=dice.choice(MINUTES))
            if dice.random() < 0.3:
                bot.clock.now += by
                await bot.settle()
            else:
                await bot.forward(by=by)


def disorder(tx):
    """What must never be found in the store once everything is settled."""
    looks = {
        "events that could not be handled": "SELECT id FROM inbox WHERE state <> 'done'",
        "messages that did not go out": "SELECT id FROM outbox WHERE state NOT IN ('sent', 'superseded')",
        "acts that were given up": "SELECT id FROM step WHERE state = 'failed'",
        "acts planned on closed tickets": (
            "SELECT s.id FROM step s JOIN ticket t ON t.id = s.ticket_id WHERE s.state = 'open' AND t.status <> 'open'"
        ),
        "running clocks that nobody watches": (
            "SELECT c.id FROM clock c JOIN ticket t ON t.id = c.ticket_id "
            "WHERE c.state = 'running' AND t.status = 'open' AND NOT "
            "EXISTS (SELECT 1 FROM step s WHERE s.clock_id = c.id AND s.state = 'open')"
        ),
    }
    found = {what: len(tx.connection.execute(look).fetchall()) for what, look in looks.items()}
    return {what: count for what, count in found.items() if count}


@pytest.mark.parametrize("seed", range(15))
async def test_whatever_a_day_brings_everything_is_handled_said_and_kept_apart(seed):
    dice = random.Random(seed)
    start = bot_in_a_box("2025-03-12T09:00+03:00", AGREEMENTS[seed % 5], client("bolt"))
    async with start as bot:
        with capture_logs() as log:
            for _ in range(45):
                await live(bot, dice)
        assert [line["event"] for line in log if line["log_level"] in ("error", "critical")] == []
        assert await bot.read(disorder) == {}
        for room, foreign in (("acme", "Bolt"), ("bolt", "Acme")):
            assert [text for text in bot.posts(room) if foreign in text] == []

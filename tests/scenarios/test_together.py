"""Several nudges for one person are one message, the gravest first; a lone one is not delayed for it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from bot.channels.base import InboundKind, Limits, Outbound, Outcome, Permanent, RetryAfter, Scope, Unknown
from bot.notice import Act, Notice, Say, dumps, say
from bot.store.grouping import together
from tests.harness import FakeChannel, bot_in_a_box, client

OPENED = "2025-03-13T12:00+03:00"
CLIENTS = ("acme", "bolt", "cargo")


async def three_open(bot: Any) -> None:
    for name in CLIENTS:
        await bot.say(name, f"{name}/ann", f"Nothing arrives at {name}")
        bot.clock.now += timedelta(milliseconds=1)


def box(**more: Any) -> Any:
    return bot_in_a_box(OPENED, *(client(name) for name in CLIENTS), **more)


def urgent(bot: Any, room: str = "dm:mia") -> list[Any]:
    return [post for post in bot.channel.posts if post.room == room and post.edit_of is None]


async def at_once(bot: Any, moment: str) -> None:
    """The machine slept until then."""
    bot.clock.now = bot.moment(moment)
    await bot.settle()


async def test_a_lone_nudge_comes_by_itself_with_the_clients_words() -> None:
    async with box() as bot:
        await bot.say("acme", "acme/ann", "Nothing arrives")
        await bot.forward(to="2025-03-13T12:31+03:00")
        assert len(urgent(bot)) == 1 and "'Nothing arrives'" in urgent(bot)[0].text


async def test_nudges_due_in_one_turn_are_one_message_with_a_button_each() -> None:
    async with box() as bot:
        await three_open(bot)
        await at_once(bot, "2025-03-13T12:31+03:00")
        [post] = urgent(bot)
        assert post.text.splitlines() == [
            "3 tickets wait for you, the most urgent first.",
            *(
                f"T-{ref}, {name.title()}: due 13:00 GMT+3 (in 29 min): 'Nothing arrives at {name}'."
                for ref, name in zip((42, 43, 44), CLIENTS, strict=True)
            ),
        ]
        assert list(post.buttons) == [f"{act} {ref}" for ref in ("T-42", "T-43", "T-44") for act in ("Take", "ETA")]
        await bot.press("dm:mia", "mia", "Take T-43")
        taken = [(await bot.page(ref)).standing.owner is not None for ref in ("T-42", "T-43", "T-44")]
        assert taken == [False, True, False]


async def test_the_gravest_stands_first() -> None:
    async with box() as bot:
        await bot.say("acme", "acme/ann", "Nothing arrives")
        bot.clock.now = bot.moment("2025-03-13T12:35+03:00")
        await bot.say("bolt", "bolt/ann", "Nothing arrives here either")
        bot.clock.now = bot.moment("2025-03-13T13:06+03:00")
        await bot.settle()
        lines = urgent(bot)[-1].text.splitlines()
        assert lines[1].startswith("T-42, Acme: overdue since 13:00") and lines[2] == "Told already: Sue (level 2)."
        assert lines[3].startswith("T-43, Bolt: due 13:35")


async def test_a_sleep_of_three_hours_is_one_message_per_person() -> None:
    async with box() as bot:
        await three_open(bot)
        await at_once(bot, "2025-03-13T15:10+03:00")
        assert len(urgent(bot)) == 1
        assert len([p for p in bot.channel.posts if p.room in CLIENTS and "We missed" in p.text]) == 3


async def test_of_an_aim_that_passed_the_due_moment_lies_ahead() -> None:
    """Due 12:30, aimed at 12:15: told together at 12:15, nothing is overdue."""
    both = (client(name, agreement="infopromo", plan="premium") for name in ("acme", "bolt"))
    async with bot_in_a_box(OPENED, *both) as bot:
        for name in ("acme", "bolt"):
            await bot.say(name, f"{name}/ann", "calls drop")
        await at_once(bot, "2025-03-13T12:15:30+03:00")
        assert urgent(bot)[-1].text.splitlines()[1:] == [
            line
            for ref, name in ((42, "Acme"), (43, "Bolt"))
            for line in (
                f"T-{ref}, {name}: aim 12:15 GMT+3 passed, due 12:30 GMT+3 (in 14 min): 'calls drop'.",
                "Told already: Tom (level 1).",
            )
        ]


def row(kind: str, rank: int, *lines: Say, buttons: tuple[Act, ...] = ()) -> Any:
    return SimpleNamespace(rank=rank, kind=kind, notice=dumps(Notice(lines, buttons)))


def test_two_words_about_one_ticket_are_one_message_about_it_with_the_graver_ones_buttons() -> None:
    called = say("escalated.staff_no_clock", ref="T-1", level=1, client="Acme")
    known, nudge = say("nudge.known", names="Tom"), say("nudge", ref="T-1", client="Acme")
    told = together([
        row("nudge", 30, nudge, buttons=(Act("button.take", "b"),)),
        row("esc", 10, called, known, buttons=(Act("button.acknowledge", "a"),)),
    ])  # fmt: skip
    assert told == Notice((called, known, nudge), (Act("button.acknowledge", "a"),))


def test_of_one_ticket_among_others_there_is_one_line() -> None:
    told = together([
        row("nudge", 30, say("nudge", ref="T-1", client="Acme")),
        row("esc", 10, say("escalated.staff_no_clock", ref="T-1", level=1, client="Acme")),
        row("nudge", 30, say("nudge", ref="T-2", client="Bolt")),
    ])  # fmt: skip
    assert [line.key for line in told.lines] == ["together", "together.called_alone", "together.waits"]
    assert told.lines[0].params["n"] == 2


async def test_several_words_about_one_ticket_can_be_replied_to() -> None:
    async with box() as bot:
        await bot.say("acme", "acme/ann", "Nothing arrives")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Hoster")
        await at_once(bot, "2025-03-14T10:00+03:00")
        [post] = [post for post in urgent(bot) if "Stripe" in post.text and "Hoster" in post.text]
        assert list(post.buttons) == [
            "Still waiting: Stripe",
            "Stripe is back",
            "Still waiting: Hoster",
            "Hoster is back",
        ]
        rows = await bot.read(lambda tx: tx.connection.execute(
            "SELECT ticket_id, client_id FROM message WHERE text LIKE 'Still waiting%'"
        ).fetchall())  # fmt: skip
        assert [row["ticket_id"] is not None and row["client_id"] != 0 for row in rows] == [True]


async def test_what_still_waits_unsent_joins_the_next_one_and_what_was_answered_leaves_it() -> None:
    async with box() as bot:
        for name in CLIENTS:
            await bot.say(name, f"{name}/ann", f"Nothing arrives at {name}")
            bot.clock.now += timedelta(seconds=5)
        bot.channel.outcomes = [RetryAfter(20, Scope.ROOM, throttled=True)]
        for second in (0, 5, 10):
            await at_once(bot, f"2025-03-13T12:30:{second:02}+03:00")
        assert not urgent(bot)
        await bot.say("team:support", "lea", "/eta T-42 15:00")
        await at_once(bot, "2025-03-13T12:30:21+03:00")
        [post] = urgent(bot)
        assert list(post.buttons) == ["Take T-43", "ETA T-43", "Take T-44", "ETA T-44"]


async def test_a_repeat_of_a_message_that_may_have_arrived_brings_no_others_with_it() -> None:
    """Where a platform takes a repeat for what it has already, the others would count as said and never be read."""
    async with box() as bot:
        await bot.say("acme", "acme/ann", "Nothing arrives")
        bot.clock.now += timedelta(seconds=5)
        await bot.say("bolt", "bolt/ann", "Nothing arrives here either")
        bot.channel.outcomes = [Unknown("no answer")]
        await at_once(bot, "2025-03-13T12:30+03:00")
        await at_once(bot, "2025-03-13T12:30:07+03:00")
        first, second = (post.text for post in urgent(bot))
        assert "T-42" in first and "T-43" not in first and "T-43" in second


async def test_what_may_have_arrived_is_not_said_again_in_company_of_a_graver_one() -> None:
    async with box() as bot:
        await bot.say("acme", "acme/ann", "Nothing arrives")
        bot.clock.now = bot.moment("2025-03-13T12:29:58+03:00")
        await bot.say("bolt", "bolt/ann", "Nothing arrives here either")
        await bot.forward(to="2025-03-13T12:59:57+03:00")
        before = len(urgent(bot))
        bot.channel.outcomes = [Unknown("no answer")]
        await at_once(bot, "2025-03-13T12:59:58+03:00")
        await at_once(bot, "2025-03-13T13:00:10+03:00")
        grave, repeat = (post.text for post in urgent(bot)[before:])
        assert grave.startswith("Breached") and "T-43" not in grave and "T-43" in repeat


async def test_what_is_not_sent_together_is_sent_all_the_same() -> None:
    class Refusing(FakeChannel):
        async def send(self, message: Outbound) -> Outcome:
            if message.room == "dm:mia" and len(message.body.blocks) > 2:
                return Permanent("not several", Scope.MESSAGE)
            return await super().send(message)

    async with box() as bot:
        await three_open(bot)
        bot.delivery._channels[bot.channel.name] = Refusing(bot.clock, posts=bot.channel.posts)
        await at_once(bot, "2025-03-13T12:31+03:00")
        told = [post.text for post in bot.channel.posts if post.room in ("dm:mia", "dm:ben")]
        assert all(any(ref in text for text in told) for ref in ("T-42", "T-43", "T-44")), told


async def test_of_many_the_rest_is_counted_and_one_message_says_it() -> None:
    names = [f"c{n}" for n in range(12)]
    async with bot_in_a_box(OPENED, *(client(name) for name in names)) as bot:
        for name in names:
            await bot.say(name, f"{name}/ann", "Nothing arrives")
        await at_once(bot, "2025-03-13T12:30+03:00")
        [post] = urgent(bot)
        lines = post.text.splitlines()
        assert lines[0].startswith("12 tickets") and len(lines) == 10 and len(post.buttons) == 16
        assert lines[-1] == "And 4 more, the next one due 13:00 GMT+3. All of them: tickets"


def test_notices_without_a_moment_are_told_together_too() -> None:
    rows = [SimpleNamespace(rank=10, kind="breach", notice=dumps(Notice((say("x", ref=f"T-{n}"),)))) for n in range(10)]
    told = [line.key for line in together(rows).lines]
    assert told == ["together", *["together.waits_alone"] * 8, "together.more_alone"]


async def test_a_reply_to_several_is_a_reply_to_none_of_them() -> None:
    async with box() as bot:
        await three_open(bot)
        await at_once(bot, "2025-03-13T12:31+03:00")
        rows = await bot.read(lambda tx: tx.connection.execute(
            "SELECT m.ticket_id, m.client_id FROM message m JOIN outbox o ON o.id = m.outbox_id "
            "WHERE o.dedupe_key LIKE 'nudge:%'"
        ).fetchall())  # fmt: skip
        assert [tuple(row) for row in rows] == [(None, 0)]


async def test_after_a_press_the_other_buttons_of_the_message_stay() -> None:
    async with box(limits=Limits(edit=True)) as bot:
        await three_open(bot)
        await at_once(bot, "2025-03-13T12:31+03:00")
        [post] = urgent(bot)
        number = bot.channel.posts.index(post) + 1
        await bot.say(
            "dm:mia", "mia", "", kind=InboundKind.PRESS, action=post.buttons["Take T-43"], reply_to=f"m{number}"
        )
        edited = [p for p in bot.channel.posts if p.edit_of == f"m{number}"]
        assert [list(p.buttons) for p in edited] == [["Take T-42", "ETA T-42", "ETA T-43", "Take T-44", "ETA T-44"]]


async def test_levels_called_at_once_each_come_with_their_story_and_buttons() -> None:
    async with box() as bot:
        await three_open(bot)
        await at_once(bot, "2025-03-13T12:31+03:00")
        await at_once(bot, "2025-03-13T12:49+03:00")
        [post] = [post for post in bot.channel.posts if post.room == "dm:tom"]
        for ref, name in zip(("T-42", "T-43", "T-44"), CLIENTS, strict=True):
            assert f"{ref}, {name.title()}: level 1, due 13:00 GMT+3" in post.text
            assert f"'Nothing arrives at {name}'" in post.text
        assert post.text.count("Reason: time is running out.") == 3
        assert "I have T-43" in post.buttons and "ETA T-44" in post.buttons
        assert bot.last("dm:mia").count("Told already: Tom (level 1).") == 3


async def test_a_long_word_of_a_client_is_shortened_among_others() -> None:
    async with box() as bot:
        for name in CLIENTS:
            await bot.say(name, f"{name}/ann", "x" * 300)
            bot.clock.now += timedelta(milliseconds=1)
        await at_once(bot, "2025-03-13T12:31+03:00")
        assert max(map(len, urgent(bot)[0].text.splitlines())) < 120

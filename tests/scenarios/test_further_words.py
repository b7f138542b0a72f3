"""A client's further words on one ticket: what is stored stays in line with the log, however it came about, and a long
log is not read again for every word.
"""

from datetime import timedelta

from harness import bot_in_a_box

from bot.store.times import to_ms

NOON = "2025-03-18T12:00+03:00"


async def assert_in_line(bot):
    """The rows that cache the log say what a full replay of it says."""
    page = await bot.page("T-42")
    assert page.ticket.events == len(page.log)
    clocks = await bot.read(
        lambda tx: [tuple(row) for row in tx.connection.execute("SELECT metric, cycle, state, due_at FROM clock")]
    )
    assert sorted(clocks) == sorted((c.metric.value, c.cycle, c.state.value, to_ms(c.due_at)) for c in page.clocks)


async def reads_of_the_log(bot, text):
    """How often the whole log is read while a client's words are taken in."""
    said, now, seen = bot.inbound("acme", "acme/ann", text), bot.clock.now, []

    def work(tx):
        tx.connection.set_trace_callback(seen.append)
        bot.desk.receive(tx, said, now, now)
        tx.connection.set_trace_callback(None)

    await bot.store.write(work)
    return sum("FROM event" in sql and "ORDER BY seq" in sql for sql in seen)


async def test_further_words_keep_rows_and_log_in_line_through_waits_and_answers():
    async with bot_in_a_box(NOON) as bot:
        for words in (
            ["postbacks stopped", "since 9am"],
            ["which campaign? all of them", "and the new one"],
            ["still nothing", "hello?"],
        ):
            for text in words:
                await bot.say("acme", "acme/ann", text)
                await bot.forward(by=timedelta(minutes=7))
                await assert_in_line(bot)
            await bot.say("acme", "mia", "looking into it")
            await assert_in_line(bot)
            await bot.say("dm:mia", "mia", "/hold T-42 client")
            await assert_in_line(bot)
            assert (await bot.page("T-42")).standing.holds
        await bot.say("acme", "acme/ann", "here are the details")
        await assert_in_line(bot)
        assert not (await bot.page("T-42")).standing.holds


async def test_words_that_arrive_late_count_from_when_they_were_written():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(by=timedelta(minutes=10))
        await bot.say("acme", "acme/ann", "since 9am")
        await bot.say("acme", "acme/ann", "hi", at=bot.clock.now - timedelta(minutes=20))
        await assert_in_line(bot)
        page = await bot.page("T-42")
        assert page.standing.opened_at == bot.moment("2025-03-18T11:50+03:00")


async def test_the_log_is_read_once_for_words_after_an_answer_and_not_at_all_for_the_next():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert await reads_of_the_log(bot, "since 9am") == 0
        await bot.say("acme", "mia", "looking into it")
        assert await reads_of_the_log(bot, "still nothing") == 1
        assert await reads_of_the_log(bot, "hello?") == 0

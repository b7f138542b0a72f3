"""Rooms of platforms: linked by a code, moved, lost and found again, read by outsiders; albums and edits in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness import Bot, bot_in_a_box, client

from bot.channels.base import File, InboundKind, Moved, News, NewsKind, Permanent, Scope
from bot.people import VENDOR
from bot.store.tx import Tx

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TWO = client("acme") + client("beta")


async def news(bot: Bot, room: str, kind: NewsKind, detail: str = "") -> None:
    await bot.say(room, "", "", kind=InboundKind.ROOM, news=News(kind, detail))


async def code_for(bot: Bot, whom: str, channel: str | None = "fake") -> str:
    def issue(tx: Tx) -> str:
        found = tx.people.client_by_key(whom)
        person = tx.people.person_by_key(whom)
        return tx.access.issue(
            "link",
            now=bot.clock.now,
            issuer="test",
            client_id=found.id if found else VENDOR,
            person_id=None if person is None else person.id,
            channel=channel,
        )

    return str(await bot.store.write(issue))


# linking ------------------------------------------------------------------------------------------------------


async def test_a_code_links_a_stranger_s_room_to_its_client_once() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("-100", "ivan", "hello?")
        assert bot.posts("-100") == ["This room is not connected to an agreement yet."]
        code = await code_for(bot, "acme")
        await bot.say("-100", "ivan", f"/link@PledgeBot {code}", room_name="Acme and us")
        assert bot.last("-100").startswith("This chat now belongs to the agreement of ")
        assert bot.last("-100").endswith(
            "Messages and files of this chat are stored, to keep its promises and to prove them."
        )
        assert "Acme and us" in bot.last("dm:mia")
        await bot.say("-100", "ivan", "the export fails")
        assert "Answer guaranteed" in bot.last("-100")
        await bot.say("-200", "ivan", f"/link {code}")
        assert bot.last("-200").startswith("This code does not work")


async def test_a_code_reaches_neither_log_nor_store() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        code = await code_for(bot, "acme")
        await bot.say("-100", "ivan", f"/link {code}", payload=f'{{"text": "/link {code}"}}'.encode())

        def everything(tx: Tx) -> str:
            return "\n".join(tx.connection.iterdump())

        assert code not in await bot.read(everything)
        assert code.encode().hex() not in (await bot.read(everything)).lower()


async def test_the_hash_of_a_code_is_no_code() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await code_for(bot, "acme")
        stolen = await bot.read(lambda tx: str(tx.connection.execute("SELECT hash FROM token").fetchone()[0]))
        await bot.say("-100", "ivan", f"/link {stolen}")
        assert bot.last("-100").startswith("This code does not work")


@pytest.mark.parametrize("wrong", ["late", "channel", "invented"])
async def test_a_code_that_is_late_foreign_or_invented_links_nothing(wrong: str) -> None:
    async with bot_in_a_box(START, TWO) as bot:
        code = await code_for(bot, "acme", channel="other" if wrong == "channel" else "fake")
        if wrong == "late":
            bot.clock.now += timedelta(minutes=10, seconds=1)
        await bot.say("-100", "ivan", f"/link {code if wrong != 'invented' else 'x' * 27}")
        assert bot.last("-100").startswith("This code does not work")
        assert await bot.read(lambda tx: tx.rooms.of_channel("fake")) == await bot.read(
            lambda tx: [room for room in tx.rooms.of_channel("fake") if room.ext_id != "-100"]
        )


async def test_a_linked_room_passes_to_another_client_only_when_a_lead_says_so() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        code = await code_for(bot, "beta")
        await bot.say("acme", "acme/ann", f"/link {code}")
        assert "a team lead is asked" in bot.last("acme")
        before = await bot.read(lambda tx: tx.rooms.at("fake", "default", "acme"))
        await bot.press("dm:lea", "lea", "Let it pass")
        after = await bot.read(lambda tx: tx.rooms.at("fake", "default", "acme"))
        assert before is not None and after is not None and before.client_id != after.client_id
        assert (await bot.page("T-42")).ticket.client_id == before.client_id
        # Whoever asks for the ticket from the room's new side learns nothing of it.
        await bot.say("acme", "acme/ann", "/status T-42")
        assert "export" not in bot.last("acme")


async def test_only_a_lead_may_let_a_room_pass() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        room = await bot.read(lambda tx: tx.rooms.at("fake", "default", "acme"))
        assert room is not None
        await bot.say("dm:mia", "mia", f"/relink {room.id} beta")
        assert await bot.read(lambda tx: tx.rooms.at("fake", "default", "acme")) == room


async def test_a_colleague_is_known_by_his_code_in_his_own_chat() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        code = await code_for(bot, "mia")
        await bot.say("777", "tg-777", f"/link {code}", direct=True)
        assert bot.last("777").startswith("You are Mia")
        await bot.say("777", "tg-777", "/tickets", direct=True)
        assert "not connected" not in bot.last("777")


async def test_a_colleague_s_code_makes_nobody_staff_in_a_group() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        code = await code_for(bot, "mia")
        await bot.say("-100", "ivan", f"/link {code}")
        assert bot.last("-100").startswith("This code is for a member of the team")
        assert await bot.read(lambda tx: tx.people.by_identity("fake", "default", "ivan")) is None


async def test_the_team_s_code_makes_a_room_of_the_team() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("-300", "mia", f"/link {await code_for(bot, 'nobody')}")
        assert bot.last("-300").startswith("This is a room of the team now")
        await bot.say("-300", "mia", "/sla")
        assert bot.last("-300").startswith("Nothing is due.")


async def test_staff_have_their_own_chat_from_their_first_word() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("new-chat-of-tom", "tom", "/tickets", direct=True)
        assert "not connected" not in bot.last("new-chat-of-tom")
        room = await bot.read(lambda tx: tx.rooms.at("fake", "default", "new-chat-of-tom"))
        assert room is not None and room.kind == "direct"


# news ---------------------------------------------------------------------------------------------------------


async def test_a_room_that_moved_keeps_its_client_its_tickets_and_its_clocks() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        before = await bot.page("T-42")
        await news(bot, "acme", NewsKind.MOVED, "-100777")
        await bot.say("-100777", "acme/ann", "all campaigns")
        assert [event.kind for event in (await bot.page("T-42")).log][-1] == "client_message"
        assert (await bot.page("T-42")).clocks[0].due_at == before.clocks[0].due_at
        # What was written before the move and comes late still finds its room.
        await bot.say("acme", "acme/ann", "since nine")
        assert len([e for e in (await bot.page("T-42")).log if e.kind == "client_message"]) == 2
        assert await bot.read(lambda tx: len(tx.tickets.open())) == 1


async def test_a_message_that_comes_again_from_the_new_address_is_the_same_message() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails", message_id="acme/7")
        await news(bot, "acme", NewsKind.MOVED, "-100777")
        again = await bot.say("-100777", "acme/ann", "the export fails", message_id="acme/7")
        assert again.duplicate and again.message_seq == 1
        assert [event.kind for event in (await bot.page("T-42")).log] == ["opened"]


async def test_a_send_that_meets_a_moved_room_goes_to_the_new_address_once() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        bot.channel.outcomes.append(Moved("-100777"))
        await bot.say("acme", "acme/ann", "the export fails")
        assert [post.room for post in bot.channel.posts if "Answer guaranteed" in post.text] == ["-100777"]
        await news(bot, "acme", NewsKind.MOVED, "-100777")
        assert await bot.read(lambda tx: len(tx.rooms.of_client(_id(tx, "acme")))) == 1


async def test_the_new_address_may_have_spoken_before_the_move_was_told() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("-100777", "acme/ann", "anybody here?")
        await news(bot, "acme", NewsKind.MOVED, "-100777")
        await bot.say("-100777", "acme/ann", "all campaigns")
        assert [event.kind for event in (await bot.page("T-42")).log][-1] == "client_message"


async def test_a_lost_room_is_told_to_its_manager_and_comes_back_in_order() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await news(bot, "acme", NewsKind.LOST, "kicked")
        assert "I can no longer write in" in bot.last("dm:mia") and "kicked" in bot.last("dm:mia")
        seen = len(bot.posts("acme"))
        await bot.say("dm:mia", "mia", "/eta T-42 14:00")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.forward(by=timedelta(minutes=5))
        assert len(bot.posts("acme")) == seen
        await news(bot, "acme", NewsKind.BACK)
        told = bot.posts("acme")[seen:]
        assert [line.split(" by ")[0].split(" is ")[0] for line in told] == ["Fix expected", "T-42"]


async def test_nudges_go_on_while_the_client_s_room_is_lost() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await news(bot, "acme", NewsKind.LOST, "kicked")
        count = len(bot.posts("dm:mia"))
        await bot.forward(by=timedelta(minutes=50))
        assert len(bot.posts("dm:mia")) > count


async def test_a_manager_whose_chat_is_gone_is_nudged_in_his_next_one() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("second", "mia", "/tickets", direct=True)
        await bot.say("acme", "acme/ann", "the export fails")
        bot.channel.outcomes.append(Permanent("blocked by the user", Scope.ROOM))
        count = len(bot.posts("second"))
        await bot.forward(by=timedelta(minutes=40))
        await bot.forward(by=timedelta(minutes=1))
        assert len(bot.posts("second")) > count


async def test_outsiders_in_a_room_are_told_to_its_manager() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await news(bot, "acme", NewsKind.OPENED, "shared with Zeta Ltd")
        assert "shared with Zeta Ltd" in bot.last("dm:mia")
        outsiders = "SELECT outsiders FROM room_resolved WHERE ext_id = 'acme'"
        assert await bot.read(lambda tx: tx.connection.execute(outsiders).fetchone()[0]) == "shared with Zeta Ltd"


async def test_nothing_internal_is_said_in_a_team_room_that_outsiders_read() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("-300", "mia", f"/link {await code_for(bot, 'nobody')}")
        await bot.say("acme", "acme/ann", "the export fails")
        await news(bot, "-300", NewsKind.OPENED, "shared with Zeta Ltd")
        for command in ("/sla", "/tickets", "/status T-42"):
            await bot.say("-300", "mia", command)
            assert bot.last("-300").startswith("People from outside can read along here"), command
        assert "export" not in "".join(bot.posts("-300"))
        await news(bot, "-300", NewsKind.CLOSED, "shared with Zeta Ltd")
        await bot.say("-300", "mia", "/sla")
        assert "T-42" in bot.last("-300")


async def test_no_nudge_falls_back_on_a_team_room_that_outsiders_read() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("-300", "mia", f"/link {await code_for(bot, 'nobody')}")
        await bot.say("acme", "acme/ann", "the export fails")
        await news(bot, "dm:mia", NewsKind.LOST, "blocked by the user")
        await news(bot, "-300", NewsKind.OPENED, "shared with Zeta Ltd")
        count = len(bot.posts("-300"))
        await bot.forward(by=timedelta(minutes=45))
        assert bot.posts("-300")[count:] == []


async def test_a_code_of_the_team_in_strange_hands_opens_no_room() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("-300", "ivan", f"/link {await code_for(bot, 'nobody')}")
        assert bot.last("-300").startswith("Only somebody whom I know as staff")
        room = await bot.read(lambda tx: tx.rooms.at("fake", "default", "-300"))
        assert room is not None and room.kind == "unlinked"


async def test_a_long_silence_is_told_to_the_leads() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("", "", "26 h without a sign", kind=InboundKind.GAP)
        assert "26 h without a sign" in bot.last("dm:lea")


async def test_an_event_nobody_can_read_is_kept_and_told() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        receipt = await bot.say("", "", "no JSON", kind=InboundKind.UNREADABLE, payload=b"\xff{")
        assert receipt.quarantined
        assert "set aside" in bot.last("dm:lea")
        kept = await bot.read(lambda tx: tx.connection.execute("SELECT state, payload FROM inbox").fetchall())
        assert [tuple(row) for row in kept] == [("quarantined", b"\xff{")]


async def test_what_was_written_at_the_new_address_before_the_move_was_told_is_taken_in() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("-100777", "acme/ann", "/new all landing pages are down")
        bot.channel.outcomes.append(Moved("-100777"))
        await bot.say("dm:mia", "mia", "/eta T-42 15:00")
        bot.clock.now += timedelta(seconds=1)
        await bot.retry()
        assert (await bot.page("T-43")).ticket.client_id == (await bot.page("T-42")).ticket.client_id
        assert await bot.words((await bot.page("T-43")).log[0].message) == "/new all landing pages are down"


async def test_the_group_a_room_moved_out_of_may_end_without_a_word() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await news(bot, "acme", NewsKind.MOVED, "-100777")
        await news(bot, "acme", NewsKind.LOST, "left")
        assert "no longer" not in bot.last("dm:mia")
        room = await bot.read(lambda tx: tx.rooms.at("fake", "default", "-100777"))
        assert room is not None and room.unreachable is None


async def test_a_colleague_s_lost_chat_is_told_to_the_lead_as_what_it_is() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await news(bot, "dm:mia", NewsKind.LOST, "blocked by the user")
        assert bot.last("dm:lea").startswith("I can no longer write to Mia")


@pytest.mark.parametrize("field", ["room_name", "album", "sender_name", "thread", "text", "message_id"])
async def test_half_a_character_anywhere_is_stored_as_what_is_left_of_it(field: str) -> None:
    async with bot_in_a_box(START, TWO) as bot:
        half = {"text": "the export fails", field: "A\ud83d\x00"}
        await bot.say("acme", "acme/ann", half.pop("text"), **half)
        assert await bot.read(lambda tx: tx.inbox.counts().waiting) == 0
        await news(bot, "acme", NewsKind.RENAMED, "A\ud83d")


async def test_a_code_among_other_words_is_kept_as_its_hash_only() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        code = await code_for(bot, "acme")
        await bot.say("acme", "acme/ann", f"please use /link {code} thanks", payload=code.encode())
        assert code not in await bot.read(lambda tx: "\n".join(tx.connection.iterdump()))


# albums and edits ---------------------------------------------------------------------------------------------


async def test_an_album_is_one_message_and_one_ticket() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        for n in range(5):
            words = "look at these" if n == 0 else ""
            await bot.say("acme", "acme/ann", words, files=(File(f"{n}.png", "image/png", 9, f"h{n}"),), album="a1")
        files = "SELECT json_array_length(files) FROM message WHERE direction = 'in'"
        assert await bot.read(lambda tx: [row[0] for row in tx.connection.execute(files)]) == [5]
        assert [e.kind for e in (await bot.page("T-42")).log].count("client_message") == 0


async def test_an_album_s_words_may_stand_under_any_of_its_parts() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        for words in ("", "everything is down", "", "see the third one"):
            await bot.say("acme", "acme/ann", words, files=(File("x.png", "image/png", 9, "h"),), album="a1")
        texts = "SELECT text FROM message WHERE direction = 'in'"
        assert await bot.read(lambda tx: [row[0] for row in tx.connection.execute(texts)]) == [
            "everything is down\nsee the third one"
        ]
        await bot.forward(by=timedelta(minutes=31))
        assert "everything is down" in bot.last("dm:mia")


async def test_an_edit_changes_the_words_and_keeps_what_stood_there() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails", message_id="m1")
        before = await bot.page("T-42")
        await bot.say("acme", "acme/ann", "/escalate", message_id="m1", edit_seq=7, kind=InboundKind.EDIT)
        await bot.say("acme", "acme/ann", "/escalate", message_id="m1", edit_seq=8, kind=InboundKind.EDIT)
        assert (await bot.page("T-42")).log == before.log
        assert await _texts(bot, "m1") == ("/escalate", ["the export fails"])


async def test_an_edit_that_came_first_waits_for_its_message() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the import fails", message_id="m1", edit_seq=7, kind=InboundKind.EDIT)
        assert await bot.read(lambda tx: tx.tickets.open()) == []
        await bot.say("acme", "acme/ann", "the export fails", message_id="m1")
        assert await _texts(bot, "m1") == ("the import fails", ["the export fails"])


async def test_topics_of_one_room_have_tickets_of_their_own() -> None:
    async with bot_in_a_box(START, TWO) as bot:
        await bot.say("acme", "acme/ann", "the export fails", topic=True, thread="7")
        await bot.say("acme", "acme/ann", "an invoice is wrong", topic=True, thread="9")
        await bot.say("acme", "acme/ann", "since nine", topic=True, thread="7")
        threads = "SELECT ref, thread FROM ticket ORDER BY ref"
        assert await bot.read(lambda tx: [tuple(row) for row in tx.connection.execute(threads)]) == [
            (42, "7"),
            (43, "9"),
        ]
        assert [e.kind for e in (await bot.page("T-42")).log].count("client_message") == 1
        # What was resolved in a topic does not come alive again by the next matter there.
        await bot.say("acme", "mia", "renewed", topic=True, thread="9")
        await bot.say("dm:mia", "mia", "/resolve T-43")
        await bot.say("acme", "acme/ann", "and now the logo is gone", topic=True, thread="9")
        assert await bot.read(lambda tx: len(tx.tickets.open())) == 2
        assert (await bot.page("T-44")).ticket.thread == "9"


async def _texts(bot: Bot, ext_id: str) -> tuple[str, list[str]]:
    def look(tx: Tx) -> tuple[str, list[str]]:
        room = tx.rooms.at("fake", "default", "acme")
        assert room is not None
        pointer = tx.messages.by_ext(room.id, ext_id)
        assert pointer is not None
        kept = "SELECT text FROM revision WHERE message_id = ? ORDER BY n"
        return tx.messages.text(pointer.id), [row[0] for row in tx.connection.execute(kept, (pointer.id,))]

    return await bot.read(look)


def _id(tx: Any, key: str) -> int:
    return int(tx.people.client_by_key(key).id)

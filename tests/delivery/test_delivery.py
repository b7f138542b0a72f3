"""The sender over the real outbox: each arrow of the state machine, order, scopes, and who is told."""

import asyncio
from datetime import timedelta

import pytest
from post_office import FakeChannel, OwnTableChannel, Posts, ProbedChannel, ReadableChannel, StoreBetween

from bot.channels.base import Permanent, RetryAfter, Scope, Unknown
from bot.delivery import Failed
from bot.notice import Left, Notice, say
from bot.people import RoomKind
from bot.store.base import StoreBusy

DROP = Unknown("connection dropped")
REFUSED = RetryAfter(1, Scope.MESSAGE)


async def test_a_notice_is_posted_once_and_recorded_in_its_room(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1:1", "reply:2:1")
    delivery = office.delivery()
    assert await delivery.drain_once() == 2
    assert await delivery.drain_once() == 0
    assert await office.states() == {"reply:1:1": "sent", "reply:2:1": "sent"}
    messages = await office.sql(
        "SELECT seq, direction, party, author, ext_id, text LIKE '%reply:_:1%', body IS NOT NULL, outbox_id "
        "FROM message WHERE room_id = ? ORDER BY seq",
        room.id,
    )
    assert messages == [
        (1, "out", "bot", "Pledge", "m1", 1, 1, 1),
        (2, "out", "bot", "Pledge", "m2", 1, 1, 2),
    ]


async def test_moments_are_worded_when_sent_and_not_when_put(office, chat):
    office.open(chat)
    room = await office.room("acme")
    due = office.clock.business + timedelta(minutes=50)
    await office.put(room, "eta:1", notice=Notice((say("resolved.client", ref=Left(due)),)))
    office.clock.tick(8 * 60)
    await office.delivery().drain_once()
    assert "in 42 min" in chat.texts("acme")[0]


async def test_the_room_decides_the_language(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.sql("UPDATE room SET locale = 'ru' WHERE id = ?", room.id)
    await office.put(room, "reply:1")
    await office.delivery().drain_once()
    assert any("а" <= letter <= "я" for letter in chat.texts("acme")[0])


async def test_a_notice_that_cannot_be_worded_is_dead_and_the_next_goes_on(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1", notice=Notice((say("no.such.key"),)))
    await office.put(room, "reply:2")
    await office.delivery().drain_once()
    assert await office.states() == {"reply:1": "dead", "reply:2": "sent"}
    assert office.alarms == [("delivery.dead", "reply:1")]
    assert office.failures == [("reply:1", Failed.DEAD)]


async def test_f13_a_refused_message_is_dead_told_once_and_ten_behind_it_go_on(office, chat):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(Permanent("too many entities", Scope.MESSAGE))
    await office.put(room, "bad", *(f"good:{n}" for n in range(10)))
    delivery = office.delivery()
    await delivery.drain_once()
    await delivery.drain_once()
    states = list((await office.states()).values())
    assert states == ["dead"] + ["sent"] * 10
    assert office.alarms == [("delivery.dead", "bad")]
    assert office.failures == [("bad", Failed.DEAD)]


async def test_a_dead_row_is_tried_again_only_when_an_operator_revives_it(office, chat):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(Permanent("too long", Scope.MESSAGE))
    (row,) = await office.put(room, "reply:1")
    delivery = office.delivery()
    await delivery.drain_once()
    office.clock.tick(3600)
    assert await delivery.drain_once() == 0
    assert await office.store.write(lambda tx: tx.outbox.revive(row))
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "sent"}


async def test_f9_twenty_refused_connections_end_in_one_post_and_one_alarm_after_ten_minutes(office, chat):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].extend([REFUSED] * 20)
    await office.put(room, "nudge:1:1:v1")
    delivery = office.delivery()
    started, alarmed_after = office.clock.machine, None
    while not chat.posted:
        await delivery.drain_once()
        if office.alarms and alarmed_after is None:
            alarmed_after = office.clock.machine - started
        office.clock.tick(5)
    assert len(chat.calls) == 21
    assert len(chat.posted) == 1
    assert office.failures == [("nudge:1:1:v1", Failed.ATTEMPT)]
    assert office.alarms == [("delivery.failing", "nudge:1:1:v1")]
    assert timedelta(minutes=10) <= alarmed_after <= timedelta(minutes=11)


async def test_f10_a_drop_after_the_request_is_one_post_where_the_channel_reads_back(office):
    chat = office.open(ReadableChannel())
    room = await office.room("acme")
    chat.script["acme"].append(Posts(DROP))
    await office.put(room, "reply:1", "reply:2")
    await office.delivery().drain_once()
    assert await office.states() == {"reply:1": "sent", "reply:2": "sent"}
    assert len(chat.posted) == 2
    assert await office.column("reply:1", "provider_id") == "m1"


async def test_the_look_back_starts_a_little_before_the_claim(office):
    chat = office.open(ReadableChannel())
    room = await office.room("acme")
    chat.script["acme"].append(Posts(DROP))
    await office.put(room, "reply:1")
    await office.delivery().drain_once()
    assert [since for _, since in chat.looks] == [office.clock.machine - timedelta(seconds=5)]


async def test_absent_in_two_looks_three_seconds_apart_is_sent_again_and_the_room_waits(office):
    chat = office.open(ReadableChannel())
    room = await office.room("acme")
    chat.script["acme"].append(DROP)
    await office.put(room, "reply:1", "reply:2")
    delivery = office.delivery()
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "unknown", "reply:2": "pending"}
    office.clock.tick(2.9)
    await delivery.drain_once()
    assert len(chat.looks) == 1
    office.clock.tick(0.1)
    await delivery.drain_once()
    assert len(chat.looks) == 2
    assert await office.states() == {"reply:1": "sent", "reply:2": "sent"}
    assert [oid for _, oid, _ in chat.posted] == [await office.column(key, "oid") for key in ("reply:1", "reply:2")]


async def test_every_attempt_is_looked_for_twice_of_its_own(office):
    chat = office.open(ReadableChannel())
    room = await office.room("acme")
    chat.script["acme"].extend([DROP, DROP])
    await office.put(room, "reply:1")
    delivery = office.delivery()
    looks = []
    for _ in range(3):
        await delivery.drain_once()
        looks.append((len(chat.looks), len(chat.calls)))
        office.clock.tick(3)
    assert looks == [(1, 1), (3, 2), (4, 3)]


async def test_a_look_that_fails_concludes_nothing(office):
    chat = office.open(ReadableChannel())
    room = await office.room("acme")
    chat.script["acme"].append(DROP)
    chat.blind.extend([ConnectionError("down")] * 3)
    await office.put(room, "reply:1")
    delivery = office.delivery()
    for wait in (0, 5, 10):
        office.clock.tick(wait)
        await delivery.drain_once()
        assert await office.states() == {"reply:1": "unknown"}
    office.clock.tick(20)
    await delivery.drain_once()
    office.clock.tick(3)
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "sent"}
    assert len(chat.posted) == 1


async def test_without_reading_back_what_must_be_said_is_repeated_once_per_doubt_with_the_same_id(office, chat):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(Posts(DROP))
    await office.put(room, "reply:1", "reply:2")
    delivery = office.delivery()
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "pending", "reply:2": "pending"}
    office.clock.tick(5)
    await delivery.drain_once()
    oids = [oid for _, oid, _ in chat.posted]
    assert oids == [oids[0], oids[0], oids[2]]
    assert "reply:1" in chat.texts("acme")[1]
    assert await office.states() == {"reply:1": "sent", "reply:2": "sent"}


async def test_without_reading_back_a_courtesy_in_doubt_is_left_out(office, chat):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(Posts(DROP))
    await office.put(room, "reply:1", must_say=False)
    await office.put(room, "reply:2")
    await office.delivery().drain_once()
    assert await office.states() == {"reply:1": "superseded", "reply:2": "sent"}
    assert len(chat.posted) == 2


@pytest.mark.parametrize("kind", [RoomKind.CLIENT, RoomKind.TEAM])
async def test_a_courtesy_that_waits_lets_what_must_be_said_pass(office, chat, kind):
    office.open(chat)
    room = await office.room("acme", kind=kind)
    chat.script["acme"].append(RetryAfter(1, Scope.MESSAGE))
    await office.put(room, "unlinked:1", must_say=False)
    delivery = office.delivery()
    await delivery.drain_once()
    await office.put(room, "reply:2")
    await delivery.drain_once()
    assert await office.states() == {"unlinked:1": "pending", "reply:2": "sent"}
    office.clock.tick(5)
    await delivery.drain_once()
    assert await office.states() == {"unlinked:1": "sent", "reply:2": "sent"}


async def test_buttons_that_are_given_up_leave_the_pause_the_platform_asked_for(office):
    chat = office.open(FakeChannel(edit=True))
    room = await office.room("acme")
    await office.put(room, "reply:1")
    delivery = office.delivery()
    await delivery.drain_once()
    await office.put(room, "keyboard:1:", must_say=False)
    await office.sql("UPDATE outbox SET reply_to = 'm1', attempts = 1 WHERE dedupe_key = 'keyboard:1:'")
    await office.put(room, "reply:2")
    chat.script["acme"].append(RetryAfter(30, Scope.ROOM, throttled=True))
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "sent", "keyboard:1:": "superseded", "reply:2": "pending"}
    assert [text for _, text in chat.calls] == [chat.calls[0][1]] * 2, "the same words, other buttons"
    office.clock.tick(30)
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "sent", "keyboard:1:": "superseded", "reply:2": "sent"}


async def test_where_a_repeat_has_no_effect_even_a_courtesy_is_sent_again(office):
    own = office.open(OwnTableChannel())
    room = await office.room("acme")
    own.script["acme"].append(Posts(DROP))
    await office.put(room, "reply:1", must_say=False)
    await office.delivery().drain_once()
    assert await office.states() == {"reply:1": "sent"}
    assert (len(own.calls), len(own.posted)) == (2, 1)


async def test_after_three_doubts_a_row_is_parked_until_the_account_is_known_to_work(office):
    chat = office.open(ProbedChannel())
    room = await office.room("acme")
    chat.script["acme"].extend([DROP] * 3)
    await office.put(room, "nudge:1:1:v1")
    delivery = office.delivery()
    for wait in (0, 5, 10):
        office.clock.tick(wait)
        await delivery.drain_once()
    assert await office.states() == {"nudge:1:1:v1": "parked"}
    assert office.alarms == [("delivery.parked", "nudge:1:1:v1")]
    assert office.failures == [("nudge:1:1:v1", Failed.ATTEMPT), ("nudge:1:1:v1", Failed.PARKED)]
    await office.put(room, "reply:2")
    await delivery.drain_once()
    assert chat.texts("acme")[0].find("reply:2") >= 0  # a parked row keeps nobody waiting
    office.clock.tick(60)
    await delivery.drain_once()
    assert (chat.probes, await office.states()) == (1, {"nudge:1:1:v1": "parked", "reply:2": "sent"})
    chat.trouble = None
    office.clock.tick(60)
    await delivery.drain_once()
    assert await office.states() == {"nudge:1:1:v1": "sent", "reply:2": "sent"}


async def test_f12_fifteen_minutes_of_errors_lose_nothing_and_the_first_failure_is_told_at_once(office):
    chat = office.open(ProbedChannel())
    room = await office.room("boss", kind=RoomKind.DIRECT)
    down = [True]
    chat.everywhere.extend([lambda _: DROP if down[0] else None] * 100)
    await office.put(room, "nudge:1:1:v1", "nudge:2:1:v1", "esc:3:1:L1")
    delivery = office.delivery()
    await delivery.drain_once()
    assert office.failures == [("nudge:1:1:v1", Failed.ATTEMPT)]
    for _ in range(15 * 12):
        office.clock.tick(5)
        await delivery.drain_once()
    assert chat.posted == []
    down[0] = False
    chat.trouble = None
    for _ in range(14):
        office.clock.tick(5)
        await delivery.drain_once()
    assert set((await office.states()).values()) == {"sent"}
    assert len(chat.posted) == 3


async def test_f11_a_429_pauses_its_room_only_counts_as_no_failure_and_keeps_order(office, chat):
    office.open(chat)
    a, b = await office.room("acme"), await office.room("beta", client=2)
    chat.script["acme"].append(RetryAfter(30, Scope.ROOM, throttled=True))
    await office.put(a, "reply:1", "reply:2", "reply:3")
    await office.put(b, "reply:4")
    delivery = office.delivery()
    await delivery.drain_once()
    assert (len(chat.texts("acme")), len(chat.texts("beta"))) == (0, 1)
    for _ in range(29):
        office.clock.tick(1)
        await office.put(b, f"more:{office.clock.machine}")
        await delivery.drain_once()
    assert [room for room, _ in chat.calls].count("acme") == 1
    assert len(chat.texts("beta")) == 30
    office.clock.tick(1)
    await delivery.drain_once()
    assert [text.count(f"reply:{n}") for n, text in enumerate(chat.texts("acme"), 1)] == [1, 1, 1]
    assert await office.column("reply:1", "attempts") == 0
    assert (office.failures, office.alarms) == ([], [])


async def test_an_account_pause_stops_all_its_rooms_and_survives_a_restart(office, chat):
    office.open(chat)
    other = office.open(FakeChannel("mail"))
    rooms = [await office.room(name, client) for client, name in enumerate(("acme", "beta", "corp"), 1)]
    letter = await office.room("letters", channel="mail")
    chat.everywhere.append(RetryAfter(10, Scope.ACCOUNT, throttled=True))
    await office.put(rooms[0], "reply:1")
    await office.delivery().drain_once()
    for n, room in enumerate(rooms):
        await office.put(room, f"late:{n}")
    await office.put(letter, "letter")
    after_restart = office.delivery()
    await after_restart.drain_once()
    assert (len(chat.calls), len(other.posted)) == (1, 1)
    office.clock.tick(10)
    await after_restart.drain_once()
    assert len(chat.posted) == 4


async def test_three_rooms_keep_their_order_under_throttling_and_failures(office, chat):
    office.open(chat)
    rooms = [await office.room(name, client) for client, name in enumerate(("acme", "beta", "corp"), 1)]
    for n in range(10):
        for room in rooms:
            await office.put(room, f"reply:{room.ext_id}:{n}")
    chat.script["acme"].extend([None, RetryAfter(3, Scope.ROOM, throttled=True)] * 4)
    chat.script["beta"].extend([RetryAfter(1, Scope.ROOM), None] * 4)
    chat.script["corp"].extend([RetryAfter(2, Scope.ACCOUNT, throttled=True), None, None] * 3)
    delivery = office.delivery()
    for _ in range(60):
        await delivery.drain_once()
        office.clock.tick(1)
    for room in rooms:
        order = [text.split(f"reply:{room.ext_id}:")[1][0] for text in chat.texts(room.ext_id)]
        assert order == list("0123456789")


async def test_internal_rooms_hear_the_gravest_first_and_client_rooms_the_oldest(office, chat):
    office.open(chat)
    boss = await office.room("boss", kind=RoomKind.DIRECT)
    acme = await office.room("acme")
    for room, key in ((boss, "esc"), (acme, "reply")):
        for n, rank in enumerate((50, 10, 30)):
            await office.put(room, f"{key}:{n}", rank=rank)
    await office.delivery().drain_once()
    assert [text.split("esc:")[1][0] for text in chat.texts("boss")] == ["1", "2", "0"]
    assert [text.split("reply:")[1][0] for text in chat.texts("acme")] == ["0", "1", "2"]


async def test_the_gravest_room_comes_first(office):
    chat = office.open(FakeChannel(rooms_in_flight=2))
    for n in range(6):
        room = await office.room(f"room{n}")
        await office.put(room, f"esc:{n}", rank=60 - 10 * n)
    await office.delivery().drain_once()
    assert [room for room, _ in chat.calls] == [f"room{n}" for n in (5, 4, 3, 2, 1, 0)]


async def test_the_gravest_comes_first_across_channels(office, chat):
    office.open(chat)
    pager = office.open(FakeChannel("pager"))
    order = []
    for channel in (chat, pager):
        channel.everywhere.append(lambda message: order.append(message.room))
    await office.put(await office.room("acme"), "reply:1", rank=50)
    await office.put(await office.room("boss", kind=RoomKind.DIRECT, channel="pager"), "esc:1", rank=1)
    await office.delivery().drain_once()
    assert order == ["boss", "acme"]


async def test_rates_of_account_and_room_are_kept_and_nothing_is_lost(office):
    chat = office.open(FakeChannel(rate=2.0, per_room_rate=0.5))
    a, b, c = [await office.room(name) for name in ("a", "b", "c")]
    for room in (a, b, c):
        await office.put(room, *(f"reply:{room.ext_id}:{n}" for n in range(2)))
    delivery = office.delivery()
    sent = []
    for _ in range(9):
        await delivery.drain_once()
        sent.append(len(chat.posted))
        office.clock.tick(0.5)
    # 0 s: a burst of two (a, b); 0.5 s: one token, c; a is free again at 2 s, b too, c at 2.5 s.
    assert sent == [2, 3, 3, 3, 5, 6, 6, 6, 6]


async def test_f23_a_lost_room_parks_its_rows_tells_of_each_and_goes_on_when_it_is_back(office, chat):
    office.open(chat)
    acme, beta = await office.room("acme"), await office.room("beta", client=2)
    chat.script["acme"].append(Permanent("kicked", Scope.ROOM))
    await office.put(acme, "reply:1", "reply:2")
    await office.put(beta, "reply:3")
    delivery = office.delivery()
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "parked", "reply:2": "parked", "reply:3": "sent"}
    assert office.alarms == [("delivery.room_lost", "reply:1")]
    await office.put(acme, "nudge:9:1:v1")
    await delivery.drain_once()
    assert [how for _, how in office.failures] == [Failed.PARKED] * 3
    assert len([room for room, _ in chat.calls if room == "acme"]) == 1
    assert await office.store.write(lambda tx: tx.outbox.release_room(acme.id)) == 3
    await delivery.drain_once()
    texts = chat.texts("acme")
    assert [key in text for key, text in zip(("reply:1", "reply:2", "nudge:9"), texts, strict=True)] == [True] * 3


async def test_f25_a_revoked_token_parks_the_account_alarms_once_and_a_probe_frees_it_in_order(office):
    chat = office.open(ProbedChannel())
    rooms = [await office.room(name, client) for client, name in enumerate(("acme", "beta", "corp"), 1)]
    chat.everywhere.extend([Permanent("token_revoked", Scope.ACCOUNT)] * 3)
    for room in rooms:
        await office.put(room, f"reply:{room.ext_id}:1", f"reply:{room.ext_id}:2")
    delivery = office.delivery()
    await delivery.drain_once()
    assert set((await office.states()).values()) == {"parked"}
    assert [action for action, _ in office.alarms] == ["delivery.account_lost"]
    assert [how for _, how in office.failures] == [Failed.PARKED] * 6
    chat.everywhere.clear()
    chat.trouble = None
    office.clock.tick(60)
    await delivery.drain_once()
    for room in rooms:
        assert [t.split(f"reply:{room.ext_id}:")[1][0] for t in chat.texts(room.ext_id)] == ["1", "2"]


async def test_a_working_account_does_not_free_a_room_that_is_gone_itself(office):
    chat = office.open(ProbedChannel())
    room = await office.room("acme")
    chat.trouble = None
    chat.script["acme"].append(Permanent("kicked", Scope.ROOM))
    await office.put(room, "reply:1")
    delivery = office.delivery()
    await delivery.drain_once()
    office.clock.tick(60)
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "parked"}


async def test_a_closed_room_hears_nothing_more_because_its_address_may_be_anothers_now(office, chat):
    office.open(chat)
    old = await office.room("group")
    await office.put(old, "reply:1")
    await office.sql("UPDATE room SET active = 0 WHERE id = ?", old.id)
    new = await office.room("group", client=2)
    await office.put(new, "reply:2")
    await office.delivery().drain_once()
    assert await office.states() == {"reply:1": "parked", "reply:2": "sent"}
    assert len(chat.posted) == 1


async def test_the_reaction_to_a_failure_is_written_with_it_and_sent_in_the_same_drain(office, chat):
    office.open(chat)
    mail = office.open(FakeChannel("mail"))
    boss = await office.room("boss", kind=RoomKind.DIRECT)
    letter = await office.room("boss@", kind=RoomKind.DIRECT, channel="mail")
    chat.script["boss"].append(DROP)

    def next_path(tx, failure):
        tx.outbox.put(
            dedupe_key=f"path2:{failure.row.dedupe_key}",
            client_id=failure.row.client_id,
            room=letter,
            ticket_id=None,
            notice=Notice((say("resolved.client", ref="by letter"),)),
            now=office.clock.business,
        )

    office.on_failed = next_path
    await office.put(boss, "nudge:1:1:v1")
    await office.delivery().drain_once()
    assert ["by letter" in text for text in mail.texts("boss@")] == [True]


async def test_a_reaction_that_raises_does_not_undo_what_happened(office, chat, caplog):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(Permanent("too long", Scope.MESSAGE))

    def broken(tx, failure):
        tx.connection.execute("UPDATE client SET name = 'half-done' WHERE id = 1")
        raise RuntimeError("a mistake of the desk")

    office.on_failed = broken
    await office.put(room, "reply:1", "reply:2")
    await office.delivery().drain_once()
    assert await office.states() == {"reply:1": "dead", "reply:2": "sent"}
    assert await office.sql("SELECT name FROM client WHERE id = 1") == [("acme",)]
    assert "a mistake of the desk" in caplog.text


async def test_a_channel_that_raises_leaves_doubt_and_not_a_dead_loop(office, chat, caplog):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(ValueError("a bug of the adapter"))
    await office.put(room, "reply:1")
    delivery = office.delivery()
    await delivery.drain_once()
    assert await office.column("reply:1", "ambiguous") == 1
    assert "a bug of the adapter" in caplog.text
    office.clock.tick(5)
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "sent"}


async def test_a_send_without_an_answer_in_time_is_in_doubt(office):
    chat = office.open(ReadableChannel())
    room = await office.room("acme")
    chat.gate = asyncio.Event()  # never opened
    await office.put(room, "reply:1")
    # With hardly any time a call is cut off at its first wait; a look that need not wait is answered.
    await office.delivery(send_limit=timedelta(microseconds=1)).drain_once()
    assert await office.column("reply:1", "error") == "no answer within 1e-06 s"
    assert await office.states() == {"reply:1": "unknown"}


async def test_an_outcome_that_the_store_cannot_take_is_kept_and_written_first(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1", "reply:2")
    full = StoreBusy("database: the disk is full")
    store = StoreBetween(office.store, before_write=[None, full])
    delivery = office.delivery(store)
    with pytest.raises(StoreBusy):
        await delivery.drain_once()
    await delivery.drain_once()
    assert await office.states() == {"reply:1": "sent", "reply:2": "sent"}
    assert len(chat.posted) == 2


async def test_answered_while_it_waits_a_nudge_is_never_sent(office, chat):
    office.open(chat)
    boss = await office.room("boss", kind=RoomKind.DIRECT)
    chat.script["boss"].append(REFUSED)
    (row,) = await office.put(boss, "nudge:1:1:v1")
    delivery = office.delivery()
    await delivery.drain_once()
    await office.store.write(lambda tx: tx.outbox.supersede(row, "answered"))
    office.clock.tick(5)
    await delivery.drain_once()
    assert await office.states() == {"nudge:1:1:v1": "superseded"}
    assert len(chat.calls) == 1


@pytest.mark.parametrize("outcome", [DROP, REFUSED, Permanent("too long", Scope.MESSAGE)], ids=str)
async def test_answered_while_in_flight_a_nudge_that_failed_is_not_sent_again(office, chat, outcome):
    office.open(chat)
    boss = await office.room("boss", kind=RoomKind.DIRECT)
    (row,) = await office.put(boss, "nudge:1:1:v1")

    chat.script["boss"].append(outcome)
    real = chat.send

    async def send(message):
        await office.store.write(lambda tx: tx.outbox.supersede(row, "answered"))
        return await real(message)

    chat.send = send
    delivery = office.delivery()
    await delivery.drain_once()
    office.clock.tick(600)
    await delivery.drain_once()
    assert await office.states() == {"nudge:1:1:v1": "superseded"}
    assert len(chat.calls) == 1
    assert await office.column("nudge:1:1:v1", "error") == "answered"


async def test_a_channel_that_is_not_configured_keeps_its_rows_for_later(office, chat):
    office.open(chat)
    room = await office.room("old", channel="pager")
    await office.put(room, "reply:1")
    assert await office.delivery().drain_once() == 0
    assert await office.states() == {"reply:1": "pending"}


async def test_answered_between_claim_and_call_a_nudge_is_not_sent(office, chat):
    office.open(chat)
    boss = await office.room("boss", kind=RoomKind.DIRECT)
    (row,) = await office.put(boss, "nudge:1:1:v1")

    async def answered():
        await office.store.write(lambda tx: tx.outbox.supersede(row, "answered"))

    await office.delivery(StoreBetween(office.store, before_read=[answered])).drain_once()
    assert chat.calls == []
    assert await office.states() == {"nudge:1:1:v1": "superseded"}

"""The outbox rows: what may be claimed, what is fenced off, what the schema refuses, how rows are found."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from bot.notice import Notice, say
from bot.people import RoomKind
from bot.store.outbox import Outbox
from bot.store.outbox_row import State, oid_of
from bot.store.queries import load
from bot.store.rates import Rates
from bot.store.rooms import Rooms
from bot.store.sync import open_sync
from bot.text import Rich, paragraph

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WORDS = Notice((say("resolved.client", ref="T-42"),))
SAID = Rich((paragraph("T-42 is resolved."),))
QUERIES = load()


def later(seconds):
    return NOW + timedelta(seconds=seconds)


class Desk:
    """The tables of one open connection, with short ways to fill them; everything is one transaction."""

    def __init__(self, connection):
        connection.row_factory = sqlite3.Row
        self.sql = connection.execute
        self.outbox = Outbox(connection, QUERIES, set())
        self.rooms = Rooms(connection, QUERIES)
        self.rates = Rates(connection, QUERIES)

    def room(self, name, client=1, kind=RoomKind.CLIENT, person_id=None):
        return self.rooms.add(
            client_id=0 if kind.is_internal else client,
            kind=kind,
            channel="chat",
            account="main",
            ext_id=name,
            name=name,
            person_id=person_id,
            now=NOW,
        )

    def put(self, room, key, *, rank=50, ticket_id=None, client_id=None):
        return self.outbox.put(
            dedupe_key=key,
            client_id=room.client_id if client_id is None else client_id,
            room=room,
            ticket_id=ticket_id,
            notice=WORDS,
            now=NOW,
            rank=rank,
        )

    def claim(self, limit=10, now=NOW, **options):
        return self.outbox.claim("chat", limit, owner="me", now=now, **options)

    def keys(self, **options):
        return [row.dedupe_key for row in self.claim(**options)]

    def ticket(self, client=1):
        """A ticket of the client, with what its row needs; its id."""
        room = self.room(f"room of ticket {client}", client)
        self.sql("INSERT OR IGNORE INTO policy VALUES ('h', 'p', '', '', '1', '{}', 0)")
        (owner,) = self.sql(
            "INSERT INTO person (key, client_id, name, role, locale, zone, origin) "
            "VALUES (?, 0, 'M', 'manager', 'en', 'UTC', 'file') RETURNING id",
            (f"manager{client}",),
        ).fetchone()
        (contract,) = self.sql(
            "INSERT INTO contract (client_id, policy_id, origin) VALUES (?, 'p', 'file') RETURNING id",
            (client,),
        ).fetchone()
        (ticket,) = self.sql(
            "INSERT INTO ticket (ref, client_id, room_id, contract_id, policy_hash, root_ext, status, priority, "
            "rank, owner_id, opened_at, touched_at) "
            "VALUES (?, ?, ?, ?, 'h', 'm', 'open', 'HIGH', 1, ?, 0, 0) RETURNING id",
            (client, client, room.id, contract, owner),
        ).fetchone()
        return ticket


@pytest.fixture
def desk(tmp_path):
    desks = []

    def keep(connection):
        desks.append(Desk(connection))
        return desks[0]

    with open_sync(tmp_path / "pledge.db", keep):
        for key in ("acme", "beta"):
            desks[0].sql(
                "INSERT INTO client (key, name, locale, zone, origin) VALUES (?, ?, 'en', 'UTC', 'file')",
                (key, key),
            )
        yield desks[0]


def test_a_key_is_put_once(desk):
    room = desk.room("acme")
    first = desk.put(room, "reply:1")
    assert first is not None
    assert desk.put(room, "reply:1") is None
    assert desk.outbox.get(first).oid == oid_of("reply:1") != oid_of("reply:2")


def test_a_row_that_is_not_there_is_none(desk):
    assert desk.outbox.get(99) is None


def test_claims_are_heads_of_line_the_gravest_first(desk):
    acme, beta, team = desk.room("acme"), desk.room("beta", 2), desk.room("team", kind=RoomKind.TEAM)
    for room, key, rank in (
        (acme, "a1", 50),
        (acme, "a2", 1),
        (beta, "b1", 40),
        (team, "t1", 60),
        (team, "t2", 20),
    ):
        desk.put(room, key, rank=rank)
    assert desk.keys() == ["t2", "b1", "a1"]


def test_a_limit_leaves_the_lesser_ones(desk):
    for n in range(4):
        desk.put(desk.room(f"room{n}"), f"reply:{n}", rank=40 - n)
    assert desk.keys(limit=2) == ["reply:3", "reply:2"]
    assert desk.keys(limit=0) == []


def test_a_row_on_its_way_or_in_doubt_keeps_its_room_waiting(desk):
    room = desk.room("acme")
    desk.put(room, "reply:1")
    desk.put(room, "reply:2")
    (row,) = desk.claim()
    assert desk.keys() == []
    desk.outbox.mark_unknown(row.id, row.token, "drop", NOW)
    assert desk.keys() == []


def test_even_a_graver_row_of_an_internal_room_waits_for_the_one_on_its_way(desk):
    room = desk.room("team", kind=RoomKind.TEAM)
    desk.put(room, "nudge:1", rank=50)
    desk.claim()
    desk.put(room, "esc:1", rank=1)
    assert desk.keys() == []


@pytest.mark.parametrize("leave", ["park", "mark_dead", "drop"])
def test_a_row_that_is_set_aside_keeps_nobody_waiting(desk, leave):
    room = desk.room("acme")
    desk.put(room, "reply:1")
    desk.put(room, "reply:2")
    (row,) = desk.claim()
    getattr(desk.outbox, leave)(row.id, row.token, "why")
    assert desk.keys() == ["reply:2"]


def test_a_row_that_waits_for_its_next_attempt_keeps_its_place(desk):
    room = desk.room("acme")
    desk.put(room, "reply:1")
    desk.put(room, "reply:2")
    (row,) = desk.claim()
    assert desk.outbox.back_to_pending(row.id, row.token, later(5), count_attempt=True) is State.PENDING
    assert desk.keys(now=later(4.999)) == []
    (again,) = desk.claim(now=later(5))
    assert (again.dedupe_key, again.attempts) == ("reply:1", 1)


def test_pauses_hold_their_scope_only_and_the_longer_one_wins(desk):
    acme, beta = desk.room("acme"), desk.room("beta", 2)
    desk.put(acme, "reply:1")
    desk.put(beta, "reply:2")
    desk.outbox.pause_room(acme.id, later(30), NOW)
    desk.outbox.pause_room(acme.id, later(10), NOW)
    assert desk.keys() == ["reply:2"]
    assert desk.keys(now=later(29)) == []
    desk.outbox.pause_account("chat", "main", later(40), NOW)
    assert desk.keys(now=later(39)) == []
    desk.outbox.pause_account("chat", "other", later(90), NOW)
    assert desk.keys(now=later(40)) == ["reply:1"]


def test_an_account_without_a_token_does_not_hide_another(desk):
    for n in range(3):
        desk.put(desk.room(f"room{n}"), f"reply:{n}", rank=1)
    desk.sql("UPDATE room SET account = 'second' WHERE ext_id = 'room2'")
    assert desk.keys(limit=2, rate=1.0) == ["reply:0", "reply:2"]


def test_a_bucket_gives_its_burst_and_then_its_rate():
    def taken(rates, seconds):
        return rates.take("x", rate=2.0, burst=3.0, now=later(seconds))

    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE rate_bucket (scope TEXT PRIMARY KEY, tokens, updated_at, blocked_until)")
    rates = Rates(connection, QUERIES)
    moments = (0, 0, 0, 0, 0.499, 0.5, 0.5, 1.0, 60, 60, 60, 60)
    assert [taken(rates, moment) for moment in moments] == [
        *(True, True, True, False),
        *(False, True, False, True),
        *(True, True, True, False),
    ]
    connection.close()


def test_a_clock_that_was_set_back_refills_nothing(desk):
    assert desk.rates.take("x", rate=1.0, burst=2.0, now=later(10))
    assert desk.rates.take("x", rate=1.0, burst=2.0, now=later(0))
    assert not desk.rates.take("x", rate=1.0, burst=2.0, now=later(0.5))


def test_a_lease_holds_until_it_is_overtaken_withdrawn_or_the_room_is_gone(desk):
    room = desk.room("acme")
    desk.put(room, "reply:1")
    (row,) = desk.claim()
    assert desk.outbox.lease_until(row.id, row.token) == later(30)
    assert desk.outbox.lease_until(row.id, "another") is None
    desk.outbox.suspend_room(room.id, "kicked")
    assert desk.outbox.lease_until(row.id, row.token) is None
    desk.outbox.release_room(room.id)
    desk.outbox.supersede(row.id, "answered")
    assert desk.outbox.lease_until(row.id, row.token) is None


def test_every_way_out_of_a_send_is_fenced_by_its_token(desk):
    desk.put(desk.room("acme"), "reply:1")
    (row,) = desk.claim()
    assert desk.outbox.mark_sent(row.id, "old", "m1", SAID, NOW) is False
    assert desk.outbox.back_to_pending(row.id, "old", NOW, count_attempt=True) is None
    assert desk.outbox.mark_unknown(row.id, "old", "drop", NOW) is False
    assert desk.outbox.mark_dead(row.id, "old", "no") is None
    assert desk.outbox.park(row.id, "old", "no") is None
    assert desk.outbox.drop(row.id, "old", "no") is None
    assert desk.outbox.get(row.id) == row
    assert desk.sql("SELECT count(*) FROM message").fetchone()[0] == 0


def test_what_is_final_stays(desk):
    desk.put(desk.room("acme"), "reply:1")
    (row,) = desk.claim()
    assert desk.outbox.mark_sent(row.id, row.token, "m1", SAID, NOW)
    assert desk.outbox.mark_sent(row.id, row.token, "m2", SAID, NOW) is False
    assert desk.outbox.park(row.id, row.token, "no") is None
    assert desk.outbox.supersede(row.id, "answered") is None
    assert not desk.outbox.revive(row.id)


def test_sent_messages_are_numbered_without_gaps_in_their_room(desk):
    room = desk.room("acme")
    assert desk.rooms.take_seq(room.id) == 1
    for n in range(3):
        desk.put(room, f"reply:{n}")
        (row,) = desk.claim()
        desk.outbox.mark_sent(row.id, row.token, f"m{n}", SAID, NOW)
    rows = desk.sql("SELECT seq, ext_id, text, author, party FROM message ORDER BY seq").fetchall()
    assert [tuple(row) for row in rows] == [(n + 2, f"m{n}", "T-42 is resolved.", "Pledge", "bot") for n in range(3)]
    assert desk.rooms.take_seq(room.id) == 5


def test_a_post_that_is_a_message_of_our_own_already_is_not_recorded_again(desk):
    room = desk.room("acme")
    desk.put(room, "reply:1")
    (row,) = desk.claim()
    desk.sql(
        "INSERT INTO message (client_id, room_id, room_client_id, seq, direction, party, author, ext_id, text, "
        "at, recorded_at) VALUES (1, ?, 1, 1, 'out', 'bot', 'Pledge', ?, 'x', 0, 0)",
        (room.id, row.oid),
    )
    assert desk.outbox.mark_sent(row.id, row.token, "1", SAID, NOW)
    assert desk.sql("SELECT count(*) FROM message").fetchone()[0] == 1


def test_an_answer_takes_back_the_nudges_of_its_clock_and_nothing_else(desk):
    ticket, other = desk.ticket(1), desk.ticket(2)
    team = desk.room("team", kind=RoomKind.TEAM)
    for key in ("nudge:1:1:v1", "repeat:1:1:v1", "objective:1:1:v1", "esc:1:1:L1", "breach:1"):
        desk.put(team, key, ticket_id=ticket, client_id=1)
    desk.put(team, "nudge:9:1:v1", ticket_id=ticket, client_id=1)
    desk.put(team, "nudge:2:1:v1", ticket_id=other, client_id=2)
    assert desk.outbox.supersede_nudges(ticket, {1, 2}, "answered") == 3
    states = dict(tuple(row) for row in desk.sql("SELECT dedupe_key, state FROM outbox"))
    assert states == {
        "nudge:1:1:v1": "superseded",
        "repeat:1:1:v1": "superseded",
        "objective:1:1:v1": "superseded",
        "esc:1:1:L1": "pending",
        "breach:1": "pending",
        "nudge:9:1:v1": "pending",
        "nudge:2:1:v1": "pending",
    }


@pytest.mark.parametrize("doubtful", [False, True])
def test_taken_back_in_flight_a_row_is_superseded_once_it_comes_back(desk, doubtful):
    desk.put(desk.room("acme"), "nudge:1")
    (row,) = desk.claim()
    if doubtful:
        desk.outbox.mark_unknown(row.id, row.token, "drop", NOW)
    in_flight = State.UNKNOWN if doubtful else State.SENDING
    assert desk.outbox.supersede(row.id, "answered") is in_flight
    assert desk.outbox.back_to_pending(row.id, row.token, NOW, count_attempt=True) is State.SUPERSEDED
    assert desk.outbox.get(row.id).error == "answered"


@pytest.mark.parametrize("state", ["pending", "parked", "unknown"])
def test_of_the_files_of_one_entry_only_the_newest_is_brought_to_a_room(desk, state):
    acme, team = desk.room("acme"), desk.room("team", kind=RoomKind.TEAM)
    older = desk.put(acme, "file:7:1:client")
    others = [desk.put(team, "file:7:1:staff"), desk.put(acme, "file:71:1:client"), desk.put(acme, "call:7:1:client")]
    desk.sql("UPDATE outbox SET state = ?, lease_token = 't' WHERE id = ?", (state, older))
    desk.put(acme, "file:7:1:client")
    assert desk.outbox.get(older).withdrawn is None
    newest = desk.put(acme, "file:7:2:client")
    assert desk.outbox.get(older).withdrawn == "the entry is another now"
    assert {desk.outbox.get(id_).withdrawn for id_ in (*others, newest)} == {None}
    assert state != "unknown" or desk.outbox.back_to_pending(older, "t", NOW, count_attempt=False) is State.SUPERSEDED


@pytest.mark.parametrize(
    ("came", "state", "ambiguous", "where"),
    [
        (False, "pending", 0, "here"),
        (False, "parked", 0, "here"),
        (False, "superseded", 0, "here"),
        (True, "pending", 1, "here"),
        (True, "sending", 0, "here"),
        (True, "unknown", 0, "here"),
        (True, "sent", 0, "here"),
        (True, "sent", 0, "in another chat of his"),
        (False, "sent", 0, "in a chat of somebody else's"),
    ],
)
def test_of_an_entry_it_is_known_whether_it_may_have_come_to_somebody(desk, came, state, ambiguous, where):
    for client in (1, 2):
        desk.ticket(client)
    one, other = (row["id"] for row in desk.sql("SELECT id FROM person ORDER BY id").fetchall())
    chats = (("dm:mia", one), ("dm:ben", other), ("dm:his", one))
    mia, ben, his = (desk.room(name, kind=RoomKind.DIRECT, person_id=person) for name, person in chats)
    assert not desk.outbox.take_back_files(mia.id, "file:7:3:staff"), "nothing was to come there"
    desk.put(mia, "file:7:1:staff")
    for key in ("file:71:1:staff", "file:8:1:staff"):
        desk.put(mia, key)
        desk.sql("UPDATE outbox SET state = 'sent', provider_id = 'm' WHERE dedupe_key = ?", (key,))
    room = {"here": mia, "in another chat of his": his}.get(where, ben)
    id_ = desk.outbox.by_key("file:7:1:staff").id if room == mia else desk.put(room, "file:7:2:staff")
    values = (state, ambiguous, "m" if state == "sent" else None, "t", id_)
    as_it_is = "state = ?, ambiguous = ?, provider_id = ?, lease_token = ?, lease_until = 1, owner = 'me'"
    desk.sql(f"UPDATE outbox SET {as_it_is} WHERE id = ?", values)
    assert desk.outbox.take_back_files(mia.id, "file:7:3:staff") is not came


def test_taken_back_in_flight_and_sent_all_the_same_it_is_sent(desk):
    desk.put(desk.room("acme"), "nudge:1")
    (row,) = desk.claim()
    desk.outbox.supersede(row.id, "answered")
    assert desk.outbox.mark_sent(row.id, row.token, "m1", SAID, NOW)
    assert desk.outbox.get(row.id).state is State.SENT


def test_released_rows_start_afresh_in_their_order(desk):
    room = desk.room("acme")
    for n in range(3):
        desk.put(room, f"reply:{n}")
    (row,) = desk.claim()
    desk.outbox.mark_unknown(row.id, row.token, "drop", NOW)
    desk.outbox.park(row.id, row.token, "kicked")
    assert desk.outbox.suspend_room(room.id, "kicked")
    assert not desk.outbox.suspend_room(room.id, "kicked again")
    assert [r.error for r in desk.outbox.park_unreachable()] == ["kicked", "kicked"]
    assert desk.keys() == []
    assert desk.outbox.release_room(room.id) == 3
    (first,) = desk.claim()
    assert (first.dedupe_key, first.failures) == ("reply:0", 0)


@pytest.mark.parametrize("which", ["room", "account"])
def test_a_released_file_keeps_its_doubts_and_begins_anew_with_its_failures(desk, which):
    room = desk.room("acme")
    desk.put(room, "file:7:1:client")
    for _ in range(2):
        (row,) = desk.claim()
        desk.outbox.mark_unknown(row.id, row.token, "drop", NOW)
        desk.outbox.back_to_pending(row.id, row.token, NOW, count_attempt=True)
    (row,) = desk.claim()
    desk.outbox.park(row.id, row.token, "kicked")
    released = desk.outbox.release_room(room.id) if which == "room" else desk.outbox.release_account("chat", "main")
    (row,) = desk.claim()
    assert (released, row.ambiguous, row.attempts) == (1, 2, 0)


def test_an_account_that_works_again_frees_its_rooms_but_not_those_gone_themselves(desk):
    gone, fine = desk.room("acme"), desk.room("beta")
    desk.put(gone, "reply:1")
    desk.put(fine, "reply:2")
    desk.outbox.suspend_room(gone.id, "kicked")
    assert desk.outbox.suspend_account("chat", "main", "token_revoked")
    desk.outbox.park_unreachable()
    assert desk.outbox.parked_accounts() == [("chat", "main")]
    assert desk.outbox.release_account("chat", "main") == 1
    assert desk.keys() == ["reply:2"]
    assert desk.rooms.get(gone.id).unreachable == "kicked"
    assert desk.outbox.parked_accounts() == []


def test_left_behind_sends_are_in_doubt_when_their_lease_ends_or_their_owner_is_gone(desk):
    desk.put(desk.room("acme"), "reply:1")
    desk.put(desk.room("beta"), "reply:2")
    first, second = desk.claim()
    assert desk.outbox.lapse(later(29.999)) == []
    assert [row.id for row in desk.outbox.lapse(later(30), but=frozenset({first.id}))] == [second.id]
    assert desk.outbox.lapse(NOW, only_owner="me") == []
    assert [row.id for row in desk.outbox.lapse(NOW, only_owner="newcomer")] == [first.id]
    assert [row.id for row in desk.outbox.unknown_due(later(30))] == [first.id, second.id]


def test_what_an_owner_has_not_begun_goes_back(desk):
    desk.put(desk.room("acme"), "reply:1")
    desk.claim()
    assert desk.outbox.give_back("another", NOW) == 0
    assert desk.outbox.give_back("me", NOW) == 1
    assert desk.keys() == ["reply:1"]


def test_the_next_moment_is_the_earliest_end_of_a_wait_a_lease_or_a_pause(desk):
    assert desk.outbox.next_not_before(NOW) is None
    acme = desk.room("acme")
    desk.put(acme, "reply:1")
    assert desk.outbox.next_not_before(NOW) is None  # it is due already
    (row,) = desk.claim()
    assert desk.outbox.next_not_before(NOW) == later(30)
    desk.outbox.back_to_pending(row.id, row.token, later(20), count_attempt=True)
    assert desk.outbox.next_not_before(NOW) == later(20)
    desk.outbox.pause_room(acme.id, later(10), NOW)
    assert desk.outbox.next_not_before(NOW) == later(10)


def test_the_auditor_sees_the_oldest_unsent_the_stuck_and_the_counts(desk):
    assert desk.outbox.oldest_unsent() is None
    for name in ("acme", "beta", "corp"):
        desk.put(desk.room(name), f"reply:{name}")
    sending, pending, unknown = desk.claim()
    desk.outbox.back_to_pending(pending.id, pending.token, later(1), count_attempt=True)
    desk.outbox.mark_unknown(unknown.id, unknown.token, "drop", NOW)
    assert desk.outbox.oldest_unsent() == NOW
    assert [row.id for row in desk.outbox.stuck(later(0))] == []
    assert [row.id for row in desk.outbox.stuck(later(31))] == [sending.id, pending.id, unknown.id]
    assert desk.outbox.counts() == {State.SENDING: 1, State.PENDING: 1, State.UNKNOWN: 1}


@pytest.mark.parametrize("client_id", [2, 0, -1])
def test_s8_a_row_cannot_aim_at_another_clients_room(desk, client_id):
    room = desk.room("acme", client=1)
    with pytest.raises(sqlite3.IntegrityError, match=r"CHECK|FOREIGN KEY"):
        desk.put(room, "reply:1", client_id=client_id)


@pytest.mark.parametrize(
    ("client_id", "room_client_id", "ticket_client"),
    [(1, 2, None), (2, 1, None), (2, 2, None), (1, 1, 2), (None, 1, None), (1, None, None), (2, 0, None)],
    ids=str,
)
def test_s8_direct_sql_is_refused_as_well(desk, client_id, room_client_id, ticket_client):
    room = desk.room("acme", client=1)
    ticket = desk.ticket(ticket_client) if ticket_client else None
    with pytest.raises(sqlite3.IntegrityError):
        desk.sql(
            "INSERT INTO outbox (oid, dedupe_key, client_id, room_id, room_client_id, ticket_id, notice, "
            "must_say, state, created_at) VALUES ('o', 'k', ?, ?, ?, ?, '{}', 1, 'pending', 0)",
            (client_id, room.id, room_client_id, ticket),
        )


def test_the_schema_keeps_two_sends_to_one_room_apart(desk):
    room = desk.room("acme")
    desk.put(room, "reply:1")
    desk.put(room, "reply:2")
    desk.claim()
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        desk.sql(
            "UPDATE outbox SET state = 'sending', owner = 'x', lease_token = 'x', lease_until = 1 "
            "WHERE dedupe_key = 'reply:2'"
        )


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("outbox_heads", {"outbox_open", "outbox_one_in_flight"}),
        ("outbox_lapsed", {"outbox_one_in_flight"}),
        ("outbox_owned", {"outbox_one_in_flight"}),
        ("outbox_unknown_due", {"outbox_one_in_flight"}),
        ("outbox_in_silent_rooms", {"room_silent", "outbox_open"}),
        ("outbox_of_ticket", {"outbox_ticket"}),
        ("outbox_release_room", {"outbox_stuck"}),
        ("outbox_parked_accounts", {"outbox_stuck"}),
        ("outbox_next_not_before", {"outbox_open"}),
        ("outbox_oldest_unsent", {"outbox_open"}),
        ("outbox_stuck", {"outbox_open"}),
        ("outbox_counts", {"outbox_open", "outbox_stuck"}),
        ("outbox_files", {"outbox_open", "outbox_stuck"}),
    ],
)
def test_queries_use_the_partial_indexes_and_never_walk_the_sent_rows(desk, query, indexes):
    text = getattr(QUERIES, query).sql
    values = dict.fromkeys(("now", "n", "channel", "owner", "ticket_id", "room_id", "before", "entry"), 1)
    plan = [row["detail"] for row in desk.sql(f"EXPLAIN QUERY PLAN {text}", values)]
    for index in indexes:
        assert any(f"INDEX {index} " in f"{step} " for step in plan), plan
    walks = [step for step in plan if step in ("SCAN o", "SCAN h", "SCAN f", "SCAN outbox")]
    assert walks == [], plan


def test_finding_the_head_of_a_line_needs_no_sorting(desk):
    plan = [
        row["detail"]
        for row in desk.sql(f"EXPLAIN QUERY PLAN {QUERIES.outbox_heads.sql}", {"now": 1, "n": 1, "channel": "chat"})
    ]
    assert sum("TEMP B-TREE" in step for step in plan) == 1  # the ORDER BY over the heads themselves

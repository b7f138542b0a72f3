"""The roster: every mistake in the file is named, and the rows are made as the file says, once."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.demo import ROSTER as DEMO
from bot.desk.linking import relink
from bot.people import Role, RoomKind
from bot.roster import (
    KEYS,
    RosterConflict,
    RosterError,
    apply_roster,
    described,
    load_roster,
    parse_roster,
    plan_changes,
    preview_roster,
)
from bot.roster.plan import facts
from bot.sla.policy import Priority
from bot.sla.policy_file import load_folder
from bot.store.queries import load
from bot.store.roster_row import Address, ContractRow, Held, RoomRow
from bot.store.sqlite import open_sync
from bot.store.tx import make_tx
from bot.tickets import Status, Ticket

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "roster-file.md"
CATALOG = load_folder()
QUERIES = load()
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)

VENDOR = '[vendor]\nname = "Vendor"\nzone = "Etc/GMT-3"\n'
MIA = '[[staff]]\nid = "mia"\nname = "Mia"\nrole = "manager"\n'
BEN = '[[staff]]\nid = "ben"\nname = "Ben"\nrole = "lead"\n'
TOM = '[[staff]]\nid = "tom"\nname = "Tom"\nrole = "technician"\n'
TEAM = '[[teams]]\nid = "support"\nname = "Support"\n'
STAFF = VENDOR + MIA + BEN


def client(key="acme", manager="mia", agreement="redtrack-premium", more=""):
    return (
        f'[[clients]]\nid = "{key}"\nname = "{key.title()}"\nagreement = "{agreement}"\nmanager = "{manager}"\n{more}\n'
    )


def read(text, channels=("inapp", "fake")):
    return parse_roster(text, "roster.toml", catalog=CATALOG, locales=("en", "ru"), channels=channels)


def mistakes(text):
    with pytest.raises(RosterError) as refusal:
        read(text)
    return [str(problem).removeprefix("roster.toml: ") for problem in refusal.value.problems]


# The file ---------------------------------------------------------------------------------------------------------


def test_the_demo_is_in_order_and_there_is_nothing_to_remark():
    roster = load_roster(DEMO, catalog=CATALOG, locales=("en", "ru"))
    assert roster.demo is True and roster.remarks == ()
    assert {person.role for person in roster.staff} == set(Role) - {Role.CONTACT, Role.ADMIN}
    assert [each.key for each in roster.clients] == ["acme", "bolt"]
    assert roster.rows.clients["acme"].zone == "America/New_York" and roster.rows.people["mia"].zone == "Etc/GMT-3"


def test_everybody_has_an_address_on_the_board_or_in_the_chat_without_saying_so():
    contacts = '[[clients.contacts]]\nid = "ann"\nname = "Ann"\n'
    rows = read(STAFF + client(more=contacts) + TEAM).rows
    assert {address.id: row.person for address, row in rows.identities.items()} == {
        "staff/mia": "mia",
        "staff/ben": "ben",
        "acme/ann": "acme/ann",
    }
    assert {address.id: (row.kind, row.person) for address, row in rows.rooms.items()} == {
        "direct:mia": (RoomKind.DIRECT, "mia"),
        "direct:ben": (RoomKind.DIRECT, "ben"),
        "acme": (RoomKind.CLIENT, None),
        "team:support": (RoomKind.TEAM, None),
    }
    assert {address.channel for address in (*rows.rooms, *rows.identities)} == {"inapp"}


def test_staff_take_language_and_zone_from_the_vendor_and_contacts_from_their_client():
    more = 'locale = "ru"\nzone = "Asia/Tokyo"\n[[clients.contacts]]\nid = "ann"\nname = "Ann"\n'
    people = read(STAFF + client(more=more)).rows.people
    assert (people["mia"].locale, people["mia"].zone) == ("en", "Etc/GMT-3")
    assert (people["acme/ann"].locale, people["acme/ann"].zone) == ("ru", "Asia/Tokyo")


def test_a_contract_lasts_from_its_first_day_to_the_end_of_its_last_in_the_clients_zone():
    more = 'zone = "America/New_York"\nstart = 2026-01-01\nend = 2026-06-30\nsuspended = 2026-05-01T00:00:00+02:00'
    contract = read(STAFF + client(more=more)).rows.contracts["acme"]
    assert contract.starts_at == datetime(2026, 1, 1, 5, tzinfo=UTC)  # New York is at UTC-5 in winter,
    assert contract.ends_at == datetime(2026, 7, 1, 4, tzinfo=UTC)  # at UTC-4 in summer
    assert contract.suspended_at == datetime(2026, 4, 30, 22, tzinfo=UTC)


def test_manager_and_backups_keep_their_order():
    roster = read(STAFF + client(manager="ben", more='backups = ["mia"]'))
    assert roster.rows.duties["acme"].people == ("ben", "mia")


def test_hours_are_kept_by_weekday():
    text = VENDOR + MIA + 'hours = { tue = ["10:00-13:00", "14:00-19:00"], mon = "10:00-19:00" }\n'
    hours = json.loads(read(text).rows.people["mia"].hours)
    assert hours == {"mon": ["10:00-19:00"], "tue": ["10:00-13:00", "14:00-19:00"]}


def test_a_meeting_and_a_calendar_are_links_and_the_calendars_is_shown_to_nobody():
    secret = "https://calendar.example.com/private-canary/basic.ics"
    text = VENDOR + MIA + f'meeting = "https://meet.example.com/{{call}}"\ncalendar = "{secret}"\n'
    rows = read(text).rows
    assert (rows.people["mia"].meeting, rows.people["mia"].calendar) == ("https://meet.example.com/{call}", secret)
    told = [described(change) for change in plan_changes(Held(), rows)] + [facts(rows.people["mia"])]
    assert "canary" not in str(told) and "calendar.example.com #" in told[0] + told[1]
    moved = replace(rows.people["mia"], calendar=secret.replace("canary", "parrot"))
    changes = plan_changes(Held(rows), replace(rows, people={**rows.people, "mia": moved}))
    assert re.fullmatch(r"~ staff mia: calendar (\S+ #\w{8}) -> (\S+ #\w{8})", described(changes[0]))


def test_accounts_of_other_channels_are_part_of_the_address():
    staff = VENDOR + MIA + 'identities = { fake = { account = "T1", id = "U7" } }\n'
    rooms = '[[clients.rooms]]\nchannel = "fake"\naccount = "T1"\nid = "C9"\nlocale = "ru"\n'
    rows = read(staff + client(more=rooms)).rows
    assert rows.identities[Address("fake", "T1", "U7")].person == "mia"
    room = rows.rooms[Address("fake", "T1", "C9")]
    assert (room.client, room.name, room.locale, room.zone) == ("acme", "Acme", "ru", None)
    assert Address("inapp", "default", "acme") not in rows.rooms


def test_a_contact_may_be_called_otherwise_by_the_clients_product():
    more = '[[clients.contacts]]\nid = "ann"\nname = "Ann"\nidentities = { inapp = "user-7" }\n'
    assert Address("inapp", "default", "acme/user-7") in read(STAFF + client(more=more)).rows.identities


WRONG = [
    ("", 'vendor: missing (write [vendor] and below it name = "...", your own company)'),
    (VENDOR, 'staff: nobody can answer (write [[staff]] with id, name and role = "manager")'),
    (VENDOR + TOM, "staff: nobody can answer"),
    ("[vendor]\nlocale = 'en'\n" + MIA, 'vendor.name: missing (write name = "...")'),
    ("vendor = 5\n" + MIA, "vendor: 5 is not a table"),
    (STAFF + '[client]\nid = "x"\n', 'client: unknown key "client" (did you mean "clients"?)'),
    (STAFF + "staf = []\n", 'staff "ben": staf: unknown key "staf" (use id, name, role'),
    (VENDOR + MIA + 'rol = "x"\n', 'staff "mia": rol: unknown key "rol" (did you mean "role"?)'),
    (VENDOR + MIA.replace("manager", "manger"), 'staff "mia": role: unknown word "manger" (did you mean "manager"?)'),
    (STAFF + TOM.replace("technician", "contact"), 'staff "tom": role: "contact" is no staff (use manager,'),
    (STAFF + MIA, 'staff "mia": id: there are two with the id "mia" (give each its own)'),
    (VENDOR + MIA.replace('"mia"', '"mia/x"'), 'staff "mia/x": id: "mia/x" cannot be an id (use letters'),
    (STAFF + '[[staff]]\nname = "X"\nrole = "lead"\n', 'staff 3: id: missing (write id = "...")'),
    (STAFF + '[[staff]]\nid = "x"\nname = "a\\nb"\nrole = "lead"\n', 'staff "x": name:'),
    (VENDOR + MIA + 'zone = "Europe/Berln"\n', 'staff "mia": zone: no time zone "Europe/Berln" (did you mean "Euro'),
    (VENDOR + MIA + 'zone = "GMT+3"\n', 'staff "mia": zone: no time zone "GMT+3" ('),
    (VENDOR + MIA + 'locale = "de"\n', 'staff "mia": locale: no texts in "de" (use en, ru)'),
    (
        VENDOR + MIA + 'hours = { mo = "10:00-19:00" }\n',
        'staff "mia": hours.mo: unknown key "mo" (did you mean "mon"?)',
    ),
    (VENDOR + MIA + 'meeting = "meet"\n', 'staff "mia": meeting: "meet" is no link (write https'),
    (
        VENDOR + MIA + 'meeting = "http://meet.example.com/mia"\n',
        'staff "mia": meeting: "http://meet.example.com/mia" is no link (write https',
    ),
    (VENDOR + MIA + 'calendar = "canary"\n', 'staff "mia": calendar: this is no address (write the secret one'),
    (VENDOR + MIA + 'hours = { mon = "10-25" }\n', 'staff "mia": hours.mon: '),
    (VENDOR + MIA + 'identities = "mia"\n', 'staff "mia": identities: "mia" is not a table'),
    (VENDOR + MIA + 'identities = { fack = "1" }\n', 'staff "mia": identities.fack: no channel "fack" here (did you'),
    (VENDOR + MIA + "identities = { fake = 7 }\n", 'staff "mia": identities.fake: 7 is not a user id (write fake ='),
    (VENDOR + MIA + 'identities = { fake = { name = "7" } }\n', 'identities.fake.name: unknown key "name"'),
    (VENDOR + MIA + 'identities = { inapp = "ben" }\n', '"staff/ben" is not for "mia" (leave it out: it is staff/mia)'),
    (VENDOR + MIA + 'identities = { inapp = "acme/ann" }\n', '"acme/ann" is not for "mia"'),
    (
        VENDOR + MIA + 'identities = { fake = "7" }\n' + BEN + 'identities = { fake = "7" }\n',
        'staff "ben": identities.fake: fake 7 is "mia" already (one person per identity)',
    ),
    (STAFF + client("staff"), 'client "staff": id: "staff" is taken by the bot itself (choose another id)'),
    (STAFF + client() + client(), 'client "acme": id: there are two with the id "acme"'),
    (STAFF + client(agreement="redtrak"), 'client "acme": agreement: no policy "redtrak" (did you mean "redtrack"?)'),
    (STAFF + client(agreement="tactful"), 'client "acme": plan: policy tactful: has plans, name one (use standard'),
    (STAFF + client(agreement="tactful", more='plan = "gold"'), 'client "acme": plan: '),
    (STAFF + client(more='variant = "x"'), 'client "acme": variant: '),
    (STAFF + client(manager="maya"), 'client "acme": manager: "maya" is not on the staff (use mia, ben)'),
    (STAFF + client(manager=""), 'client "acme": manager: missing (write manager = "...")'),
    (STAFF + TOM + client(manager="tom"), 'client "acme": manager: "tom" has the role technician (who answers'),
    (STAFF + client(more='backups = ["bens"]'), 'client "acme": backups: "bens" is not on the staff (did you mean "be'),
    (STAFF + client(more='backups = ["mia"]'), 'client "acme": backups: names somebody twice'),
    (STAFF + client(more='start = "2026-01-01"'), 'client "acme": start: "2026-01-01" is not a day (write start ='),
    (STAFF + client(more="start = 2026-01-01T10:00:00"), 'client "acme": start: 2026-01-01 10:00:00 is not a day'),
    (STAFF + client(more="end = 9999-12-31"), 'client "acme": end: 9999-12-31 is out of range'),
    (
        STAFF + client(more="start = 2026-06-01\nend = 2026-05-01"),
        'client "acme": end: 2026-05-01 is before the start, 2026-06-01 (swap them)',
    ),
    (STAFF + client(more='fee = "lots"'), 'client "acme": fee: "lots" is not an amount with its currency'),
    (STAFF + client(more='[[clients.rooms]]\nid = "bolt"'), 'room "bolt": id: "bolt" cannot be chosen on inapp (leave'),
    (STAFF + client(more='[[clients.rooms]]\nchannel = "fake"'), "room 1: id: missing (write id ="),
    (STAFF + client(more='[[clients.rooms]]\nchannel = "x"\nid = "1"'), 'room "1": channel: no channel "x" here'),
    (STAFF + client(more="rooms = 5"), 'client "acme": rooms: 5 is not a list of tables (write [[rooms]]'),
    (
        STAFF
        + client(more='[[clients.rooms]]\nchannel = "fake"\nid = "1"')
        + client("bolt", more='[[clients.rooms]]\nchannel = "fake"\nid = "1"'),
        'client "bolt": room "1": id: fake 1 is the room of "Acme" already (one row per room)',
    ),
    (
        STAFF + client(more='[[clients.contacts]]\nid = "ann"\nname = "Ann"\nidentities = { inapp = "bolt/bob" }'),
        'client "acme": contact "ann": identities.inapp: "bolt/bob" is not for "acme/ann"',
    ),
    (
        STAFF + client(more='[[clients.contacts]]\nid = "ann"\nname = "Ann"\n' * 2),
        'client "acme": contact "ann": id: there are two with the id "ann"',
    ),
    (STAFF + TEAM + TEAM, 'team "support": room: inapp team:support is the room of "Support" already'),
    (STAFF + TEAM + 'room = "team:other"\n', 'team "support": room: "team:other" cannot be chosen on inapp'),
    ("[vendor\n", "not TOML: "),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_mistake_is_named_with_the_way_out(text, said):
    found = mistakes(text)
    assert any(said in problem for problem in found), found
    assert all("(" in problem for problem in found), "every message has a way out"


def test_every_mistake_is_listed_at_once():
    found = mistakes(STAFF + client(manager="x", agreement="y", more='fee = "z"\nzone = "q"') + "[[teams]]\n")
    assert len(found) == 6  # manager, agreement, fee, zone, and the team's id and name


def test_one_wrong_role_is_one_mistake():
    found = mistakes(VENDOR + MIA.replace("manager", "boss") + client())
    assert len(found) == 1 and 'unknown word "boss"' in found[0]


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.toml does not exist \(write it"):
        load_roster(tmp_path / "no.toml", catalog=CATALOG, locales=("en",))
    with pytest.raises(RosterError, match="Is a directory"):
        load_roster(tmp_path, catalog=CATALOG, locales=("en",))
    (tmp_path / "r.toml").write_bytes(b"\xff")
    with pytest.raises(RosterError, match="not readable"):
        load_roster(tmp_path / "r.toml", catalog=CATALOG, locales=("en",))


def test_remarks_name_what_will_surprise_somebody():
    assert [remark.partition(":")[0] for remark in read(VENDOR + MIA).remarks] == ["staff", "clients", "teams"]
    (remark,) = read(STAFF + client() + TEAM).remarks
    assert remark == 'client "acme": backups: nobody stands in for mia (name somebody)'


def test_the_reference_documents_every_key():
    sections = dict(re.findall(r"^## `\[*([\w.]+)\]*`\n(.*?)(?=^## |\Z)", REFERENCE.read_text("utf-8"), re.M | re.S))
    parts = {
        "vendor": "vendor",
        "staff": "staff",
        "clients": "client",
        "staff.nudges": "staff nudges",
        "clients.nudges": "client nudges",
        "clients.rooms": "room",
        "clients.contacts": "contact",
        "teams": "team",
        "oncall": "oncall",
        "identities": "identity",
    }
    assert set(parts.values()) == set(KEYS) - {"roster"} and set(sections) == set(parts)
    for section, part in parts.items():
        first_cells = re.findall(r"^\| (`.*?) \|", sections[section], re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", " ".join(first_cells))) == set(KEYS[part]), section


# The rows ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    with open_sync(tmp_path / "pledge.db", partial(make_tx, QUERIES)) as opened:
        yield opened


@pytest.fixture
def put(store):
    """Applies a roster and gives the lines of what changed."""

    def apply(text):
        roster = read(text)
        done = store.write(lambda tx: apply_roster(tx, roster, NOW))
        return [described(change) for change in done.changes]

    return apply


def sql(store, statement, *values):
    return [tuple(row) for row in store.write(lambda tx: tx.connection.execute(statement, values).fetchall())]


def open_ticket(store, ref=42, key="acme"):
    def work(tx):
        tx.meta.pin_policy(hash="h", id="p", plan="", variant="", version="1", text="{}", now=NOW)
        owner_client = tx.people.client_by_key(key)
        ticket = Ticket(
            id=0,
            ref=ref,
            client_id=owner_client.id,
            room_id=tx.rooms.of_client(owner_client.id)[0].id,
            contract_id=tx.people.contract(owner_client.id).id,
            policy_hash="h",
            thread=None,
            root_ext=f"m{ref}",
            status=Status.OPEN,
            priority=Priority.MEDIUM,
            owner_id=tx.people.responsible(owner_client.id)[0].id,
            opened_at=NOW,
            touched_at=NOW,
        )
        return tx.tickets.add(ticket)

    return store.write(work)


def test_a_second_time_there_is_nothing_to_change(put):
    text = DEMO.read_text("utf-8")
    assert len(put(text)) == 34
    assert put(text) == []


def test_looking_changes_nothing(store):
    roster = read(STAFF + client())
    planned = store.read(lambda tx: preview_roster(tx, roster))
    assert len(planned) > 0 and sql(store, "SELECT count(*) FROM person") == [(0,)]


def test_the_rows_say_whose_language_and_zone_it_is(put):
    """The vendor's stands behind what a platform says of somebody, his own before it."""
    named = MIA + 'locale = "en"\nzone = "Etc/GMT-3"\n'
    assert [(p.locale, p.own_locale, p.own_zone) for p in read(VENDOR + MIA).rows.people.values()] == [
        ("en", False, False)
    ]
    assert [(p.own_locale, p.own_zone) for p in read(VENDOR + named).rows.people.values()] == [(True, True)]
    put(VENDOR + MIA)
    assert put(VENDOR + named) == ["~ staff mia: which of locale and zone the file names"]
    assert put(VENDOR + named) == []


def test_changes_are_told_in_words(put):
    put(STAFF + client() + client("bolt") + TEAM)
    assert put(STAFF + client(manager="ben", more='zone = "Asia/Tokyo"\nfee = "5 EUR"') + TEAM) == [
        "- client room inapp bolt",
        "~ client acme: zone UTC -> Asia/Tokyo",
        "~ contract of acme: fee none -> 5 EUR",
        "- contract of bolt",
        "~ manager of acme: people mia -> ben",
        "- client bolt",
    ]


def test_a_new_name_or_role_keeps_the_person(put, store):
    put(STAFF)
    before = sql(store, "SELECT id FROM person WHERE key = 'mia'")
    assert put(VENDOR + MIA.replace('"Mia"', '"Mia Berg"').replace("manager", "lead") + BEN) == [
        "~ staff mia: name Mia -> Mia Berg, role manager -> lead",
        "~ direct room inapp direct:mia: name Mia -> Mia Berg",
    ]
    assert sql(store, "SELECT id FROM person WHERE key = 'mia'") == before


def test_somebody_who_leaves_is_out_at_once_and_comes_back_as_the_same_person(put, store):
    put(STAFF + client(manager="ben"))
    mia = store.read(lambda tx: tx.people.person_by_key("mia"))
    secret = store.write(lambda tx: tx.access.open_board(mia.id, NOW, NOW - datetime(2026, 11, 19, tzinfo=UTC)))
    assert store.read(lambda tx: tx.access.board(secret, NOW)).person.key == "mia"
    put(VENDOR + BEN + client(manager="ben"))
    assert store.read(lambda tx: tx.access.board(secret, NOW)) is None
    assert store.read(lambda tx: tx.people.by_identity("inapp", "default", "staff/mia")) is None
    assert store.read(lambda tx: tx.rooms.direct(mia.id)) == []
    put(STAFF + client(manager="ben"))
    back = store.read(lambda tx: tx.people.by_identity("inapp", "default", "staff/mia"))
    assert back == mia and len(store.read(lambda tx: tx.rooms.direct(mia.id))) == 1
    assert store.read(lambda tx: tx.access.board(secret, NOW)) is None, "an old session does not come back"


def test_other_terms_are_a_new_contract_and_open_tickets_keep_theirs(put, store):
    put(STAFF + client())
    ticket = open_ticket(store)
    put(STAFF + client(agreement="tactful", more='plan = "priority"'))
    contracts = sql(store, "SELECT policy_id, plan, active FROM contract ORDER BY id")
    assert contracts == [("redtrack-premium", "", 0), ("tactful", "priority", 1)]
    assert sql(store, "SELECT policy_id FROM contract k JOIN ticket t ON t.contract_id = k.id") == [
        ("redtrack-premium",)
    ]
    assert store.read(lambda tx: tx.tickets.get(ticket.id)) == ticket


def test_other_dates_correct_the_contract_as_it_is(put, store):
    put(STAFF + client())
    put(STAFF + client(more="suspended = 2026-11-01"))
    ((active, suspended),) = sql(store, "SELECT active, suspended_at FROM contract")
    assert (active, suspended) == (1, int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000))


def test_a_removed_client_is_closed_its_open_tickets_are_named_and_keep_their_owner(put, store):
    put(STAFF + client() + client("bolt"))
    ticket = open_ticket(store)
    roster = read(STAFF + client("bolt"))
    done = store.write(lambda tx: apply_roster(tx, roster, NOW))
    assert done.warnings == ("client acme: T-42 open and cannot be answered any more (finish them first)",)
    assert store.read(lambda tx: tx.people.client_by_key("acme")) is None
    assert store.read(lambda tx: tx.rooms.at("inapp", "default", "acme")) is None
    assert store.read(lambda tx: tx.tickets.get(ticket.id)) == ticket
    assert [each.key for each in store.read(lambda tx: tx.people.responsible(ticket.client_id))] == ["mia"]


def test_somebody_who_leaves_with_open_tickets_is_named(put, store):
    put(STAFF + client())
    open_ticket(store)
    roster = read(VENDOR + BEN + client(manager="ben"))
    planned = store.read(lambda tx: preview_roster(tx, roster))
    assert planned.warnings == ("staff mia: still owns T-42 (hand over with /assign)",)


def test_a_client_that_comes_back_has_its_own_room_again(put, store):
    put(STAFF + client())
    room = store.read(lambda tx: tx.rooms.at("inapp", "default", "acme"))
    put(STAFF)
    put(STAFF + client())
    assert store.read(lambda tx: tx.rooms.at("inapp", "default", "acme")) == room


def test_a_room_that_passes_to_another_client_is_a_new_room(put, store):
    link = '[[clients.rooms]]\nchannel = "fake"\nid = "7"'
    put(STAFF + client(more=link) + client("bolt"))
    before = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    ticket = open_ticket(store)
    assert ticket.room_id == before.id
    put(STAFF + client() + client("bolt", more=link))
    after = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    assert after.id != before.id and after.client_id != before.client_id
    assert store.read(lambda tx: tx.rooms.get(before.id)).client_id == before.client_id


def choose(store, address, locale):
    """What `/language` does in a room."""
    room = store.read(lambda tx: tx.rooms.at("inapp", "default", address))
    store.write(lambda tx: tx.rooms.set_locale(room.id, locale))


def language(store, address):
    return store.read(lambda tx: tx.rooms.at("inapp", "default", address)).locale


def test_a_language_chosen_in_the_room_survives_the_roster_that_names_none(put, store):
    put(STAFF + client())
    choose(store, "acme", "ru")
    assert len(put(STAFF + client())) == 0
    assert language(store, "acme") == "ru"
    put(STAFF + client(more='zone = "Asia/Tokyo"'))
    assert language(store, "acme") == "ru"


def test_a_language_that_the_file_names_for_the_room_wins_over_the_chosen_one(put, store):
    named = client(more='[[clients.rooms]]\nid = "acme"\nlocale = "en"\n')
    put(STAFF + client())
    choose(store, "acme", "ru")
    assert len(put(STAFF + named)) == 1
    assert language(store, "acme") == "en"


def test_a_language_chosen_by_one_client_does_not_stay_with_the_room_of_the_next(put, store):
    room = '[[clients.rooms]]\nchannel = "fake"\nid = "C1"\n'
    put(STAFF + client("acme", more=room) + client("bolt"))
    store.write(lambda tx: tx.rooms.set_locale(tx.rooms.at("fake", "default", "C1").id, "ru"))
    put(STAFF + client("acme") + client("bolt", more=room))
    assert store.read(lambda tx: tx.rooms.at("fake", "default", "C1")).locale == "en"


def test_an_identity_passes_to_another_person(put, store):
    one, other = 'identities = { fake = "7" }\n', ""
    put(VENDOR + MIA + one + BEN + other)
    put(VENDOR + MIA + other + BEN + one)
    assert store.read(lambda tx: tx.people.by_identity("fake", "default", "7")).key == "ben"


def test_an_unlinked_room_gets_its_client(put, store):
    put(STAFF)
    waiting = store.write(lambda tx: tx.rooms.add_unlinked("fake", "default", "7", NOW))
    put(STAFF + client(more='[[clients.rooms]]\nchannel = "fake"\nid = "7"'))
    linked = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    assert linked.kind is RoomKind.CLIENT and linked.id != waiting.id
    assert store.read(lambda tx: tx.rooms.get(waiting.id)).kind is RoomKind.UNLINKED


def link_by_chat(store, ext_id="7", key="acme"):
    def work(tx):
        owner = tx.people.client_by_key(key)
        return tx.rooms.add(
            client_id=owner.id,
            kind=RoomKind.CLIENT,
            channel="fake",
            account="default",
            ext_id=ext_id,
            name="by hand",
            now=NOW,
        )

    return store.write(work)


def test_what_was_linked_from_chat_and_stands_in_no_line_is_never_touched(put, store):
    put(STAFF + client() + client("bolt"))
    room = link_by_chat(store)
    assert put(STAFF + client() + client("bolt")) == []
    assert store.read(lambda tx: tx.rooms.at("fake", "default", "7")) == room


def test_a_room_linked_in_its_chat_is_the_files_from_its_line_on(put, store):
    put(STAFF + client())
    linked = link_by_chat(store)
    store.write(lambda tx: tx.rooms.set_locale(linked.id, "ru"))
    listed = STAFF + client(more='[[clients.rooms]]\nchannel = "fake"\nid = "7"\nname = "by hand"\n')
    took = "~ client room fake 7: linked in a chat -> named by the file"
    assert put(listed) == ["- client room inapp acme", took] and put(listed) == []
    kept = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    assert (kept.id, kept.locale, store.read(lambda tx: tx.rooms.is_declared(kept.id))) == (linked.id, "ru", True)
    assert "- client room fake 7" in put(STAFF + client())
    assert owner(store) is None


def test_a_room_that_passed_and_was_then_listed_is_unlinked_with_its_line(put, store):
    put(STAFF + client(more=room("7")) + client("bolt"))
    passes(store, "bolt")
    put(STAFF + client() + client("bolt", more=room("7")))
    put(STAFF + client() + client("bolt"))
    assert owner(store) is None


def test_an_account_linked_by_a_code_is_the_files_from_its_line_on(put, store):
    put(STAFF)
    mia = store.read(lambda tx: tx.people.person_by_key("mia"))
    store.write(lambda tx: tx.people.add_identity("fake", "default", "7", mia.id))
    listed = VENDOR + MIA + 'identities = { fake = "7" }\n' + BEN
    assert put(listed) == ["~ identity fake 7: linked in a chat -> named by the file"] and put(listed) == []
    assert put(STAFF) == ["- identity fake 7"]
    assert store.read(lambda tx: tx.people.by_identity("fake", "default", "7")) is None


def test_a_conflict_with_what_was_made_elsewhere_is_named_and_changes_nothing(put, store):
    put(STAFF + client() + client("bolt"))
    link_by_chat(store)
    sql(store, "UPDATE room SET origin = 'api' WHERE ext_id = '7'")
    text = STAFF.replace('"Ben"', '"Benjamin"') + client() + client("bolt", more=room("7"))
    with pytest.raises(RosterConflict) as refusal:
        put(text)
    assert str(refusal.value) == (
        'roster: room fake 7: belongs to "acme" by api, not to "bolt" (unlink it there first)'
    )
    assert sql(store, "SELECT name FROM person WHERE key = 'ben'") == [("Ben",)]


# What chats have made of it since ---------------------------------------------------------------------------------


def room(ext_id):
    return f'[[clients.rooms]]\nchannel = "fake"\nid = "{ext_id}"\n'


def passes(store, key, ext_id="7"):
    """What a lead's press of "Let it pass" does."""

    def work(tx):
        at = tx.rooms.at("fake", "default", ext_id)
        relink(tx, at, tx.people.client_by_key(key), "The Group", "lead", NOW)

    store.write(work)


def owner(store, ext_id="7"):
    """Whose room this is, by the client's key."""

    def work(tx):
        at = tx.rooms.at("fake", "default", ext_id)
        return None if at is None else tx.people.client(at.client_id).key

    return store.read(work)


def remarks(store, text):
    roster = read(text)
    return store.read(lambda tx: preview_roster(tx, roster)).remarks


def test_a_room_that_a_lead_let_pass_stays_there_while_the_file_says_what_it_said(put, store):
    text = STAFF + client(more=room("7")) + client("bolt")
    put(text)
    passes(store, "bolt")
    assert put(text) == [] and put(text) == []
    assert owner(store) == "bolt"
    assert remarks(store, text) == (
        'room fake 7: was linked to "bolt" in the chat, and that holds, not "acme" as the file still says (write it '
        'at "bolt")',
    )
    corrected = STAFF + client() + client("bolt", more=room("7"))
    put(corrected)
    assert owner(store) == "bolt" and remarks(store, corrected) == ()


def test_a_room_that_a_lead_let_pass_follows_the_file_once_its_line_is_written_anew(put, store):
    put(STAFF + client(more=room("7")) + client("bolt") + client("carl"))
    passes(store, "bolt")
    anew = STAFF + client() + client("bolt") + client("carl", more=room("7"))
    assert 'is "carl" now, as the file says anew' in remarks(store, anew)[0]
    put(anew)
    assert owner(store) == "carl" and remarks(store, anew) == () and put(anew) == []


def test_a_line_that_is_changed_there_and_back_was_written_anew(put, store):
    first = STAFF + client(more=room("7")) + client("bolt")
    put(first)
    passes(store, "bolt")
    put(STAFF + client() + client("bolt", more=room("7")))
    put(first)
    assert owner(store) == "acme"


def test_a_room_that_passed_to_a_client_who_is_gone_is_the_files_again(put, store):
    put(STAFF + client(more=room("7")) + client("bolt"))
    passes(store, "bolt")
    put(STAFF + client(more=room("7")))
    assert owner(store) == "acme"


def test_what_chats_linked_holds_where_nobody_knows_what_the_file_said_before(put, store):
    text = STAFF + client(more=room("7")) + client("bolt")
    put(text)
    passes(store, "bolt")
    sql(store, "DELETE FROM meta WHERE key = 'roster.said'")
    assert put(text) == [] and owner(store) == "bolt"


def test_a_room_whose_chat_has_moved_is_still_the_files(put, store):
    text = STAFF + client(more=room("7"))
    put(text)
    before = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    for new in ("8", "9"):
        store.write(lambda tx, new=new: tx.rooms.move(before.id, new))
    assert put(text) == [] and put(text) == []
    assert store.read(lambda tx: tx.rooms.at("fake", "default", "9")).id == before.id
    assert remarks(store, text) == ('room fake 7: is at fake 9 now (write id = "9" in its place)',)
    corrected = STAFF + client(more=room("9"))
    assert put(corrected) == [] and remarks(store, corrected) == ()
    assert put(STAFF + client(more=room("7") + room("9"))) == [], "both are one room"
    put(STAFF)
    put(text)
    after = store.read(lambda tx: tx.rooms.at("fake", "default", "9"))
    assert after.id == before.id, "also when the client comes back"


def test_a_room_that_has_moved_and_then_passed_stays_where_it_is_whatever_address_the_file_says(put, store):
    text = STAFF + client(more=room("7")) + client("bolt")
    put(text)
    before = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    store.write(lambda tx: tx.rooms.move(before.id, "9"))
    passes(store, "bolt", "9")
    put(text)
    assert owner(store, "9") == "bolt" and owner(store, "7") is None
    assert [each.partition(":")[2][:20] for each in remarks(store, text)] == [
        " is at fake 9 now (w",
        ' was linked to "bolt',
    ]
    put(STAFF + client(more=room("9")) + client("bolt"))
    assert owner(store, "9") == "bolt", "a corrected address is no other client"


def test_of_two_lines_that_mean_one_room_by_former_addresses_the_first_holds(put, store):
    put(STAFF + client(more=room("7")) + client("bolt"))
    at = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    store.write(lambda tx: (tx.rooms.move(at.id, "8"), tx.rooms.move(at.id, "9")))
    twice = STAFF + client(more=room("7")) + client("bolt", more=room("8"))
    put(twice)
    assert owner(store, "9") == "acme" and put(twice) == [] and len(remarks(store, twice)) == 2


def test_a_language_chosen_in_a_room_that_has_moved_stays(put, store):
    text = STAFF + client(more=room("7"))
    put(text)
    at = store.read(lambda tx: tx.rooms.at("fake", "default", "7"))
    store.write(lambda tx: (tx.rooms.move(at.id, "9"), tx.rooms.set_locale(at.id, "ru")))
    assert put(text) == []
    assert store.read(lambda tx: tx.rooms.at("fake", "default", "9")).locale == "ru"


def test_an_identity_linked_by_a_code_keeps_no_roster_from_being_applied(put, store):
    put(STAFF)
    mia = store.read(lambda tx: tx.people.person_by_key("mia"))
    store.write(lambda tx: tx.people.add_identity("fake", "default", "7", mia.id))
    assert put(STAFF) == []
    hers = VENDOR + MIA + 'identities = { fake = "7" }\n' + BEN
    assert remarks(store, hers) == ()
    his = STAFF + 'identities = { fake = "7" }\n'
    assert 'is "ben" now, as the file says anew' in remarks(store, his)[0]
    put(his)
    assert store.read(lambda tx: tx.people.by_identity("fake", "default", "7")).key == "ben"


def test_an_identity_linked_by_a_code_holds_while_the_file_says_what_it_said(put, store):
    his = STAFF + 'identities = { fake = "7" }\n'
    put(his)
    sql(
        store,
        "UPDATE identity SET origin = 'chat', person_id = (SELECT id FROM person WHERE key = 'mia') WHERE ext_id = '7'",
    )
    assert put(his) == []
    assert store.read(lambda tx: tx.people.by_identity("fake", "default", "7")).key == "mia"
    assert 'was linked to "mia" by a code, and that holds, not "ben"' in remarks(store, his)[0]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE client SET origin = 'api' WHERE key = 'acme'", "client acme: made by api already"),
        ("UPDATE client SET origin = 'api', active = 0 WHERE key = 'acme'", "client acme: made by api already"),
        ("UPDATE person SET origin = 'chat' WHERE key = 'mia'", "person mia: made by chat already"),
        ("UPDATE contract SET origin = 'api'", "contract of acme: made by api already"),
        (
            "UPDATE identity SET origin = 'api', person_id = (SELECT id FROM person WHERE key = 'ben') "
            "WHERE ext_id = 'staff/mia'",
            'identity inapp staff/mia: is "ben" by api, not "mia"',
        ),
    ],
)
def test_rows_of_others_stand_in_the_way(put, store, statement, said):
    put(STAFF + client())
    sql(store, statement)
    with pytest.raises(RosterConflict, match=re.escape(said)):
        put(STAFF + client())


def test_an_identity_of_somebody_who_left_does_not_keep_its_address(put, store):
    put(STAFF)
    mia, ben = (store.read(lambda tx, key=key: tx.people.person_by_key(key)) for key in ("mia", "ben"))
    store.write(lambda tx: tx.people.add_identity("fake", "default", "7", mia.id))
    put(VENDOR + BEN)
    store.write(lambda tx: tx.people.add_identity("fake", "default", "7", ben.id))
    assert store.read(lambda tx: tx.people.by_identity("fake", "default", "7")).key == "ben"


def test_the_demo_and_a_real_roster_never_share_a_database(put, store):
    put(STAFF)
    with pytest.raises(RosterConflict, match="holds a real installation, and the demo would replace its people"):
        put(DEMO.read_text("utf-8"))


def test_a_database_of_the_demo_takes_no_real_roster(put, store):
    put(DEMO.read_text("utf-8"))
    with pytest.raises(RosterConflict, match="was made by the demo and holds invented tickets"):
        put(STAFF)


def test_every_change_is_in_the_audit_of_its_client_without_anybodys_name(put, store):
    put(STAFF + client(more='[[clients.contacts]]\nid = "ann"\nname = "Canary Ann"'))
    put(STAFF + client(more='[[clients.contacts]]\nid = "ann"\nname = "Canary Annie"\nzone = "Asia/Tokyo"'))
    rows = sql(store, "SELECT c.key, a.who, a.what, a.old, a.new FROM audit a JOIN client c ON c.id = a.client_id")
    assert rows[-1] == (
        "acme",
        "roster file",
        "roster ~ contact acme/ann",
        "client acme, role contact, locale en, zone UTC",
        "client acme, role contact, locale en, zone Asia/Tokyo",
    )
    assert ("(vendor)", "roster file", "roster + staff mia") in [row[:3] for row in rows]
    assert "Canary" not in str(rows)
    for (client_id,) in sql(store, "SELECT id FROM client"):
        assert store.read(lambda tx, id=client_id: list(tx.meta.broken_audit(id))) == []


def test_the_demo_page_finds_each_client_with_its_first_contact(put, store):
    put(DEMO.read_text("utf-8"))
    found = store.read(lambda tx: tx.roster.demo_clients())
    assert [(each.key, person.key) for each, person in found] == [("acme", "acme/ann"), ("bolt", "bolt/vera")]


def test_addresses_are_freed_before_they_are_given_away():
    old = RoomRow(Address("fake", "default", "7"), RoomKind.CLIENT, "acme", "A")
    new = RoomRow(Address("fake", "default", "7"), RoomKind.CLIENT, "bolt", "B")
    rows = type(Held().file)
    plan = plan_changes(Held(rows(rooms={old.address: old})), rows(rooms={new.address: new}))
    assert [(change.old, change.new) for change in plan] == [(old, None), (None, new)]


def test_terms_are_what_tickets_are_opened_under():
    one = ContractRow("acme", "p", "a", "", NOW)
    assert one.terms == ContractRow("acme", "p", "a", "", None, fee="5 EUR").terms
    assert one.terms != ContractRow("acme", "p", "b").terms


@st.composite
def rosters(draw):
    """Small rosters that get in each other's way: people, clients and addresses come, go and change hands."""
    staff = [MIA, *draw(st.lists(st.sampled_from([BEN, TOM]), unique=True))]
    ids = iter(draw(st.permutations(["1", "2", "3"])))
    text = VENDOR + "".join(
        each + draw(st.sampled_from(["", f'identities = {{ fake = "{next(ids)}" }}\n'])) for each in staff
    )
    rooms = iter(draw(st.permutations(["7", "8", "9"])))
    for key in draw(st.lists(st.sampled_from(["acme", "bolt"]), unique=True)):
        more = draw(st.sampled_from(["", 'fee = "5 EUR"\n', "end = 2027-01-31\n"]))
        if BEN in staff:
            more += draw(st.sampled_from(["", 'backups = ["ben"]\n']))
        agreement = draw(st.sampled_from(["redtrack", "poologics"]))
        if draw(st.booleans()):
            more += f'[[clients.rooms]]\nchannel = "fake"\nid = "{next(rooms)}"\n'
        if draw(st.booleans()):
            more += '[[clients.contacts]]\nid = "ann"\nname = "Ann"\n'
        text += client(key, agreement=agreement, more=more)
    return text + draw(st.sampled_from(["", TEAM]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rosters(), min_size=2, max_size=4))
def test_whatever_was_before_the_rows_are_as_the_last_roster_says(tmp_path_factory, texts):
    with open_sync(tmp_path_factory.mktemp("law") / "p.db", partial(make_tx, QUERIES)) as store:
        for text in texts:
            roster = read(text)
            store.write(lambda tx, roster=roster: apply_roster(tx, roster, NOW))
            held = store.read(lambda tx: tx.roster.held())
            assert held.file == roster.rows
            assert store.read(lambda tx, roster=roster: preview_roster(tx, roster)).changes == ()


@st.composite
def acts(draw):
    """What people and platforms do to addresses between two starts: a link or a pass, a move, a code."""
    kind = draw(st.sampled_from(["link", "move", "identity"]))
    number = st.sampled_from(["1", "2", "3", "7", "8", "9"])
    who = st.sampled_from(["mia", "ben"] if kind == "identity" else ["acme", "bolt"])
    return kind, draw(number), draw(number), draw(who)


def done_in_chat(tx, act):
    kind, at, to, key = act
    if kind == "identity":
        person, taken = tx.people.person_by_key(key), tx.people.by_identity("fake", "default", at)
        if person is not None and person.active and taken is None:
            tx.people.add_identity("fake", "default", at, person.id)
        return
    here = tx.rooms.at("fake", "default", at)
    # Platforms give no address twice, and nobody speaks at one that was left.
    linked = {row["ext_id"] for row in tx.connection.execute("SELECT ext_id FROM room WHERE kind <> 'unlinked'")}
    left = {row["ext_id"] for row in tx.connection.execute("SELECT ext_id FROM room_alias")}
    if kind == "move":
        if here is not None and to not in linked | left:
            tx.rooms.move(here.id, to)
        return
    owner = tx.people.client_by_key(key)
    if owner is not None and at not in left:
        relink(tx, here or tx.rooms.add_unlinked("fake", "default", at, NOW), owner, "", "lead", NOW)


_LINKED = """SELECT 'room', id, client_id FROM room WHERE active = 1 AND kind <> 'unlinked'
UNION ALL SELECT 'identity', ext_id, person_id FROM identity WHERE channel = 'fake' ORDER BY 1, 2"""


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(rosters(), st.lists(acts(), max_size=4)), min_size=2, max_size=4))
def test_whatever_was_done_in_chats_the_roster_can_be_applied_and_then_nothing_is_left_to_change(
    tmp_path_factory, turns
):
    with open_sync(tmp_path_factory.mktemp("law") / "p.db", partial(make_tx, QUERIES)) as store:
        for text, done in turns:
            roster = read(text)
            store.write(lambda tx, roster=roster: apply_roster(tx, roster, NOW))
            for act in done:
                store.write(lambda tx, act=act: done_in_chat(tx, act))
            before = sql(store, _LINKED)
            store.write(lambda tx, roster=roster: apply_roster(tx, roster, NOW))
            assert sql(store, _LINKED) == before, "whose a start finds it, it leaves it"
            assert store.read(lambda tx, roster=roster: preview_roster(tx, roster)).changes == ()

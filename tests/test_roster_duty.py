"""Who is away and who is on call, as the roster file says it: read, applied, changed, taken back."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import partial

import pytest

from bot.duty import Origin
from bot.roster import RosterError, apply_roster, is_on_call, parse_roster
from bot.sla.policy_file import load_folder
from bot.store.queries import load
from bot.store.sqlite import open_sync
from bot.store.tx import make_tx

CATALOG = load_folder()
QUERIES = load()
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BASE = """
[vendor]
name = "Vendor"
zone = "Etc/GMT-3"

[[staff]]
id = "mia"
name = "Mia"
role = "manager"
zone = "Europe/Berlin"
{away}

[[staff]]
id = "ben"
name = "Ben"
role = "lead"

[[clients]]
id = "acme"
name = "Acme"
agreement = "redtrack-premium"
manager = "mia"
"""
NIGHTS = '[[oncall]]\nid = "nights"\npeople = ["mia", "ben"]\nhand_over = "mon 09:00"\n'


def read(more="", away=""):
    return parse_roster(BASE.format(away=away) + more, "roster.toml", catalog=CATALOG, locales=("en",))


def mistakes(more="", away=""):
    with pytest.raises(RosterError) as refusal:
        read(more, away)
    return [str(problem).removeprefix("roster.toml: ") for problem in refusal.value.problems]


@pytest.fixture
def store(tmp_path):
    with open_sync(tmp_path / "pledge.db", partial(make_tx, QUERIES)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ("2026-12-24/2026-12-31", "2026-12-24T00:00+01:00", "2027-01-01T00:00+01:00"),
        ("2026-12-24", "2026-12-24T00:00+01:00", "2026-12-25T00:00+01:00"),
        ("2026-12-24T12:00/2026-12-24T18:00", "2026-12-24T12:00+01:00", "2026-12-24T18:00+01:00"),
        ("2026-12-24T12:00+00:00/2026-12-24", "2026-12-24T13:00+01:00", "2026-12-25T00:00+01:00"),
    ],
    ids=["days, the last included", "one day", "moments by his own clocks", "with an offset"],
)
def test_an_absence_is_read_in_the_zone_of_the_person(written, since, until):
    (absence,) = read(away=f'away = ["{written}"]').rows.absences
    assert (absence.starts_at, absence.ends_at) == (datetime.fromisoformat(since), datetime.fromisoformat(until))


@pytest.mark.parametrize("written", ["until monday", "2026-12-31/2026-12-24", "2026-02-30"])
def test_what_is_no_stretch_is_named(written):
    (mistake,) = mistakes(away=f'away = ["{written}"]')
    assert "mia" in mistake and "away" in mistake and written in mistake


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('hand_over = "monday 9"', 'no time (write "mon 09:00"'),
        ('hand_over = "mon 09:00"\nevery = "3d"', "other weekdays"),
        ('hand_over = "09:00"\nevery = "often"', "no length of a turn"),
        ('hand_over = "mon 09:00"\nstarts = 2026-11-24', "is no mon"),
        ('hand_over = "mon 09:00"\nclients = ["acmee"]', 'no client "acmee"'),
        ('hand_over = "mon 09:00"\nagreements = ["redtrac"]', 'no agreement "redtrac"'),
        ('hand_over = "mon 09:00"\nzone = "Berlin"', "no time zone"),
        ('hand_over = "mon 09:00"\nwhen = 1', 'unknown key "when"'),
    ],
)
def test_a_rotation_that_cannot_be_is_refused_with_the_way_out(line, told):
    found = mistakes(f'[[oncall]]\nid = "nights"\npeople = ["mia"]\n{line}\n')
    assert len(found) == 1 and told in found[0] and '"nights"' in found[0]


@pytest.mark.parametrize("people", ['["tom"]', "[]", '["mia", "mia"]'])
def test_people_who_cannot_take_turns_are_named(people):
    assert any("people" in each for each in mistakes(NIGHTS.replace('["mia", "ben"]', people)))


def test_a_rotation_without_a_first_day_hands_over_on_its_weekday():
    (rotation,) = read(NIGHTS).rows.rotations.values()
    assert (rotation.starts_on, rotation.days, rotation.hand_over, rotation.zone) == (
        "2024-01-01",
        7,
        "09:00",
        "Etc/GMT-3",
    )
    (tuesday,) = read(NIGHTS.replace("mon", "tue")).rows.rotations.values()
    assert tuesday.starts_on == "2024-01-02"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", False),
        (NIGHTS, True),
        (NIGHTS + 'clients = ["acme"]\n', True),
        (NIGHTS + 'agreements = ["redtrack-premium"]\n', True),
        (NIGHTS + 'agreements = ["tactful"]\n', False),
    ],
)
def test_an_agreement_is_covered_at_night_or_not(more, expected):
    assert is_on_call(read(more).rows, "redtrack-premium") is expected


def test_what_is_applied_twice_changes_nothing_the_second_time(store):
    roster = read(NIGHTS + 'clients = ["acme"]\n', away='away = ["2026-12-24/2026-12-31"]')
    store.write(lambda tx: apply_roster(tx, roster, NOW))
    (rotation,) = store.read(lambda tx: tx.duty.rotations())
    mia, ben = (store.read(lambda tx, key=key: tx.people.person_by_key(key)).id for key in ("mia", "ben"))
    assert (rotation.people, rotation.hand_over, rotation.clients) == ((mia, ben), time(9), frozenset({"acme"}))
    assert len(store.write(lambda tx: apply_roster(tx, roster, NOW))) == 0


def test_an_absence_taken_out_of_the_file_is_over_and_one_declared_in_a_chat_stays(store):
    store.write(lambda tx: apply_roster(tx, read(away='away = ["2026-11-19/2026-12-31"]'), NOW))
    mia = store.read(lambda tx: tx.people.person_by_key("mia")).id
    later = datetime(2026, 12, 1, tzinfo=UTC)
    store.write(lambda tx: tx.duty.add_absence(mia, later, None, NOW, origin=Origin.CHAT))
    assert len(store.read(lambda tx: tx.duty.absences(NOW))) == 2
    store.write(lambda tx: apply_roster(tx, read(), NOW))
    (left,) = store.read(lambda tx: tx.duty.absences(NOW))
    assert left.origin is Origin.CHAT
    store.write(lambda tx: apply_roster(tx, read(away='away = ["2026-11-19/2026-12-31"]'), NOW))
    assert len(store.read(lambda tx: tx.duty.absences(NOW))) == 2, "and may come again"


def test_who_came_back_early_is_not_sent_away_by_the_next_application(store):
    roster = read(away='away = ["2026-11-19/2026-12-31"]')
    store.write(lambda tx: apply_roster(tx, roster, NOW))
    (absence,) = store.read(lambda tx: tx.duty.absences(NOW))
    store.write(lambda tx: tx.duty.end_absence(absence.id, NOW))
    assert len(store.write(lambda tx: apply_roster(tx, roster, NOW))) == 0
    assert not store.read(lambda tx: tx.duty.absences(NOW))


def test_a_rotation_taken_out_of_the_file_calls_nobody(store):
    store.write(lambda tx: apply_roster(tx, read(NIGHTS), NOW))
    store.write(lambda tx: apply_roster(tx, read(), NOW))
    assert not store.read(lambda tx: tx.duty.rotations())
    store.write(lambda tx: apply_roster(tx, read(NIGHTS), NOW))
    assert len(store.read(lambda tx: tx.duty.rotations())) == 1

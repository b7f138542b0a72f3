"""`pledge roster` and `pledge staff`: what they print, what they change, and how they end."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.store.files import acquire_instance_lock

ROSTER = """
[vendor]
name = "Vendor"
[[staff]]
id = "mia"
name = "Mia"
role = "manager"
[[staff]]
id = "lev"
name = "Lev"
role = "lead"
[[clients]]
id = "acme"
name = "Acme"
agreement = "redtrack-premium"
manager = "mia"
backups = ["lev"]
[[teams]]
id = "support"
name = "Support"
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PLEDGE_ROSTER", "PLEDGE_DATABASE", "PLEDGE_POLICIES", "PLEDGE_HTTP__PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "roster.toml").write_text(ROSTER, encoding="utf-8")
    return tmp_path


def pledge(*arguments, **options):
    return CliRunner().invoke(main, arguments, **options)


def ended(result):
    return result.exit_code, result.stderr


def test_a_roster_in_order_says_whom_it_holds(here):
    result = pledge("roster", "check")
    assert (result.exit_code, result.stdout) == (
        0,
        f"{here / 'roster.toml'}: in order: 2 on the staff, 1 clients\n",
    )


def test_a_check_needs_no_database_and_makes_none(here):
    pledge("roster", "check")
    assert not (here / "var").exists()


def test_every_mistake_is_listed(here):
    (here / "bad.toml").write_text(ROSTER.replace("manager", "manger").replace("redtrack-", "redtrak-"), "utf-8")
    code, told = ended(pledge("roster", "check", "bad.toml"))
    assert code == 65
    assert 'bad.toml: staff "mia": role: unknown word "manger" (did you mean "manager"?)' in told
    assert 'bad.toml: client "acme": agreement: no policy "redtrak-premium" (did you mean "redtrack-premium"?)' in told


def test_remarks_do_not_fail_the_check(here):
    (here / "r.toml").write_text(ROSTER.replace('backups = ["lev"]', ""), "utf-8")
    result = pledge("roster", "check", "r.toml")
    assert result.exit_code == 0 and 'r.toml: remark: client "acme": backups: nobody stands in for mia' in result.stdout


def test_a_file_that_is_not_there_is_66(here):
    message = "Error: roster no.toml does not exist (write it, or correct PLEDGE_ROSTER)\n"
    assert ended(pledge("roster", "check", "no.toml")) == (66, message)
    assert ended(pledge("roster", "apply", env={"PLEDGE_ROSTER": "no.toml"}))[0] == 66


def test_without_any_roster_one_has_to_be_named(here):
    (here / "roster.toml").unlink()
    code, told = ended(pledge("roster", "check", env={"PLEDGE_DEMO": "0"}))
    assert code == 2 and "name a FILE, or set PLEDGE_ROSTER" in told


def test_in_the_demo_it_is_the_demos(here):
    (here / "roster.toml").unlink()
    assert "6 on the staff, 2 clients" in pledge("roster", "check").stdout


def test_a_dry_run_shows_and_changes_nothing(here):
    first = pledge("roster", "apply", "--dry-run", "--yes")
    assert first.exit_code == 0 and "+ client acme: Acme, en, UTC\n" in first.stdout
    assert pledge("roster", "apply", "--dry-run").stdout == first.stdout


def test_it_is_applied_once(here):
    assert pledge("roster", "apply", "--yes").stdout.endswith("11 changes made\n")
    assert pledge("roster", "apply", "--yes").stdout == "nothing to change\n"


def test_where_nobody_can_be_asked_nothing_is_changed(here):
    code, told = ended(pledge("roster", "apply"))
    assert code == 2 and "say --yes to apply this" in told
    assert pledge("roster", "apply", "--dry-run").stdout != "nothing to change\n"


def test_a_conflict_is_65_and_names_the_way_out(here):
    pledge("roster", "apply", "--yes")
    with sqlite3.connect(here / "var" / "pledge.db") as raw:
        raw.execute("UPDATE client SET origin = 'api' WHERE key = 'acme'")
    raw.close()
    message = "Error: roster: client acme: made by api already (choose another id, or close it there)\n"
    assert ended(pledge("roster", "apply", "--yes")) == (65, message)


def test_it_works_beside_a_running_bot(here):
    pledge("roster", "apply", "--yes")
    with acquire_instance_lock(here / "var" / "pledge.db"):
        (here / "roster.toml").write_text(ROSTER.replace('"Acme"', '"Acme Media"'), "utf-8")
        assert "~ client acme: name Acme -> Acme Media\n" in pledge("roster", "apply", "--yes").stdout
        assert pledge("staff", "login", "mia").exit_code == 0


@pytest.mark.parametrize(
    "command", [("roster", "check"), ("roster", "apply"), ("staff", "list"), ("staff", "login", "mia")]
)
def test_wrong_settings_are_78(here, command):
    assert ended(pledge(*command, env={"PLEDGE_HTP__PORT": "1"})) == (
        78,
        "Error: PLEDGE_HTP__PORT: no such setting (did you mean PLEDGE_HTTP__PORT?)\n",
    )


def test_a_place_that_cannot_hold_a_database_is_73(here):
    (here / "file").write_text("")
    code, told = ended(pledge("staff", "list", env={"PLEDGE_DATABASE": "sqlite:///file/x.db"}))
    assert code == 73 and "PLEDGE_DATABASE" in told


def test_a_database_that_is_none_is_78(here):
    (here / "x.db").write_bytes(b"no database at all" * 100)
    assert ended(pledge("staff", "list", env={"PLEDGE_DATABASE": "sqlite:///x.db"}))[0] == 78


def test_a_calendars_address_stays_until_it_is_renewed(here):
    assert pledge("roster", "apply", "--yes").exit_code == 0
    assert ended(pledge("staff", "calendar", "mia"))[0] == 64
    url = ("--url", "https://p.example.com/")
    first = pledge("staff", "calendar", "mia", *url).stdout
    assert re.fullmatch(r"https://p\.example\.com/calendar/[\w-]{27}\.ics\n", first)
    assert pledge("staff", "calendar", "mia", *url).stdout == first
    second = pledge("staff", "calendar", "mia", "--renew", *url).stdout
    assert second != first and pledge("staff", "calendar", "mia", *url).stdout == second
    assert ended(pledge("staff", "calendar", "nobody", *url))[0] == 64


def test_the_staff_are_listed_with_their_clients(here):
    pledge("roster", "apply", "--yes")
    lines = [re.split(r"\s{2,}", line) for line in pledge("staff", "list").stdout.splitlines()]
    assert lines == [["mia", "manager", "Mia", "UTC", "manages acme"], ["lev", "lead", "Lev", "UTC"]]


def test_a_link_signs_one_person_in_once_within_ten_minutes(here):
    from functools import partial

    from bot.app import wall_clock
    from bot.store.queries import load
    from bot.store.sqlite import open_sync
    from bot.store.tx import make_tx

    pledge("roster", "apply", "--yes")
    result = pledge("staff", "login", "lev")
    address, _, code = result.stdout.strip().partition("#")
    assert address == "http://127.0.0.1:8080/board/login"
    assert result.stderr == "The link signs lev in once, within 10 minutes.\n"
    now = wall_clock()
    with open_sync(here / "var" / "pledge.db", partial(make_tx, load())) as store:
        assert store.write(lambda tx: tx.access.redeem(code, "login", now + timedelta(minutes=11))) is None
        token = store.write(lambda tx: tx.access.redeem(code, "login", now))
        assert token.issuer == "shell"
        assert store.read(lambda tx: tx.people.person(token.person_id)).key == "lev"
        assert store.write(lambda tx: tx.access.redeem(code, "login", now)) is None
    # The code is nowhere but in what was printed: the database holds its hash, the audit that it was issued.
    assert all(code.encode() not in file.read_bytes() for file in (here / "var").iterdir())
    with sqlite3.connect(here / "var" / "pledge.db") as raw:
        assert raw.execute("SELECT what FROM audit ORDER BY id DESC LIMIT 1").fetchone() == ("staff login lev",)
    raw.close()


@pytest.mark.parametrize(
    ("arguments", "env"),
    [(("--url", "https://p.example.com/"), {}), ((), {"PLEDGE_HTTP__PUBLIC_URL": "https://p.example.com"})],
)
def test_the_link_leads_to_where_browsers_find_the_bot(here, arguments, env):
    pledge("roster", "apply", "--yes")
    assert pledge("staff", "login", "mia", *arguments, env=env).stdout.startswith("https://p.example.com/board/login#")


def test_with_a_port_chosen_at_start_the_address_has_to_be_said(here):
    assert ended(pledge("staff", "login", "mia", env={"PLEDGE_HTTP__PORT": "0"}))[0] == 64


def test_nobody_unknown_no_contact_and_nobody_who_left_gets_a_link(here):
    text = ROSTER.replace("[[teams]]", '[[clients.contacts]]\nid = "ann"\nname = "Ann"\n[[teams]]')
    (here / "roster.toml").write_text(text, "utf-8")
    before = (
        'nobody on the staff is called "mia" (nobody is yet: apply a roster by pledge roster apply, or start the bot)'
    )
    assert ended(pledge("staff", "login", "mia")) == (64, f"Error: {before}\n")
    pledge("roster", "apply", "--yes")
    message = 'Error: nobody on the staff is called "{}" (use mia, lev)\n'
    for key in ("mai", "acme/ann"):
        assert ended(pledge("staff", "login", key)) == (64, message.format(key))
    (here / "roster.toml").write_text(text.replace('"mia"', '"max"'), "utf-8")
    pledge("roster", "apply", "--yes")
    code, told = ended(pledge("staff", "login", "mia"))
    assert code == 64 and '"mia" has left the staff' in told
    with sqlite3.connect(here / "var" / "pledge.db") as raw:
        assert raw.execute("SELECT count(*) FROM token").fetchone() == (0,)
    raw.close()


def test_a_test_nudge_says_by_which_path_it_goes(here):
    assert pledge("roster", "apply", "--yes").exit_code == 0
    result = pledge("staff", "nudge", "mia")
    assert (result.exit_code, result.stdout) == (
        0,
        "A test nudge for mia goes by inapp, Mia; the running bot delivers it.\n",
    )
    with sqlite3.connect(here / "var" / "pledge.db") as raw:
        assert raw.execute("SELECT COUNT(*) FROM outbox WHERE dedupe_key LIKE 'testnudge:%'").fetchone() == (1,)
    assert pledge("staff", "nudge", "nobody").exit_code == 64

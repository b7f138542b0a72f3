"""F8 and bad starts: what keeps the bot from running ends it at once, with a sentence, the way out and a status."""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from process import BotProcess

LIMIT_S = 10


def _refused(bot: BotProcess) -> tuple[int, str]:
    """The status a start ends with and what it says; never a traceback, never more than a few lines."""
    process = bot.spawn()
    try:
        status = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        pytest.fail(f"it runs: {bot.stderr}")
    bot.process = None
    said = bot.stderr
    assert "Traceback" not in said
    assert said.count("\n") < 10, said
    return status, said


def _state_of(folder: Path) -> dict[str, str]:
    """Every file of a database by its digest."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("pledge.db"))}


def _used(bot: BotProcess) -> None:
    """A database that a bot has run on."""
    bot.start()
    assert bot.stop() == 0


def test_f8_a_damaged_header_is_refused_and_the_file_left_as_it_is(bots):
    bot = bots()
    _used(bot)
    with bot.database.open("r+b") as file:
        file.write(b"\xff" * 64)
    before = _state_of(bot.database.parent)
    status, said = _refused(bot)
    assert status == 78
    assert str(bot.database.name) in said and "damaged" in said and "restore a backup" in said
    assert _state_of(bot.database.parent) == before


def test_f8_a_damaged_schema_is_refused_and_the_file_left_as_it_is(bots):
    bot = bots()
    _used(bot)
    with bot.database.open("r+b") as file:
        file.seek(100)  # the first page behind the header: the tree of the schema
        file.write(b"\xff" * 400)
    before = _state_of(bot.database.parent)
    status, said = _refused(bot)
    assert status == 78
    assert "damaged" in said and "restore a backup" in said
    assert _state_of(bot.database.parent) == before


def test_f8_a_database_from_the_future_is_refused_and_the_file_left_as_it_is(bots):
    bot = bots()
    _used(bot)
    connection = sqlite3.connect(bot.database)
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    connection.execute(f"PRAGMA user_version={version + 1}")
    connection.close()
    before = _state_of(bot.database.parent)
    status, said = _refused(bot)
    assert status == 78
    assert f"version {version + 1}" in said and "newer" in said
    assert _state_of(bot.database.parent) == before


def test_f8_a_database_migrated_under_a_running_bot_ends_it(bots):
    bot = bots()
    bot.start()
    connection = sqlite3.connect(bot.database)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    assert bot.process.wait(LIMIT_S) == 78
    bot.process = None
    assert '"exit_code": 78' in bot.stderr


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(bots):
    bot = bots()
    bot.database.parent.mkdir()
    bot.database.write_text("my precious notes\n" * 100)
    status, said = _refused(bot)
    assert status == 78
    assert "not a SQLite database" in said
    assert bot.database.read_text() == "my precious notes\n" * 100


def test_a_busy_port_is_named(bots):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        bot = bots(port=other.getsockname()[1])
        status, said = _refused(bot)
    assert status == 69
    assert f"127.0.0.1:{bot.port}" in said and "PLEDGE_HTTP__PORT" in said
    assert not bot.database.exists(), "nothing is begun where nothing can be served"


def test_a_second_bot_on_one_database_ends_within_2_s_and_the_first_goes_on(bots):
    first = bots()
    first.start()
    begun = time.monotonic()
    second = bots("second", settings={"PLEDGE_DATABASE": f"sqlite:///{first.database}"})
    status, said = _refused(second)
    assert status == 75
    assert time.monotonic() - begun < 2
    assert f"process {first.process.pid}" in said and "PLEDGE_DATABASE" in said
    assert first.is_ready()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; test_a_place_that_cannot_be_made_is_named")
def test_a_read_only_folder_is_named(bots):
    bot = bots()
    bot.database.parent.mkdir(mode=0o500)
    status, said = _refused(bot)
    assert status == 73
    assert str(bot.database.parent) in said and "PLEDGE_DATABASE" in said


def test_a_place_that_cannot_be_made_is_named(bots):
    bot = bots(settings={"PLEDGE_DATABASE": "sqlite:////proc/nowhere/pledge.db"})
    status, said = _refused(bot)
    assert status == 73
    assert "/proc/nowhere" in said and "PLEDGE_DATABASE" in said


def test_a_folder_that_takes_no_files_is_named(bots):
    bot = bots(settings={"PLEDGE_DATABASE": "sqlite:////proc/pledge.db"})
    status, said = _refused(bot)
    assert status == 73
    assert "the folder /proc " in said and "PLEDGE_DATABASE" in said and "no such file" not in said.lower()


def test_a_folder_in_place_of_the_database_is_named(bots):
    bot = bots()
    bot.database.mkdir(parents=True)
    status, said = _refused(bot)
    assert status == 73
    assert "this is a folder" in said


def test_settings_list_every_mistake_with_its_way_out(bots):
    bot = bots(settings={"PLEDGE_HTPP__PORT": "80", "PLEDGE_DATABASE": "mysql://x", "PLEDGE_CLOCK__SPEED": "fast"})
    status, said = _refused(bot)
    assert status == 78
    assert "PLEDGE_HTPP__PORT" in said and "PLEDGE_HTTP__PORT" in said
    assert "PLEDGE_DATABASE" in said and "sqlite:///" in said
    assert "PLEDGE_CLOCK__SPEED" in said
    assert not bot.database.exists()


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("no TOML", "[vendor\n", "roster.toml"),
        ("an unknown agreement", None, "redtrak"),
    ],
)
def test_a_wrong_roster_is_refused_with_the_place_of_the_mistake(bots, name, text, named):
    bot = bots()
    roster = bot.folder / "roster.toml"
    roster.write_text(text or roster.read_text().replace("redtrack-premium", "redtrak-premium"))
    status, said = _refused(bot)
    assert status == 65, name
    assert "roster.toml" in said and named in said


def test_a_wrong_policy_is_refused_with_file_key_value_and_way_out(bots):
    bot = bots(settings={"PLEDGE_POLICIES": "policies"})
    (bot.folder / "policies").mkdir()
    (bot.folder / "policies" / "ours.toml").write_text('id = "ours"\nextends = "redtrack-premum"\n')
    status, said = _refused(bot)
    assert status == 65
    assert "ours.toml" in said and "redtrack-premum" in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [("PLEDGE_ROSTER", "nowhere.toml"), ("PLEDGE_POLICIES", "nowhere"), ("PLEDGE_CLOCK__FILE", "nowhere")],
)
def test_a_file_that_is_not_there_is_named(bots, setting, value):
    bot = bots(settings={setting: value})
    status, said = _refused(bot)
    assert status in (65, 66, 78)
    assert "nowhere" in said


def test_a_key_that_is_none_is_named_without_being_shown(bots):
    bot = bots()
    (bot.folder / "keys" / "acme" / "short.hs256").write_text("tell-nobody")
    status, said = _refused(bot)
    assert status == 65
    assert "short.hs256" in said and "tell-nobody" not in said


@pytest.mark.parametrize("mistake", ["keys", "origins", "roster"])
@pytest.mark.parametrize("is_used", [False, True], ids=["no database yet", "a used database"])
def test_a_start_that_fails_before_the_database_leaves_it_as_it_is(bots, mistake, is_used):
    bot = bots()
    if is_used:
        _used(bot)
    before = _state_of(bot.database.parent)
    roster = bot.folder / "roster.toml"
    if mistake == "roster":
        roster.write_text(roster.read_text().replace("redtrack-premium", "redtrak"))
    else:
        # Applied, this roster would change rows: it must not be, as the start cannot end well.
        roster.write_text(roster.read_text().replace('name = "Lea"', 'name = "Leah"'))
    if mistake == "keys":
        (bot.folder / "keys" / "acme" / "short.hs256").write_text("tell-nobody")
    if mistake == "origins":
        bot.settings = {"PLEDGE_INAPP__ORIGINS": '{"acme": ["*"]}'}
    status, _ = _refused(bot)
    assert status == (78 if mistake == "origins" else 65)
    assert _state_of(bot.database.parent) == before
    assert is_used or not bot.database.exists()


def test_a_roster_that_is_no_text_is_named(bots):
    bot = bots()
    (bot.folder / "roster.toml").write_bytes(b"\xff\xfe\x00 not a text")
    status, said = _refused(bot)
    assert status == 65
    assert "roster.toml" in said


def test_a_real_roster_over_the_demo_database_is_refused(bots):
    bot = bots()
    roster = (bot.folder / "roster.toml").read_text()
    (bot.folder / "roster.toml").unlink()
    bot.start()  # without a roster: the demo
    assert bot.stop() == 0
    (bot.folder / "roster.toml").write_text(roster)
    status, said = _refused(bot)
    assert status == 65
    assert "demo" in said


def test_a_host_that_is_none_is_named(bots):
    bot = bots(settings={"PLEDGE_HTTP__HOST": "no-such-host.invalid"})
    status, said = _refused(bot)
    assert status == 69
    assert "no-such-host.invalid" in said and "PLEDGE_HTTP__HOST" in said


def test_a_clock_file_that_holds_no_moment_is_named(bots, tmp_path):
    clock = tmp_path / "no-moment"
    clock.write_text("half past ten")
    bot = bots(settings={"PLEDGE_CLOCK__FILE": str(clock)})
    status, said = _refused(bot)
    assert status == 78
    assert str(clock) in said and "half past ten" in said and "2026-11-20T10:00:00+03:00" in said

"""`pledge check` and `pledge backup`: what they say, and how they end."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.demo import ROSTER


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PLEDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLEDGE_HTTP__PORT", "0")
    return tmp_path


def test_check_reads_everything_a_start_would_read(here: Path) -> None:
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    assert "agreements: 5 in order" in result.output
    assert "6 on the staff, 2 clients" in result.output
    assert "review" in result.output  # 000's next review is past
    assert f"database {here / 'var' / 'pledge.db'}: in order" in result.output


@pytest.mark.parametrize("held", ["demo", "own"])
def test_check_refuses_a_roster_of_another_kind_than_the_database_as_the_start_does(
    here: Path, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    own = here / "own.toml"
    own.write_text('[vendor]\nname = "Own"\n[[staff]]\nid = "ann"\nname = "Ann"\nrole = "lead"\n')
    assert CliRunner().invoke(main, ["check"]).exit_code == 0  # looks only: the database belongs to nobody yet
    first, second = (ROSTER, own) if held == "demo" else (own, ROSTER)
    assert CliRunner().invoke(main, ["roster", "apply", "--yes", str(first)]).exit_code == 0
    monkeypatch.setenv("PLEDGE_ROSTER", str(second))
    checked, run = CliRunner().invoke(main, ["check"]), CliRunner().invoke(main, ["run"])
    assert checked.exit_code == run.exit_code == 65, checked.output
    assert checked.output.strip() == run.output.strip()
    assert "vendor.demo" in checked.output


def test_check_leaves_the_database_without_people(here: Path) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    with sqlite3.connect(here / "var" / "pledge.db") as connection:
        assert connection.execute("SELECT count(*) FROM meta WHERE key = 'roster'").fetchone() == (0,)
    connection.close()


def test_check_ends_with_the_status_of_what_is_wrong(here: Path) -> None:
    (here / "var").mkdir()
    (here / "var" / "pledge.db").write_bytes(b"this is no database at all, not even a damaged one" * 40)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 78
    assert "var/pledge.db" in result.output and "Traceback" not in result.output


@pytest.mark.parametrize("command", [["check"], ["run"], ["staff", "list"], ["backup", "copy.db"]])
def test_a_database_without_one_of_its_guards_is_named_and_not_used(here: Path, command: list[str]) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    with sqlite3.connect(here / "var" / "pledge.db") as connection:
        connection.execute("DROP TRIGGER audit_stays")
    connection.close()
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 78, result.output
    assert "trigger audit_stays missing or altered" in result.output and "Traceback" not in result.output
    assert not (here / "copy.db").exists()


@pytest.mark.parametrize("command", [["check"], ["run"], ["staff", "list"]])
def test_a_folder_that_takes_no_database_is_no_missing_file(
    here: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("PLEDGE_DATABASE", "sqlite:////proc/pledge.db")
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 73, result.output
    assert "the folder /proc " in result.output and "PLEDGE_DATABASE" in result.output


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("origin", ["*", "https://app.example.com/chat", "https://*.example.com", "app.example.com"])
def test_an_origin_that_is_none_is_named_with_an_example(
    here: Path, monkeypatch: pytest.MonkeyPatch, command: str, origin: str
) -> None:
    monkeypatch.setenv("PLEDGE_INAPP__ORIGINS", json.dumps({"acme": [origin]}))
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 78, result.output
    assert result.output.count("\n") == 1 and "Traceback" not in result.output
    assert f"origins of acme: '{origin}' is no origin" in result.output
    assert "https://app.example.com" in result.output and "PLEDGE_INAPP__ORIGINS" in result.output
    assert not (here / "var" / "pledge.db").exists(), "nothing is begun with settings that cannot be used"


def test_check_remarks_on_keys_and_origins_of_clients_that_the_roster_does_not_know(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for client in ("acme", "acne"):
        (here / "keys" / client).mkdir(parents=True)
        (here / "keys" / client / "k1.hs256").write_bytes(b"a key of the tests, long enough for it")
    monkeypatch.setenv("PLEDGE_INAPP__KEYS", "keys")
    monkeypatch.setenv("PLEDGE_INAPP__ORIGINS", '{"bolt": ["https://bolt.example"], "bold": ["https://bolt.example"]}')
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    assert [line for line in result.output.splitlines() if "no such client" in line] == [
        "remark: keys of acne: the roster has no such client (name the folder by the client's id, or remove it)",
        "remark: origins of bold: the roster has no such client (correct PLEDGE_INAPP__ORIGINS)",
    ]


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_roster_that_is_not_there_is_named_with_the_way_out(
    here: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("PLEDGE_ROSTER", "/nonexist")
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 66
    assert "roster /nonexist does not exist (write it, or correct PLEDGE_ROSTER)" in result.output


def test_a_backup_is_a_whole_database_that_only_its_owner_reads(here: Path) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    result = CliRunner().invoke(main, ["backup", "copies/pledge.db"])
    assert result.exit_code == 0, result.output
    copy = here / "copies" / "pledge.db"
    with sqlite3.connect(copy) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"ticket", "event", "outbox"} <= tables
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE((here / "var" / "pledge.db").stat().st_mode) == 0o600


_DEEP = {"a list": f"id = {'[' * 3000}", "tables": f"[{'.'.join('a' * 3000)}]\n", "a table": f"id = {'{a=' * 3000}"}


@pytest.mark.parametrize("text", _DEEP.values(), ids=_DEEP)
@pytest.mark.parametrize(
    ("command", "status"),
    [(["policy", "check", "deep.toml"], 65), (["roster", "check", "deep.toml"], 65), (["check"], 78)],
)
def test_a_file_too_deep_to_be_read_is_named(here: Path, command: list[str], status: int, text: str) -> None:
    name = command[-1] if len(command) > 1 else "pledge.toml"
    (here / name).write_text(text)
    result = CliRunner().invoke(main, command)
    assert result.exit_code == status, result.output
    assert name in result.output and "Traceback" not in result.output


def test_a_batch_that_is_not_there_ends_like_every_missing_file(here: Path) -> None:
    result = CliRunner().invoke(main, ["sla", "due", "--batch", "nofile"])
    assert result.exit_code == 66 and "nofile" in result.output

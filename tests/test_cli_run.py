"""`pledge check` and `pledge backup`: what they say, and how they end."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main


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


def test_check_ends_with_the_status_of_what_is_wrong(here: Path) -> None:
    (here / "var").mkdir()
    (here / "var" / "pledge.db").write_bytes(b"this is no database at all, not even a damaged one" * 40)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 78
    assert "var/pledge.db" in result.output and "Traceback" not in result.output


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

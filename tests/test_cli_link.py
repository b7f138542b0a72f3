"""`pledge link`: the words it prints are those that link a chat on that platform."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_cli_roster import ROSTER

from bot.cli import main


@pytest.mark.parametrize(
    ("channel", "whom", "words"),
    [
        ("telegram", "team", "/link CODE"),
        ("telegram", "staff/mia", "/link CODE"),
        ("slack", "team", "@Pledge link CODE"),
        ("slack", "staff/mia", "link CODE"),
    ],
)
def test_the_words_are_spelled_as_the_platform_lets_people_say_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str, whom: str, words: str
) -> None:
    for name in [name for name in os.environ if name.startswith("PLEDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roster.toml").write_text(ROSTER)
    assert CliRunner().invoke(main, ["roster", "apply", "--yes"]).exit_code == 0
    result = CliRunner().invoke(main, ["link", "--channel", channel, whom])
    assert result.exit_code == 0, result.output
    assert re.sub(r"link \S+", "link CODE", result.stdout.splitlines()[0]) == words

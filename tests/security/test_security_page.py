"""The page that says what holds, and by which test, says the truth: every requirement has a row, every name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells
    for row in re.findall(r"^\| (S\d+ \|.*) \|$", TEXT, flags=re.MULTILINE)
    for cells in [row.split(" | ")]
}


def _cited(text: str) -> list[tuple[str, str]]:
    return re.findall(r"`([\w/]+\.py)::(\w+)`", text)


def test_every_requirement_has_its_row() -> None:
    assert list(ROWS) == [f"S{number}" for number in range(1, 41)]


@pytest.mark.parametrize("name", ROWS)
def test_a_requirement_is_held_by_a_test_or_said_not_to_be_built(name: str) -> None:
    row = " | ".join(ROWS[name])
    assert _cited(row) or ROWS[name][1].startswith("not built yet: "), row


@pytest.mark.parametrize(("file", "test"), sorted(set(_cited(TEXT))))
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    path = ROOT / "tests" / file
    assert path.is_file(), f"there is no tests/{file}"
    assert re.search(rf"^\s*(async )?def {test}\(", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_place_that_is_named_exists() -> None:
    places = re.findall(r"`((?:bot|requirements|Makefile|Dockerfile|compose)[\w./-]*)`", TEXT)
    assert len(places) > 30
    assert [place for place in places if not (ROOT / place).exists()] == []

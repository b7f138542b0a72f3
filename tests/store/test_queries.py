"""Loading the .sql files, and a static guard over the real ones against what differs by driver."""

import re
import sqlite3

import pytest

from bot.store.queries import SQL, load, split_queries

NOTES = """
-- name: add_note(body)$
INSERT INTO note (body) VALUES (:body) RETURNING id;

-- name: shout()
-- All of them, louder.
UPDATE note SET body = upper(body) RETURNING body;
"""
CLAIM = "-- name: claim(n)\nSELECT id FROM note LIMIT :n;\n"
CLAIM_PG = "-- name: claim_pg(n)\nSELECT id FROM note LIMIT :n FOR UPDATE SKIP LOCKED;\n"

_SUFFIX = re.compile(r"^--\s*name\s*:\s*[\w-]+\s*(?:\([^)]*\))?\s*(?P<suffix>\S*)\s*$")
_TWIN_NAME = re.compile(r"^--\s*name\s*:\s*[\w-]+_pg\b")
_WRITES = re.compile(r"^\s*(?:WITH\b.*\)\s*)?(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE | re.DOTALL)


def traps(text):
    """What is wrong with one query's text, in words."""
    first, _, body = text.partition("\n")
    match = _SUFFIX.match(first)
    assert match is not None, f"not `-- name: verb(a, b)suffix`: {first}"
    suffix = match["suffix"]
    code = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("--"))
    if suffix == "<!":
        yield "`<!` gives the last rowid on SQLite, whatever RETURNING says: use `$` or `^`"
    if suffix == "#":
        yield "`#` commits the open transaction on SQLite: use one query per statement"
    if suffix == "" and _WRITES.match(code) and "RETURNING" not in code.upper():
        yield "a write without suffix: use `!` for the count"
    if re.search(r"--.*:\w", code):
        yield "a parameter-like word in a trailing comment becomes a parameter on psycopg"
    if "::" in code and not _TWIN_NAME.match(first):
        yield "`::type` fails on SQLite: use CAST"


@pytest.mark.parametrize("path", sorted(SQL.glob("*.sql")), ids=lambda path: path.name)
def test_the_real_queries_avoid_the_traps(path):
    found = [f"{name}: {trap}" for name, text in split_queries(path.read_text()) for trap in traps(text)]
    assert found == []


def test_the_real_queries_load():
    load()


@pytest.mark.parametrize(
    ("text", "trap"),
    [
        ("-- name: a(x)<!\nINSERT INTO t VALUES (:x) RETURNING id;", "<!"),
        ("-- name: a#\nDELETE FROM t;", "#"),
        ("-- name: a()\n-- why\nDELETE FROM t;", "without suffix"),
        ("-- name: a()\nWITH u AS (SELECT 1) UPDATE t SET x = 1;", "without suffix"),
        ("-- name: a()\nSELECT 1; -- at 12:30", "trailing comment"),
        ("-- name: a(x)\nSELECT :x::text;", "CAST"),
    ],
)
def test_each_trap_is_found(text, trap):
    assert [found for found in traps(text) if trap in found]


def test_a_sound_query_has_no_trap():
    assert [list(traps(text)) for _, text in split_queries(NOTES + CLAIM)] == [[], [], []]
    assert list(traps("-- name: claim_pg(n)\nSELECT :n::int;")) == []


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notes.sql").write_text(NOTES)
    return tmp_path


def test_a_query_without_suffix_runs_at_once_and_gives_a_list(folder):
    queries = load(folder)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)")
    assert queries.add_note(connection, body="hello") == 1

    queries.shout(connection)  # nobody reads the answer
    assert connection.execute("SELECT body FROM note").fetchone() == ("HELLO",)
    assert queries.shout(connection) == [("HELLO",)]
    connection.close()


def test_a_single_value_comes_out_of_any_kind_of_row(folder):
    (folder / "one.sql").write_text("-- name: longest(n)$\nSELECT max(body) FROM note WHERE id > :n GROUP BY id;")
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)")
    queries = load(folder)
    assert queries.add_note(connection, body="hello") == 1
    assert queries.longest(connection, n=0) == "hello"
    assert queries.longest(connection, n=1) is None
    connection.close()


def test_postgresql_gets_the_twin_under_the_plain_name_and_sqlite_never_sees_it(folder):
    (folder / "claims.sql").write_text(CLAIM + CLAIM_PG)
    assert "SKIP LOCKED" not in load(folder).claim.sql
    assert "SKIP LOCKED" in load(folder, "postgres").claim.sql
    assert not hasattr(load(folder), "claim_pg")
    assert not hasattr(load(folder, "postgres"), "claim_pg")


def test_two_queries_of_one_name_are_refused(folder):
    (folder / "other.sql").write_text(NOTES)
    with pytest.raises(ValueError, match=r"query add_note in .*other.sql: there is one"):
        load(folder)


def test_a_twin_without_sibling_is_refused(folder):
    (folder / "claims.sql").write_text(CLAIM_PG)
    with pytest.raises(ValueError, match=r"claim_pg .* twin of no query"):
        load(folder)

"""Migrations: all or nothing, in order, and never on a file that is ahead of us or not ours."""

import sqlite3

import pytest

from bot.store.base import MigrationFailed, SchemaDamaged, SchemaNewer
from bot.store.migrate import find_migrations, migrate, split_statements, version_of

TRIGGER = """
-- Notes are kept; a semicolon here changes nothing.
CREATE TABLE log (body TEXT /* and ; here */ DEFAULT 'a;b') STRICT;
CREATE TRIGGER note_stays BEFORE DELETE ON log BEGIN
    SELECT RAISE(ABORT, 'notes stay; always');
    SELECT 1;
END;
INSERT INTO log DEFAULT VALUES;
-- the end
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "0001_notes.sql").write_text("CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT;")
    return tmp_path


@pytest.fixture
def raw():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    yield connection
    connection.close()


def tables(connection):
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]


def run(connection, folder):
    return migrate(connection, find_migrations(folder), "pledge.db")


def test_a_trigger_is_one_statement():
    first, trigger, insert, comment = split_statements(TRIGGER)
    assert first.endswith("DEFAULT 'a;b') STRICT;")
    assert trigger.startswith("CREATE TRIGGER") and trigger.endswith("END;")
    assert insert == "INSERT INTO log DEFAULT VALUES;"
    assert comment == "-- the end"


def test_all_migrations_run_in_order_and_the_version_is_the_last_number(folder, raw):
    (folder / "0002_log.sql").write_text(TRIGGER)
    assert run(raw, folder) == version_of(raw) == 2
    assert tables(raw) == ["note", "log"]
    with pytest.raises(sqlite3.IntegrityError, match="notes stay"):
        raw.execute("DELETE FROM log")


def test_running_again_does_nothing(folder, raw):
    run(raw, folder)
    changes, seen = raw.total_changes, []
    raw.set_trace_callback(seen.append)
    assert run(raw, folder) == 1
    assert (raw.total_changes, seen) == (changes, ["PRAGMA user_version"])


def test_a_failing_migration_leaves_the_old_version_untouched(folder, raw):
    run(raw, folder)
    (folder / "0002_good.sql").write_text("CREATE TABLE good (id INTEGER) STRICT;")
    (folder / "0003_bad.sql").write_text("CREATE TABLE half (id INTEGER) STRICT; CREATE TABLE note (x);")
    with pytest.raises(MigrationFailed, match=r"pledge.db: migration 0003_bad.sql: table note already exists"):
        run(raw, folder)
    assert (version_of(raw), tables(raw)) == (1, ["note"])
    assert not raw.in_transaction
    assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("CREATE TABLE a (x); COMMIT; CREATE TABLE b (x);", "may not end the transaction"),
        ("CREATE TABLE a (x); CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;", "incomplete input"),
        ("INSERT INTO note VALUES (1), (1);", "UNIQUE"),
        ("INSERT INTO note VALUES (:id);", "binding"),
        ("CREATE TABLE a (x INTEGER REFERENCES note); INSERT INTO a VALUES (7);", "points at no row of note"),
    ],
)
def test_a_wrong_migration_says_what_is_wrong(folder, raw, script, reason):
    (folder / "0002_wrong.sql").write_text(script)
    with pytest.raises(MigrationFailed, match=reason):
        run(raw, folder)


def test_a_table_with_references_to_it_can_be_rebuilt(folder, raw):
    (folder / "0002_child.sql").write_text("CREATE TABLE child (note_id INTEGER REFERENCES note) STRICT;")
    run(raw, folder)
    raw.execute("INSERT INTO note VALUES (1)")
    raw.execute("INSERT INTO child VALUES (1)")
    (folder / "0003_rebuild.sql").write_text(
        "CREATE TABLE new_note (id INTEGER PRIMARY KEY, body TEXT) STRICT;"
        "INSERT INTO new_note (id) SELECT id FROM note; DROP TABLE note;"
        "ALTER TABLE new_note RENAME TO note;"
    )
    run(raw, folder)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        raw.execute("DELETE FROM note")


def test_two_processes_upgrading_at_once_run_each_migration_once(folder, tmp_path):
    (folder / "0002_row.sql").write_text("INSERT INTO note VALUES (1);")
    database = tmp_path / "two.db"
    slow, fast = (sqlite3.connect(database, isolation_level=None) for _ in range(2))

    def overtake(statement):
        """The other process upgrades between our first look at the version and our lock."""
        if statement == "PRAGMA foreign_keys=OFF":
            slow.set_trace_callback(None)
            run(fast, folder)

    slow.set_trace_callback(overtake)
    assert run(slow, folder) == 2
    assert slow.execute("SELECT count(*) FROM note").fetchone() == (1,)
    slow.close()
    fast.close()


def test_a_newer_program_that_was_faster_is_not_taken_back(folder, tmp_path):
    database = tmp_path / "two.db"
    slow, fast = (sqlite3.connect(database, isolation_level=None) for _ in range(2))

    def overtake(statement):
        if statement == "PRAGMA foreign_keys=OFF":
            slow.set_trace_callback(None)
            fast.execute("PRAGMA user_version=9")

    slow.set_trace_callback(overtake)
    with pytest.raises(SchemaNewer):
        run(slow, folder)
    assert version_of(fast) == 9
    slow.close()
    fast.close()


def test_a_newer_schema_is_refused_with_both_versions_and_the_way_out(folder, raw):
    raw.execute("PRAGMA user_version=9")
    with pytest.raises(SchemaNewer, match=r"pledge.db: its schema is version 9, this program knows 1; run the n"):
        run(raw, folder)


def test_a_database_of_another_program_is_left_alone(folder, raw):
    raw.execute("CREATE TABLE theirs (x)")
    with pytest.raises(SchemaDamaged, match="another program"):
        run(raw, folder)
    assert tables(raw) == ["theirs"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("0003_gap.sql", "the number is 3, expected 2"),
        ("0001_twice.sql", "the number is 1, expected 2"),
        ("2_short.sql", "the name is not"),
        ("0002_Upper.sql", "the name is not"),
    ],
)
def test_odd_file_names_are_refused(folder, name, reason):
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationFailed, match=reason):
        find_migrations(folder)


def test_an_empty_folder_is_no_set_of_migrations(tmp_path):
    with pytest.raises(MigrationFailed, match=r"no \.sql files"):
        find_migrations(tmp_path)

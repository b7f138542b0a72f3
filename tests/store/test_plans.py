"""What is stored must not make the work of a day slower: queries reach the tables that grow by an index."""

import re
import sqlite3

import pytest

from bot.store.migrate import MIGRATIONS
from bot.store.queries import SQL, split_queries

# A walk of a partial index sees only what is open: it grows with the work at hand, not with the years.
OPEN_ONLY = re.compile(
    r"USING (COVERING )?INDEX (outbox_one_in_flight|outbox_open|outbox_stuck|room_silent|ticket_open_due|step_open_due"
    r"|step_failing|clock_live_due|inbox_new|inbox_quarantined|call_open|call_reminder_open|covered_open|follow_up_open|on_call_wake|digest_open|outbox_lost)"
)
SELDOM = {
    "roster_open_of_owner": "asked when a roster that removes somebody is applied",
    "roster_people": "applying a roster compares all of it",
    "roster_identities": "applying a roster compares all of it",
    "roster_duties": "applying a roster compares all of it",
    "roster_contracts": "applying a roster compares all of it",
    "roster_moved": "applying a roster compares all of it",
    "roster_rooms": "applying a roster compares all of it",
    "roster_absences": "applying a roster compares all of it",
    "roster_rotations": "applying a roster compares all of it",
    "roster_rotation_people": "applying a roster compares all of it",
    "roster_rotation_for": "applying a roster compares all of it",
    "rotations": "there are a handful of rotations, and they do not grow",
    "rotation_people": "there are a handful of rotations, and they do not grow",
    "rotation_for": "there are a handful of rotations, and they do not grow",
    "audit_clients": "nightly, before the chains are read anyway",
    "calendars_kept": "every quarter of an hour, and people do not grow with the years",
    "calendars_forgotten": "every quarter of an hour, and people do not grow with the years",
    "people_looked_after": "asked by whoever looks at the week of calls, and clients do not grow with the years",
    "people_ids_in_shadow": "asked when shadow is cast or a roster applied, and clients do not grow with the years",
    "people_in_shadow": "asked by whoever looks at an installation, and clients do not grow with the years",
    "access_sessions_end": "when somebody leaves the staff; sessions are forgotten every hour",
    "access_forget_tokens": "hourly",
    "access_codes": "where words hold something as long as a code; they live ten minutes, then are forgotten",
    "access_forget_sessions": "hourly",
    "access_forget_seen": "hourly",
    "prompts_drop": "when the outcome of a call is put right; questions are open for minutes",
}
NO_TABLE = re.compile(r"SCAN (line|to_plan|CONSTANT ROW|\d+|\(subquery|SUBQUERY)")


@pytest.fixture(scope="module")
def database():
    connection = sqlite3.connect(":memory:")
    for script in sorted(MIGRATIONS.glob("*.sql")):
        connection.executescript(script.read_text())
    yield connection
    connection.close()


def _queries():
    for file in sorted(SQL.glob("*.sql")):
        for name, text in split_queries(file.read_text()):
            if not name.endswith("_pg"):
                yield pytest.param(name, text.split("\n", 1)[1], id=name)


@pytest.mark.parametrize(("name", "sql"), list(_queries()))
def test_a_query_walks_no_table_that_grows_with_the_years(database, name, sql):
    values = dict.fromkeys(re.findall(r"(?<!:):(\w+)", sql), 1)
    steps = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    walks = [step for step in steps if step.startswith("SCAN") and not NO_TABLE.match(step)]
    if name in SELDOM:
        assert walks, f"{name} need not be an exception any more"
    else:
        assert [walk for walk in walks if not OPEN_ONLY.search(walk)] == []

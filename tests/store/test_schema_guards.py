"""A database that has lost a table, an index or a guard is refused by name, by the bot and by short commands alike."""

import sqlite3
from functools import partial

import pytest
from harness import QUERIES

from bot.store.base import SchemaDamaged
from bot.store.sqlite import open_sqlite, open_sync
from bot.store.tx import make_tx

MAKE_TX = partial(make_tx, QUERIES)

DAMAGES = {
    "table rate_bucket": "DROP TABLE rate_bucket",
    "index step_fires_once": "DROP INDEX step_fires_once",
    "index prompt_open": "DROP INDEX prompt_open; CREATE INDEX prompt_open ON prompt (room_id, person_ext)",
    "trigger audit_stays": "DROP TRIGGER audit_stays",
    "trigger audit_is_final": "DROP TRIGGER audit_is_final; "
    "CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT 1; END",
}


@pytest.fixture
async def path(tmp_path):
    """A database as the program leaves it."""
    place = tmp_path / "pledge.db"
    await (await open_sqlite(place, make_tx=MAKE_TX)).close()
    return place


def damage(path, script):
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


@pytest.mark.parametrize("named", DAMAGES)
async def test_what_is_missing_or_altered_is_named_at_the_start(path, named):
    damage(path, DAMAGES[named])
    with pytest.raises(SchemaDamaged, match=rf"pledge\.db: {named} missing or altered; restore a backup"):
        await open_sqlite(path, make_tx=MAKE_TX)


@pytest.mark.parametrize("named", DAMAGES)
def test_a_short_command_refuses_it_too(path, named):
    damage(path, DAMAGES[named])
    with pytest.raises(SchemaDamaged, match=named), open_sync(path, MAKE_TX):
        pass


async def test_what_others_have_put_into_the_file_is_not_ours_to_judge(path):
    damage(path, "CREATE TABLE note (x); CREATE INDEX note_x ON note (x)")
    await (await open_sqlite(path, make_tx=MAKE_TX)).close()
    with open_sync(path, MAKE_TX):
        pass

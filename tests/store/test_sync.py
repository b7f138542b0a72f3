"""The short command's way in: the same units, beside a running bot, but no migration under one."""

import pytest

from bot.store.base import SchemaChanged, SchemaOlder, WrongUnit
from bot.store.files import acquire_instance_lock
from bot.store.sqlite import open_sync


@pytest.fixture
def opened(database, notes_schema):
    return lambda: open_sync(database, lambda raw: raw, migrations=notes_schema)


def test_a_command_creates_the_database_writes_and_reads(opened, add, bodies):
    with opened() as store:
        assert store.write(add("hello")) == 1
    with opened() as store:
        assert store.read(bodies) == ["hello"]


def test_a_failing_unit_leaves_nothing(opened, add, bodies):
    def broken(tx):
        add("half")(tx)
        raise LookupError("no")

    with opened() as store:
        with pytest.raises(LookupError):
            store.write(broken)
        with pytest.raises(WrongUnit):
            store.read(add("sneaked in"))
        assert store.write(add("whole")) == 1
        assert store.read(bodies) == ["whole"]


async def test_a_command_writes_beside_a_running_bot(opened, open_store, add, bodies):
    bot = await open_store()
    with opened() as store:
        store.write(add("from the command line"))
        await bot.write(add("from the bot"))
        assert store.read(bodies) == await bot.read(bodies) == ["from the command line", "from the bot"]


def test_a_command_does_not_migrate_under_a_running_bot(opened, database, notes_schema):
    with opened():
        pass
    (notes_schema / "0002_more.sql").write_text("CREATE TABLE more (x INTEGER) STRICT;")
    with (
        acquire_instance_lock(database),
        pytest.raises(SchemaOlder, match="is version 1, this program needs 2, and a bot runs"),
        opened(),
    ):
        pass
    with opened() as store:
        assert store.read(lambda tx: tx.execute("SELECT count(*) FROM more").fetchone()) == (0,)


def test_the_version_fence_holds_for_commands_too(opened, add):
    with opened() as newer, opened() as older:
        newer.write(lambda tx: tx.execute("PRAGMA user_version=2"))
        with pytest.raises(SchemaChanged, match="from version 1 to 2"):
            older.write(add("stale"))
        with pytest.raises(SchemaChanged):
            older.read(lambda tx: 1)

"""What one unit of work sees of the store: typed queries, grouped by what they are about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.store.access import Access
from bot.store.acts import Acts, Noted
from bot.store.calendars import Calendars
from bot.store.calls import Calls
from bot.store.conversations import Conversation
from bot.store.days import Days
from bot.store.digests import Digests
from bot.store.drafts import Drafts
from bot.store.due import DueTickets
from bot.store.duty import Duty
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Inbox
from bot.store.ledger import Ledger
from bot.store.messages import Messages
from bot.store.meta import Meta
from bot.store.outbox import Outbox
from bot.store.people import People
from bot.store.prompts import Prompts
from bot.store.proofs import Proofs
from bot.store.rooms import Rooms
from bot.store.roster import RosterRows
from bot.store.steps import Steps
from bot.store.tickets import Tickets

_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)


class Tx:
    """Built once per connection; used only inside a unit of work, in that connection's thread."""

    def __init__(self, connection: Any, queries: Any) -> None:
        self.connection = connection
        self.touched: set[str] = set()  # what loops wait for: "outbox", "steps" (see Store.subscribe)
        self.meta = Meta(connection, queries)
        self.people = People(connection, queries)
        self.rooms = Rooms(connection, queries)
        self.inbox = Inbox(connection, queries, self.touched)
        self.messages = Messages(connection, queries)
        self.tickets = Tickets(connection, queries)
        self.prompts = Prompts(connection, queries)
        self.ledger = Ledger(connection, queries)
        self.steps = Steps(connection, queries, self.touched)
        self.due = DueTickets(connection, queries)
        self.outbox = Outbox(connection, queries, self.touched)
        self.proofs = Proofs(connection, queries)
        self.calls = Calls(connection, queries)
        self.drafts = Drafts(connection, queries)
        self.days = Days(connection, queries, self.touched)
        self.digests = Digests(connection, queries, self.touched)
        self.calendars = Calendars(connection, queries)
        self.duty = Duty(connection, queries, self.touched)
        self.follow_ups = FollowUps(connection, queries, self.touched)
        self.acts = Acts(connection, queries)
        self.access = Access(connection, queries)
        self.roster = RosterRows(connection, queries, self.touched)
        self.conversation = Conversation(connection, queries)
        self._depth = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone alone if it raises; may be nested."""
        self._depth += 1
        name = f"inner_{self._depth}"
        try:
            self.connection.execute(f"SAVEPOINT {name}")
            try:
                yield
            except BaseException:
                self.connection.execute(f"ROLLBACK TO {name}")
                self.connection.execute(f"RELEASE {name}")
                raise
            self.connection.execute(f"RELEASE {name}")
        finally:
            self._depth -= 1

    @contextmanager
    def nobody_moves(self) -> Iterator[None]:
        """Inside, each question about people is asked once: for work on many tickets that changes no roster and no
        absence."""
        people, duty = self.people, self.duty
        self.people, self.duty = people.remembering(), duty.remembering()
        try:
            yield
        finally:
            self.people, self.duty = people, duty

    @contextmanager
    def noting(self) -> Iterator[Noted]:
        """Note what is written inside to logs and outbox, which messages change their ticket, and whose absences begin
        and end. Not nested.
        """
        noted = self.ledger.noted = self.outbox.noted = self.messages.noted = self.duty.noted = Noted()
        try:
            yield noted
        finally:
            self.ledger.noted = self.outbox.noted = self.messages.noted = self.duty.noted = None

    @staticmethod
    def is_poison(error: Exception) -> bool:
        """Whether an error is about the work itself, so that repeating it at once would fail again.

        A full disk, a lock or a damaged file are not: there the whole unit fails and nothing is confirmed.
        """
        code = getattr(error, "sqlite_errorcode", None)
        return not isinstance(error, MemoryError) and (code is None or code & 0xFF not in _OUTSIDE)


def make_tx(queries: Any, connection: Any) -> Tx:
    """A connection's typed queries; rows are read by column name."""
    connection.row_factory = sqlite3.Row
    return Tx(connection, queries)

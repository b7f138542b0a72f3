"""What one unit of work sees of the store: typed queries, grouped by what they are about."""

from __future__ import annotations

from typing import Any

from bot.store.access import Access
from bot.store.inbox import Inbox
from bot.store.ledger import Ledger
from bot.store.messages import Messages
from bot.store.meta import Meta
from bot.store.outbox import Outbox
from bot.store.people import People
from bot.store.rooms import Rooms
from bot.store.steps import Steps
from bot.store.tickets import Tickets


class Tx:
    """Built once per connection; used only inside a unit of work, in that connection's thread."""

    def __init__(self, connection: Any, queries: Any) -> None:
        self.connection = connection
        self.meta = Meta(connection, queries)
        self.people = People(connection, queries)
        self.rooms = Rooms(connection, queries)
        self.inbox = Inbox(connection, queries)
        self.messages = Messages(connection, queries)
        self.tickets = Tickets(connection, queries)
        self.ledger = Ledger(connection, queries)
        self.steps = Steps(connection, queries)
        self.outbox = Outbox(connection, queries)
        self.access = Access(connection, queries)

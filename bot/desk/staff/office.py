"""When people are at work: their own hours, else those of the agreement of a client they answer for, else of any."""

from __future__ import annotations

from datetime import datetime

from bot.desk.book import Book
from bot.desk.staff.workdays import next_open, own_hours
from bot.people import Person
from bot.sla.calendar import Calendar
from bot.sla.policy_file import UnknownPolicy
from bot.store.tx import Tx


def hours(tx: Tx, book: Book, person: Person) -> Calendar | None:
    """None where the roster gives him no hours and there is no agreement to go by."""
    own = own_hours(tx, person)
    if own is not None:
        return own
    own_clients = [client_id for client_id, _ in tx.duty.clients_of(person.id)]
    for client_id in own_clients or tx.duty.everybody():
        found = of_client(tx, book, client_id)
        if found is not None:
            return found
    return None


def of_client(tx: Tx, book: Book, client_id: int) -> Calendar | None:
    """The hours of the client's agreement; None without one."""
    contract = tx.people.contract(client_id)
    try:
        return None if contract is None else book.terms(contract).calendar
    except UnknownPolicy:
        return None


def opening(tx: Tx, book: Book, person: Person, at: datetime) -> datetime:
    """When this person's work goes on, at or after `at`."""
    calendar = hours(tx, book, person)
    return at if calendar is None else next_open(calendar, at)

"""What clients who wait hear while somebody is away: who answers, and when he returns; that he is back."""

from __future__ import annotations

from datetime import datetime

from bot.desk.desk import Desk
from bot.desk.mail import Mail
from bot.desk.staff.cover import Covered, joined, open_for
from bot.desk.staff.workdays import next_open
from bot.duty import Absence
from bot.notice import At, Left, Say, Value, loads, say
from bot.people import Person
from bot.store.outbox_row import OutboxRow, State
from bot.store.times import to_ms
from bot.store.tx import Tx
from bot.tickets import Ticket


def news_key(tx: Tx, absence: Absence, ticket: Ticket, gone: Person, line: Say, now: datetime) -> str | None:
    """Under which key the client hears who answers; None where he knows. Once for each client and stretch, where his
    most urgent ticket is, and again where another answers or he returns at another time; nothing he was promised moves.
    """
    known = joined(tx, gone, now)
    key = _cover_key(gone, to_ms(known[0].starts_at) if known else "", ticket.client_id)
    told = _told(tx, key)
    if not told:  # the window of what came in meanwhile has named who answers
        return None if ticket.opened_at > max(absence.starts_at, absence.declared_at or absence.starts_at) else key
    return None if _says_same(told[-1], line) else f"{key}:{len(told)}"


def _cover_key(gone: Person, since: object, client_id: int) -> str:
    return f"cover:{gone.id}:{since}:{client_id}"


def _told(tx: Tx, key: str) -> list[OutboxRow]:
    """What a client was told under this key, and what changed since; oldest first."""
    found: list[OutboxRow] = []
    while (row := tx.outbox.by_key(f"{key}:{len(found)}" if found else key)) is not None:
        found.append(row)
    return found


def _says_same(row: OutboxRow, line: Say) -> bool:
    """Whether it says so already, of whichever ticket."""
    [said] = loads(row.notice).lines
    return {**said.params, "ref": ""} == {**line.params, "ref": ""}


def tell_back(tx: Tx, mail: Mail, person: Person, absence: Absence, now: datetime) -> None:
    """Each client who was told a later moment, or none, hears once that he is back; what was not sent yet is not."""
    if absence.back_at is None or (absence.ends_at is not None and absence.ends_at <= absence.back_at):
        return
    told_by = {each.starts_at for each in joined(tx, person, absence.starts_at)} | {absence.starts_at}
    heard = set()
    for ticket in open_for(tx, person, now):
        for since in map(to_ms, told_by):
            told = _told(tx, _cover_key(person, since, ticket.client_id))
            if not told or ticket.client_id in heard:
                continue
            heard.add(ticket.client_id)
            if {tx.outbox.supersede(row.id, "back already") for row in told} == {State.SUPERSEDED}:
                continue
            line = say("cover.back", gone=person.name, ref=ticket.reference)
            mail.to_client(ticket, f"cover-back:{person.id}:{since}:{ticket.client_id}", line)


def cover_line(tx: Tx, desk: Desk, ticket: Ticket, person: Person, covered: Covered) -> Say:
    """To the client: who answers instead of whom, and when that one returns, at an opening of the agreement."""
    common: dict[str, Value] = {"who": covered.person.name, "gone": person.name, "ref": ticket.reference}
    if covered.until is None:
        return Say("cover.client_open", common)
    calendar = desk.book.policy(tx, ticket.policy_hash).calendar
    at = next_open(calendar, covered.until)
    return Say("cover.client", common | {"returns": At(at), "left": Left(at)})

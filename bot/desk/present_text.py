"""Laying the present text of an agreement over open tickets that have pinned an earlier one: only when an operator
says so, ticket by ticket, and once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk.book import Book, Draft, Page
from bot.desk.mail import Mail
from bot.desk.notices import headline
from bot.notice import At, Left, say
from bot.sla.log import EventKind, Party
from bot.sla.policy import Metric
from bot.store.tx import Tx
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Moved:
    """A promise that still runs: due before and after; None: there was none, or there is none any more."""

    metric: Metric
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A ticket that goes on under the present text, and which of its promises move by that."""

    ticket_id: int
    reference: str
    moved: tuple[Moved, ...]


def would_change(tx: Tx, book: Book, ticket_id: int, now: datetime) -> Change | None:
    """What `change` would do to this ticket now; None where it has the present text, or is closed. Writes nothing."""
    ticket = tx.tickets.get(ticket_id)
    if not ticket.is_open:
        return None
    hash, _ = book.present_text(tx.meta.policy_named(ticket.policy_hash))
    if hash == ticket.policy_hash:
        return None
    before = book.read(tx, ticket, now)
    return _change(before, book.as_if(tx, ticket, before.log, _draft(ticket), now))


def change(tx: Tx, book: Book, mail: Mail, ticket_id: int, now: datetime, *, who: str) -> Change | None:
    """Pin the present text for this ticket, and plan it anew: what is over was judged by the text before, what has
    fired does not fire again. A client who is answered sooner by it is told, for he may read that this was missed.
    `who` is the author in the audit. None, and nothing done, as of `would_change`.
    """
    ticket = tx.tickets.get(ticket_id)
    if not ticket.is_open:
        return None
    named = tx.meta.policy_named(ticket.policy_hash)
    hash = book.pin_text(tx, named, now)
    if hash == ticket.policy_hash:
        return None
    before = book.read(tx, ticket, now)
    tx.tickets.change_terms(ticket.id, hash)
    after = book.record(tx, tx.tickets.get(ticket.id), [_draft(ticket)], now)
    what = f"{ticket.reference} put under the present text of {named.id}"
    tx.meta.audit(ticket.client_id, who, what, now, ticket.policy_hash, hash)
    due_at = _sooner(before, after)
    if due_at is not None:
        line = say("terms.sooner", due=At(due_at), left=Left(due_at), ref=ticket.reference)
        mail.to_client(after.ticket, f"terms-sooner:{ticket.id}:{after.ticket.events}", line)
    return _change(before, after)


def _sooner(before: Page, after: Page) -> datetime | None:
    """The moment the client's window is about, where it comes before the one he was told; else None."""
    was, now = headline(before), headline(after)
    told = None if was is None else was.due_at
    return now.due_at if now and now.due_at and told and now.due_at < told else None


def tell(mail: Mail, name: str, changes: Sequence[Change]) -> None:
    """One word to the leads, however many tickets it is about."""
    moved = sum(1 for each in changes if each.moved)
    line = say("terms.changed", name=name, count=len(changes), moved=moved)
    mail.to_leads(f"terms-changed:{mail.new_id()}", line)


def _draft(ticket: Ticket) -> Draft:
    return Draft(EventKind.TERMS_CHANGED, Party.BOT, data={"before": ticket.policy_hash})


def _change(before: Page, after: Page) -> Change:
    was, now = _promises(before), _promises(after)
    moved = (Moved(metric, was.get(metric), now.get(metric)) for metric in {**was, **now})
    moves = tuple(each for each in moved if each.before != each.after)
    return Change(after.ticket.id, after.ticket.reference, moves)


def _promises(page: Page) -> dict[Metric, datetime | None]:
    return {clock.metric: clock.deadline for clock in page.clocks if clock.is_live}

"""The ledger of promised moments for `pledge sla etas`: read from the database, as lines or as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import wall_clock
from bot.cli import setup
from bot.cli.catalog import load
from bot.cli.failure import BadValue
from bot.commands._etas import Promised
from bot.desk.book import Book
from bot.desk.eta_ledger import promised
from bot.sla.report import EtaTally, eta_tally
from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Ledger:
    since: datetime
    until: datetime
    found: tuple[Promised, ...]

    @property
    def counts(self) -> EtaTally:
        return eta_tally([each.entry for each in self.found])


def read_ledger(client: str, days: int) -> Ledger:
    """The ETAs given in the last `days`; BadValue for a client that the roster does not have."""
    settings = setup.settings()
    until = wall_clock()
    since = until - timedelta(days=days)
    book = Book(load(settings.policies))

    def read(tx: Tx) -> tuple[Promised, ...]:
        known = tx.people.client_by_key(client) if client else None
        if client and known is None:
            raise BadValue(f'no client "{client}" (use its id in the roster)')
        return promised(tx, book, since, until, until, None if known is None else known.id)

    with setup.database(settings) as store:
        return Ledger(since, until, store.read(read))


def as_data(ledger: Ledger) -> dict[str, object]:
    counts = ledger.counts
    return {
        "since": _iso(ledger.since),
        "until": _iso(ledger.until),
        "kept": counts.kept,
        "moved": counts.moved,
        "broken": counts.broken,
        "open": counts.open,
        "etas": [
            {
                "ticket": each.reference,
                "client": each.client,
                "given_at": _iso(each.entry.given_at),
                "eta_at": _iso(each.entry.eta_at),
                "outcome": each.entry.outcome.value,
                "moved_at": None if each.entry.moved_at is None else _iso(each.entry.moved_at),
                "told_before": each.entry.was_told_before if each.entry.moved_at else None,
            }
            for each in ledger.found
        ],
    }


def lines(ledger: Ledger) -> Iterator[str]:
    counts = ledger.counts
    yield f"ETAs: {counts.kept} kept, {counts.moved} moved, {counts.broken} broken, {counts.open} open"
    for each in ledger.found:
        entry = each.entry
        moved = "" if entry.moved_at is None else f", moved {entry.moved_at:%Y-%m-%d %H:%M} UTC"
        yield f"{each.reference:<8}{entry.eta_at:%Y-%m-%d %H:%M} UTC  {entry.outcome.value}{moved}  {each.client}"


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

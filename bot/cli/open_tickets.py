"""Putting open tickets under the present text of their agreement: shown, asked, done in parts."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from bot.app import wall_clock
from bot.business import business_now
from bot.cli import setup
from bot.cli.catalog import load
from bot.cli.failure import BadValue
from bot.config import Settings
from bot.desk import present_text
from bot.desk.book import Book
from bot.desk.mail import Mail
from bot.desk.present_text import Change, Moved
from bot.store.sync import SyncStore
from bot.store.tx import Tx

PART = 100
"""How many tickets are changed at a time: beside a running bot nobody waits longer than for these."""


def apply(folder: Path | None, policy: str, *, dry_run: bool, yes: bool) -> Iterator[str]:
    """Lines to print; UsageError where somebody has to be asked and nobody can be."""
    settings = setup.settings()
    catalog = load(folder or settings.policies)
    if policy not in catalog.entries:
        raise BadValue(f'no agreement "{policy}" (use {", ".join(sorted(catalog.entries))})')
    with setup.database(settings) as store:
        installation = _Installation(store, settings, Book(catalog))
        changes = list(_preview(installation, policy))
        for each in changes:
            yield from _lines(each)
        if not changes:
            yield "nothing to change"
        if not changes or dry_run:
            return
        if not yes:
            _ask(len(changes))
        count = _carry_out(installation, catalog.entries[policy].name, changes)
        yield f"{count} ticket{'' if count == 1 else 's'} changed"
    yield "New tickets get the text that the bot has read: restart it, if it runs, for the present one."


@dataclass(frozen=True, slots=True)
class _Installation:
    store: SyncStore[Tx]
    settings: Settings
    book: Book

    def now(self, tx: Tx) -> datetime:
        return business_now(tx, self.settings, wall_clock())


def _preview(at: _Installation, policy: str) -> Iterator[Change]:
    """In parts too: a read has its limit."""

    def look(tx: Tx) -> list[tuple[int, Change | None]]:
        ids, now = tx.tickets.open_under(policy, after, PART), at.now(tx)
        return [(id, present_text.would_change(tx, at.book, id, now)) for id in ids]

    after = 0
    try:
        while found := at.store.read(look):
            yield from (change for _, change in found if change is not None)
            after = found[-1][0]
    except LookupError as error:
        raise BadValue(f"{error} (an open ticket was promised that: bring it back, or close the ticket)") from error


def _carry_out(at: _Installation, name: str, changes: Sequence[Change]) -> int:
    """One unit for each part. The leads hear of all of it with the first, so that they have heard of whatever is done,
    also where this is killed on the way; saying the command again does the rest.
    """

    def carry_out(tx: Tx, part: Sequence[Change], is_first: bool) -> int:
        now = at.now(tx)
        mail = Mail(tx, now, lambda: secrets.token_urlsafe(9))
        if is_first:
            present_text.tell(mail, name, changes)
        made = [present_text.change(tx, at.book, mail, each.ticket_id, now, who="shell") for each in part]
        return sum(1 for each in made if each is not None)

    starts = range(0, len(changes), PART)
    return sum(at.store.write(partial(carry_out, part=changes[n : n + PART], is_first=n == 0)) for n in starts)


def _lines(change: Change) -> Iterator[str]:
    if not change.moved:
        yield f"{change.reference}: nothing moves"
    for each in change.moved:
        yield f"{change.reference}: {_named(each)} {_moment(each.before)} -> {_moment(each.after)}"


def _named(moved: Moved) -> str:
    return moved.metric.value.lower().replace("_", " ")


def _moment(at: datetime | None) -> str:
    return "none" if at is None else f"{at:%Y-%m-%dT%H:%MZ}"


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: say --yes to apply this, --dry-run to look only.")
    click.confirm(
        f"Put {'this ticket' if count == 1 else f'these {count} tickets'} under the present text?", abort=True
    )

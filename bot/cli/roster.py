"""`pledge roster`: check the file that says who is who, and make the database agree with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failure import BadFile

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.roster import Changes, Roster

_FILE = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group()
def roster() -> None:
    """Who is who: staff, clients, contacts and rooms."""


@roster.command()
@_FILE
def check(file: Path | None) -> None:
    """List every mistake in FILE, or in the configured roster."""
    from bot.cli import setup

    settings = setup.settings()
    path, found = setup.roster(settings, file)
    of_chats = _left_behind(settings, found)
    click.echo(f"{path}: in order: {len(found.staff)} on the staff, {len(found.clients)} clients")
    for remark in (*found.remarks, *of_chats):
        click.echo(f"{path}: remark: {remark}")


def _left_behind(settings: Settings, found: Roster) -> Sequence[str]:
    """What the database, if there is one, knows better than the file."""
    from bot.cli import setup
    from bot.roster import RosterConflict, preview_roster

    if not settings.database_path.exists():
        return ()
    with setup.database(settings) as store:
        try:
            return store.read(lambda tx: preview_roster(tx, found)).remarks
        except RosterConflict as error:
            raise BadFile(str(error)) from error


@roster.command()
@_FILE
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(file: Path | None, dry_run: bool, yes: bool) -> None:
    """Show what FILE, or the configured roster, changes, and change it.

    Works beside a running bot. Rows that were made elsewhere than in a roster file are never touched.
    """
    from bot.app import wall_clock
    from bot.cli import setup
    from bot.roster import RosterConflict, apply_roster, preview_roster

    settings = setup.settings()
    path, wanted = setup.roster(settings, file)
    with setup.database(settings) as store:
        try:
            planned = store.read(lambda tx: preview_roster(tx, wanted))
            click.echo("\n".join(_lines(planned)))
            if not planned.changes or dry_run:
                return
            if not yes:
                _ask(len(planned))
            now = wall_clock()
            done = store.write(lambda tx: apply_roster(tx, wanted, now, who=f"shell: {path.name}"))
        except RosterConflict as error:
            raise BadFile(str(error)) from error
    click.echo(f"{len(done)} changes made")


def _lines(planned: Changes) -> Iterator[str]:
    from bot.roster import described

    if not planned.changes:
        yield "nothing to change"
    yield from (described(change) for change in planned.changes)
    yield from (f"warning: {warning}" for warning in planned.warnings)
    yield from (f"remark: {remark}" for remark in planned.remarks)


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: say --yes to apply this, --dry-run to look only.")
    click.confirm(f"Make these {count} changes?", abort=True)

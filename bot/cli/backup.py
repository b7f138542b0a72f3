"""`pledge backup`: a copy of the database in one file, also while the bot runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the database to FILE, complete and compact; a file of that name is replaced once the copy is whole."""
    from bot.cli import setup

    with setup.database(setup.settings()) as store:
        store.backup_to(file)
    click.echo(f"{file}: {file.stat().st_size / 1024:.0f} KiB")

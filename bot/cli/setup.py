"""What commands that work on an installation share: its settings, its database, and errors as exit statuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failure import BadFile, Failure, NoFile

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.roster import Roster
    from bot.store.sync import SyncStore
    from bot.store.tx import Tx


class BadSettings(Failure):
    """Settings that cannot be used; every mistake is listed."""

    exit_code = 78


class NoStart(Failure):
    """Database or server cannot be used; the exit status is that of the cause."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.__dict__["exit_code"] = status  # click reads the instance; the class says 1


def settings() -> Settings:
    """The settings of this shell and folder."""
    from bot.config import SettingsError, load_settings

    try:
        return load_settings(os.environ, Path.cwd())
    except SettingsError as error:
        raise BadSettings(str(error)) from error


def roster(chosen: Settings, file: Path | None) -> tuple[Path, Roster]:
    """The roster of `file`, else the configured one, else the demo's; and where it was found."""
    from bot.cli.catalog import load
    from bot.demo import ROSTER
    from bot.i18n import load as load_words
    from bot.roster import RosterError, load_roster

    path = file or chosen.roster or (ROSTER if chosen.demo else None)
    if path is None:
        raise click.UsageError("There is no roster: name a FILE, or set PLEDGE_ROSTER.")
    try:
        return path, load_roster(path, catalog=load(chosen.policies), locales=tuple(load_words().locales))
    except FileNotFoundError as error:
        raise NoFile(str(error)) from error
    except RosterError as error:
        raise BadFile(str(error)) from error


@contextmanager
def database(chosen: Settings) -> Iterator[SyncStore[Tx]]:
    """The database, also beside a running bot; what it refuses ends the command."""
    from functools import partial

    from bot.store.base import StoreError
    from bot.store.queries import load
    from bot.store.sync import open_sync
    from bot.store.tx import make_tx

    try:
        with open_sync(chosen.database_path, partial(make_tx, load())) as store:
            yield store
    except StoreError as error:
        raise NoStart(str(error), error.exit_code) from error

"""`pledge run` and `pledge check`: start the bot, or say what would keep it from starting."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failure import Failure

if TYPE_CHECKING:
    from bot.config import Settings


class CannotStart(Failure):
    """The bot did not start; the exit status is that of the cause."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.__dict__["exit_code"] = status  # click reads the instance; the class says 1


@click.command()
def run() -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM)."""
    from bot import app, log

    settings = _settings()
    log.configure(json=settings.log.as_json(sys.stderr.isatty()), level=settings.log.level)
    with _told():
        import uvloop

        code = uvloop.run(app.run(settings))
    raise SystemExit(code)


@click.command()
def check() -> None:
    """Check settings, agreements, roster and database without starting anything."""
    from bot import app

    settings = _settings()
    with _told():
        for line in asyncio.run(app.check(settings)):
            click.echo(line)


def _settings() -> Settings:
    from bot.config import SettingsError, load_settings

    try:
        return load_settings(os.environ, Path.cwd())
    except SettingsError as error:
        raise CannotStart(str(error), 78) from error


class _told:
    """Turns the errors that name their own way out into a sentence and an exit status, never a traceback."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from bot.channels.inapp import KeyringError
        from bot.roster import RosterError
        from bot.sla.policy_file import PolicyError
        from bot.store.base import StoreError
        from bot.web.server import ServeError

        if isinstance(error, StoreError | ServeError):
            raise CannotStart(str(error), error.exit_code) from error
        if isinstance(error, PolicyError | RosterError | KeyringError):
            raise CannotStart(str(error), 65) from error
        if isinstance(error, FileNotFoundError):
            raise CannotStart(f"{error.filename}: there is no such file", 66) from error

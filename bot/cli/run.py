"""`pledge run` and `pledge check`: start the bot, or say what would keep it from starting."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.cli import setup
from bot.cli.failure import BadFile, NoFile


@click.command()
def run() -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM)."""
    from bot import app, log

    settings = setup.settings()
    log.configure(json=settings.log.as_json(sys.stderr.isatty()), level=settings.log.level)
    with _told():
        import uvloop

        code = uvloop.run(app.run(settings))
    raise SystemExit(code)


@click.command()
def check() -> None:
    """Check settings, agreements, roster and database without starting anything."""
    from bot.cli import checkup

    settings = setup.settings()
    with _told():
        asyncio.run(checkup.check(settings, click.echo))


@contextmanager
def _told() -> Iterator[None]:
    """Turns the errors that name their own way out into a sentence and an exit status, never a traceback."""
    from bot.business import BadClockFile
    from bot.channels.inapp import KeyringError, OriginError
    from bot.roster import RosterConflict, RosterError
    from bot.sla.policy_file import PolicyError
    from bot.store.base import StoreError
    from bot.web.server import ServeError

    try:
        yield
    except (StoreError, ServeError) as error:
        raise setup.NoStart(str(error), error.exit_code) from error
    except (BadClockFile, OriginError) as error:
        raise setup.NoStart(str(error), 78) from error
    except (PolicyError, RosterError, RosterConflict, KeyringError) as error:
        raise BadFile(str(error)) from error
    except FileNotFoundError as error:
        raise NoFile(str(error) if error.filename is None else f"{error.filename}: there is no such file") from error

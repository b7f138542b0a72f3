"""`pledge link`: one-time codes by which a chat becomes a client's, the team's, or a colleague's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.failure import BadValue

if TYPE_CHECKING:
    from bot.store.tx import Tx

_TEAM = "team"
_STAFF = "staff"


@click.command()
@click.option("--channel", required=True, help="The platform the chat is on, by the name of its channel.")
@click.argument("whom", metavar="CLIENT|team|staff/ID")
def link(channel: str, whom: str) -> None:
    """Print the words with a code that link a chat: say them in it, once, within ten minutes.

    Whom it is for: a client by its id; "team" for a room in which staff talk among themselves; "staff/ID" for the
    own chat of that member of staff, who is then known on that platform.
    """
    from bot.app import wall_clock
    from bot.cli import setup
    from bot.config import CHANNELS
    from bot.people import VENDOR
    from bot.roster.file import HOME
    from bot.store.access import TOKEN_LIFETIME

    if channel not in CHANNELS or channel == HOME:
        known = ", ".join(name for name in CHANNELS if name != HOME)
        raise BadValue(f'rooms on "{channel}" cannot be linked by a code (use {known})')
    now = wall_clock()

    def issue(tx: Tx) -> str:
        client_id, person_id = _meant(tx, whom)
        tx.meta.audit(client_id or VENDOR, "shell", f"link {whom} on {channel}", now)
        return tx.access.issue(
            "link",
            now=now,
            issuer="shell",
            client_id=client_id,
            person_id=person_id,
            channel=channel,
            lifetime=TOKEN_LIFETIME,
        )

    with setup.database(setup.settings()) as store:
        code = store.write(issue)
    own = whom.startswith(f"{_STAFF}/")
    click.echo(f"{_prefix(channel, own)}link {code}")
    minutes = int(TOKEN_LIFETIME.total_seconds() // 60)
    where = "the own chat with the bot" if own else "the chat"
    click.echo(f"Say this in {where}, once, within {minutes} minutes; it links the chat to {whom}.", err=True)


def _prefix(channel: str, own: bool) -> str:
    """What makes the words a command there: where a platform keeps the slash for itself, a mention, which somebody's
    own chat with the bot does without.
    """
    from bot.desk.rules import Rules
    from bot.platforms import slashless

    rules = Rules(slashless=slashless())
    return "" if own and channel in rules.slashless else rules.prefix(channel)


def _meant(tx: Tx, whom: str) -> tuple[int | None, int | None]:
    """(client id, person id) of whom the chat is to belong to."""
    from bot.people import VENDOR

    if whom == _TEAM:
        return VENDOR, None
    if whom.startswith(f"{_STAFF}/"):
        person = tx.people.person_by_key(whom.removeprefix(f"{_STAFF}/"))
        if person is None or not person.active or not person.role.is_staff:
            raise BadValue(f'nobody on the staff is called "{whom}" (`pledge staff list` shows who is)')
        return VENDOR, person.id
    client = tx.people.client_by_key(whom)
    if client is None:
        raise BadValue(f'there is no client "{whom}" (write it into the roster, or say team or staff/ID)')
    return client.id, None

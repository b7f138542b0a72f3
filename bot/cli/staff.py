"""`pledge staff`: who is on the staff, links by which they sign in to the board, addresses of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.failure import BadValue

if TYPE_CHECKING:
    from bot.people import Person
    from bot.store.tx import Tx


@click.group()
def staff() -> None:
    """The people who answer."""


@staff.command("list")
def list_() -> None:
    """List the staff with their roles, time zones and clients."""
    from bot.cli import setup

    with setup.database(setup.settings()) as store:
        people = store.read(_staff)
    for person, clients in people:
        manages = f"manages {', '.join(clients)}" if clients else ""
        click.echo(f"{person.key:<12} {person.role:<11} {person.name:<24} {person.zone:<20} {manages}".rstrip())


@staff.command()
@click.option("--url", default="", help="Where the browser finds the bot, instead of PLEDGE_HTTP__PUBLIC_URL.")
@click.argument("identity", metavar="ID")
def login(url: str, identity: str) -> None:
    """Print a link that signs ID in to the board, once, within ten minutes.

    Whoever has the link is that person: hand it over in private.
    """
    from bot.app import wall_clock
    from bot.cli import setup
    from bot.people import VENDOR
    from bot.store.access import TOKEN_LIFETIME

    settings = setup.settings()
    if not url and not settings.http.public_url and not settings.http.port:
        raise BadValue("the port is chosen at start: say where the bot is, like --url http://127.0.0.1:8080")
    now = wall_clock()

    def issue(tx: Tx) -> str:
        person = _find(tx, identity)
        tx.meta.audit(VENDOR, "shell", f"staff login {person.key}", now)
        return tx.access.issue("login", now=now, issuer="shell", person_id=person.id, lifetime=TOKEN_LIFETIME)

    with setup.database(settings) as store:
        code = store.write(issue)
    # After the #, a browser keeps the code to itself: it reaches no log of a server or a proxy.
    click.echo(f"{(url or settings.http.url).rstrip('/')}/board/login#{code}")
    minutes = int(TOKEN_LIFETIME.total_seconds() // 60)
    click.echo(f"The link signs {identity} in once, within {minutes} minutes.", err=True)


@staff.command()
@click.option("--url", default="", help="Where calendars find the bot, instead of PLEDGE_HTTP__PUBLIC_URL.")
@click.option("--renew", is_flag=True, help="Make a new address; the one before opens nothing any more.")
@click.argument("identity", metavar="ID")
def calendar(url: str, renew: bool, identity: str) -> None:
    """Print the address at which a calendar finds the calls of ID.

    Whoever has the address reads times and clients: hand it over in private.
    """
    import secrets

    from bot.app import wall_clock
    from bot.cli import setup
    from bot.desk.calls.invitations import address, feed_url
    from bot.people import VENDOR

    settings = setup.settings()
    place = (url or settings.http.public_url).rstrip("/")
    if not place:
        raise BadValue("no calendar finds the bot yet: set PLEDGE_HTTP__PUBLIC_URL, or say --url https://...")
    now = wall_clock()

    def give(tx: Tx) -> str:
        person = _find(tx, identity)
        before = tx.calendars.secret_of(person.id)
        secret = address(tx, person, secrets.token_urlsafe(20), now, renew=renew)
        if secret != before:
            tx.meta.audit(VENDOR, "shell", f"staff calendar {person.key}", now)
        return secret

    with setup.database(settings) as store:
        click.echo(feed_url(place, store.write(give)))


@staff.command()
@click.argument("identity", metavar="ID")
def nudge(identity: str) -> None:
    """Send ID a nudge of a ticket that does not exist, and say by which path it goes.

    The running bot delivers it.
    """
    import secrets

    from bot.app import wall_clock
    from bot.cli import setup
    from bot.desk.mail import Mail
    from bot.desk.staff.nudges import send_test
    from bot.people import VENDOR, Room

    now = wall_clock()

    def send(tx: Tx) -> Room | None:
        person = _find(tx, identity)
        tx.meta.audit(VENDOR, "shell", f"staff nudge {person.key}", now)
        return send_test(Mail(tx, now, lambda: secrets.token_urlsafe(9)), person, now)

    with setup.database(setup.settings()) as store:
        room = store.write(send)
    if room is None:
        raise BadValue(f'"{identity}" cannot be told by any chat (give the person an identity, or link a team room)')
    click.echo(f"A test nudge for {identity} goes by {room.channel}, {room.name}; the running bot delivers it.")


def _find(tx: Tx, key: str) -> Person:
    person = tx.people.person_by_key(key)
    if person is None or not person.role.is_staff:
        known = ", ".join(each.key for each, _ in _staff(tx))
        way_out = f"use {known}" if known else "nobody is yet: apply a roster by pledge roster apply, or start the bot"
        raise BadValue(f'nobody on the staff is called "{key}" ({way_out})')
    if not person.active:
        raise BadValue(f'"{key}" has left the staff (put the person back into the roster and apply it)')
    return person


def _staff(tx: Tx) -> list[tuple[Person, list[str]]]:
    """Active staff in the order of their roles, each with the clients they manage."""
    from bot.people import Role

    return [
        (person, tx.roster.managed_by(person.id))
        for role in Role
        if role.is_staff
        for person in tx.people.with_role(role)
    ]

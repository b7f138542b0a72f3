"""`pledge manifest`: the file from which a chat platform makes the bot's app, for the channels that have one."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pkgutil

import click

from bot.cli.failure import BadValue


@click.command()
@click.option("--url", default="", help="Where the platform reaches the bot, instead of PLEDGE_HTTP__PUBLIC_URL.")
@click.option("--socket", is_flag=True, help="Events come over a connection that the bot opens; no address is needed.")
@click.argument("channel", metavar="CHANNEL")
def manifest(url: str, socket: bool, channel: str) -> None:
    """Print the manifest of CHANNEL's app, to be pasted where the platform asks for it.

    A channel has one where its package has a module of that name, so that no platform is named here.
    """
    from bot.cli import setup

    found = _channels()
    if channel not in found:
        raise BadValue(f'channel "{channel}" has no manifest (there is one for: {", ".join(found)})')
    # The settings are asked only where they are needed: those of the channel cannot be complete yet.
    address = "" if socket else url or setup.settings().http.public_url
    if not socket and not address.startswith("https://"):
        raise BadValue("the platform needs an address: say --url https://pledge.example.com, or take --socket")
    if "?" in address or "#" in address:
        raise BadValue(f'address "{address}" has a query: paths are put behind it (say --url {address.split("?")[0]})')
    make = importlib.import_module(f"bot.channels.{channel}.manifest").manifest
    click.echo(json.dumps(make(address, socket=socket), indent=2, ensure_ascii=False))


def _channels() -> list[str]:
    import bot.channels

    names = sorted(each.name for each in pkgutil.iter_modules(bot.channels.__path__) if each.ispkg)
    return [name for name in names if importlib.util.find_spec(f"bot.channels.{name}.manifest") is not None]

"""The `pledge` command: a group that imports a command's module only when that command is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

# A new command is one line here. Its module imports click only, and the rest when it runs.
COMMANDS: Mapping[str, str] = {
    "backup": "bot.cli.backup:backup",
    "check": "bot.cli.run:check",
    "link": "bot.cli.link:link",
    "manifest": "bot.cli.manifest:manifest",
    "policy": "bot.cli.policy:policy",
    "run": "bot.cli.run:run",
    "roster": "bot.cli.roster:roster",
    "sla": "bot.cli.sla:sla",
    "staff": "bot.cli.staff:staff",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pledge", message="%(prog)s %(version)s")
def main() -> None:
    """The bot that keeps the promises of a premium-support agreement."""

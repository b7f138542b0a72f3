"""The agreements a command works with: the shipped ones and those of the operator's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.failure import BadFile, NoFile

if TYPE_CHECKING:
    from bot.sla.policy_file import Catalog

with_policies: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--policies",
    "folder",
    envvar="PLEDGE_POLICIES",
    type=click.Path(path_type=Path),
    help="Folder with your own policy files, beside the shipped ones (PLEDGE_POLICIES).",
)


def load(folder: Path | None) -> Catalog:
    """Exits with 66 where the folder is missing, with 65 and every problem where a file cannot be used."""
    from bot.sla.policy_file import PolicyError, load_folder

    try:
        return load_folder(folder)
    except FileNotFoundError as error:
        raise NoFile(str(error)) from error
    except PolicyError as error:
        raise BadFile(str(error)) from error

"""How a command ends when it cannot do what was asked: a sentence and an exit status that scripts can test.

    Failure(click.ClickException)
    ├── BadValue     64   a value on the command line or in its input
    ├── BadFile      65   a file whose contents cannot be used
    └── NoFile       66   a file that is not there

Status 2 is click's own, for options that do not exist or do not fit together.
"""

from __future__ import annotations

import click


class Failure(click.ClickException):
    """Root; the message names the thing, the value and the way out."""


class BadValue(Failure):
    exit_code = 64


class BadFile(Failure):
    exit_code = 65


class NoFile(Failure):
    exit_code = 66

"""What was written, and the one error for what cannot be read in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.when.words import Tongue, tongue

_SHOWN = 40
SEPARATORS = " \t\r\n,;:.?!-\u2013\u2014"
"""What may stand between a time and the words after it."""
SPACE = re.compile(r"[\s,]*")
"""What may stand between the parts of a time."""


class WhenError(ValueError):
    """What was written is no time, or can be more than one.

    `reason_key` is a text of the catalogue with the parameters `value` and `example`; the example works in
    the locale that was asked for.
    """

    def __init__(self, value: str, reason_key: str, example: str) -> None:
        super().__init__(f"{value!r}: {reason_key} (use {example})")
        self.value, self.reason_key, self.example = value, reason_key, example


@dataclass(frozen=True, slots=True)
class Source:
    """The text, the same in lower case letter by letter, the words of its language, and the writer's zone."""

    text: str
    low: str
    words: Tongue
    zone: ZoneInfo | None = None

    def cut(self, start: int, end: int | None = None) -> Source:
        """As if only this part had been written."""
        return replace(self, text=self.text[start:end], low=self.low[start:end])


def source_of(text: str, locale: str, zone: str = "") -> Source:
    """Lower case of the same length, so that places in both agree: "İ" would become two letters."""
    low = "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)
    return Source(text, low, tongue(locale), ZoneInfo(zone) if zone else None)


def refusal(source: Source, reason: str, end: int | None = None) -> WhenError:
    """The error for the text up to `end`; without a reason it cannot be read at all."""
    return WhenError(
        shown(source.text[:end]),
        f"errors.when.{reason}" if reason else "errors.when",
        source.words.when_example,
    )


def shown(text: str) -> str:
    """The text on one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def skip(pattern: re.Pattern[str], low: str, at: int) -> int:
    """Where what the pattern matches at this place ends; the place itself without it."""
    found = pattern.match(low, at)
    return found.end() if found else at

"""Whether words speak of a time and of nothing else, though it may be one that nobody can tell: "Monday or Tuesday"."""

from __future__ import annotations

import re
from dataclasses import fields

from bot.when.source import SEPARATORS, SPACE, Source, WhenError, skip, source_of
from bot.when.table import Table
from bot.when.zones import zone_at

_FIGURES = re.compile(r"\s*\d{1,4}(?:[:./-]\d{1,4}){0,2}(?:\s*(?:[ap]\.?m\.?|st|nd|rd|th|-?го))?(?!\w)")
_LINKS = re.compile(
    r"\s*(?:(?:not?|any|or)\s+(?:before|later|earlier|sooner)(?:\s+than)?|(?:не|или)\s+(?:раньше|позже|ранее|позднее)|"
    r"or|and|to|from|between|after|before|since|until|"
    r"any\s?time|of|the|a|next|this|your\s+time|our\s+time|beginning|start|"
    r"middle|end|early|in|on|at|by|"
    r"по\s+(?:вашему|нашему)\s+времени|или|и|с|со|до|по|от|в|во|на|к|ко|после|между|"
    r"любое\s+время|следующ\w+|эт\w+|начал\w|середин\w|кон(?:ец|це|цу))(?!\w)"
)
_GAP = re.compile(rf"[\s{re.escape(SEPARATORS)}()/]+")


def speaks_only_of_time(text: str, locale: str) -> bool:
    """Whether each word is one that people write times with, and not all of them only join what is none; "502" is,
    "502 bad gateway" is not.
    """
    source = source_of(text.strip(), locale)
    at, names = 0, False
    while at < len(source.low):
        named, joined = _named(source, at), _joined(source, at)
        if max(named, joined) == at:
            return False
        names = names or named > joined
        at = max(named, joined)
    return names


def _named(source: Source, at: int) -> int:
    """Where the longest word for a time at this place ends; the place itself where none stands there."""
    tables = (getattr(source.words, field.name) for field in fields(source.words))
    ends = [found[1] for each in tables if isinstance(each, Table) and (found := each.take(source.low, at))]
    figures = _FIGURES.match(source.low, at)
    return max([*ends, at if figures is None else figures.end()])


def _joined(source: Source, at: int) -> int:
    """Where what may stand between or behind them ends."""
    ends = [found.end() for rule in (_LINKS, _GAP) if (found := rule.match(source.low, at))]
    return max([at, _zone_end(source, at), *ends])


def _zone_end(source: Source, at: int) -> int:
    """Where a zone ends; also one that can mean several, or of which nobody knows whether it is one."""
    start = skip(SPACE, source.low, at)
    try:
        return start + zone_at(source.cut(start), 0, iso=False)[1]
    except WhenError as error:
        return start + len(error.value)

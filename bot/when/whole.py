"""Whether words speak of a time and of nothing else, though it may be one that nobody can tell: "Monday or Tuesday"."""

from __future__ import annotations

import re
from dataclasses import fields

from bot.when.source import SEPARATORS, Source, source_of
from bot.when.table import Table

_FIGURES = re.compile(r"\s*\d{1,4}(?:[:./-]\d{1,4}){0,2}(?:\s*(?:[ap]\.?m\.?|st|nd|rd|th|-?го))?(?!\w)")
_LINKS = re.compile(
    r"\s*(?:or|and|to|from|between|after|before|since|until|not|no|than|earlier|later|sooner|any\s?time|of|the|a|next|"
    r"this|your\s+time|our\s+time|my\s+time|utc|gmt|cet|cest|est|edt|pst|pdt|msk|мск|по\s+\w+\s+времени|beginning|start|middle|end|early|late|in|on|at|by|"
    r"или|и|с|со|до|по|от|в|во|на|к|ко|после|между|не|раньше|позже|любое\s+время|следующ\w+|эт\w+|начал\w|середин\w|"
    r"кон(?:ец|це|цу))(?!\w)"
)
_GAP = re.compile(rf"[\s{re.escape(SEPARATORS)}()/]+")


def speaks_only_of_time(text: str, locale: str) -> bool:
    """Whether each word is one that people write times with; "502" is, "502 bad gateway" is not."""
    source = source_of(text.strip(), locale)
    at = 0
    while at < len(source.low):
        end = _taken(source, at)
        if end == at:
            return False
        at = end
    return bool(source.low)


def _taken(source: Source, at: int) -> int:
    """Where the longest piece at this place ends; the place itself where nothing of the kind stands there."""
    tables = (getattr(source.words, field.name) for field in fields(source.words))
    ends = [found[1] for each in tables if isinstance(each, Table) and (found := each.take(source.low, at))]
    ends += [match.end() for rule in (_FIGURES, _LINKS, _GAP) if (match := rule.match(source.low, at))]
    return max(ends, default=at)

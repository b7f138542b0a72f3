"""What people wish for when they ask for a call: a moment, a stretch of time, or nothing that can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from bot.commands.base import Call, Refusal
from bot.notice import At, Day, Key, Quote, Say, Value, say
from bot.when import WhenError, Window, hints_at_time, split_when, split_window

_WORD = re.compile(r"(?<!\S)\S")
_NOT = re.compile(r"(?<!\w)(?:not|no|never|except|without|не|кроме|нельзя)(?!\w)", re.IGNORECASE)
_LOOKED_AT = 30
_FEW_WORDS = 2
_LEAD = re.compile(
    r"^(?:(?:ok|okay|yes|maybe|perhaps|better|rather|then|how about|what about|let'?s say|could we do|can we do|"
    r"да|ок|может(?: быть)?|лучше|давайте|тогда|можно|а)[\s,:]+)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:about|because|as|о|об|про|насч[её]т|потому)\b", re.IGNORECASE)
_SAYS_ABOUT = re.compile(r"^(?:about|про)\s+", re.IGNORECASE)
NO_TIME = "errors.call_time"
"""What is said to words that were to name a time and do not."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: a moment, times from one on or `within` a window, or nothing; and the words after it.

    `said`: the words of the window. `trouble`: what was written is a time, but not one that can be understood.
    """

    start: datetime | None = None
    since: datetime | None = None
    within: Window | None = None
    words: str = ""
    said: str = ""
    trouble: Say | None = None

    @property
    def is_named(self) -> bool:
        return self.start is not None or self.since is not None or self.within is not None


def wish_in(call: Call, words: str) -> Wish:
    """What `words` begin with, in the first of the asker's languages that names a time. What names none is all words;
    a time within them is where the offers begin, never what is booked: "can we talk on Tue 15:00".
    """
    if not words:
        return Wish()
    wishes = [_wish(call, words, locale) for locale in call.desk.tongues()]
    troubled = (wish for wish in wishes if wish.trouble is not None)
    return next((wish for wish in wishes if wish.is_named), None) or next(troubled, wishes[0])


def must_name(wish: Wish, words: str) -> None:
    """Refusal where the answer to "when?" names no time."""
    if wish.is_named:
        return
    raise Refusal(wish.trouble or say(NO_TIME, value=Quote(words, 40), example=Key("call.example")))


def is_answer(call: Call, words: str) -> bool:
    """Whether words in a client's room answer "when?": a time with a few words of what it is about, or a few that were
    to be one. "Monday 10:00 all postbacks broke, please look" is no wish for a call, it is a matter of its own.
    """
    wish = wish_in(call, _LEAD.sub("", words))
    about = len(wish.words.split())
    if wish.start is not None or wish.within is not None:
        return about <= _FEW_WORDS or _ABOUT.match(wish.words) is not None
    return wish.trouble is not None and about <= _FEW_WORDS


def _wish(call: Call, words: str, locale: str) -> Wish:
    now, zone = call.now, call.room.zone
    try:
        if (found := split_window(words, now, zone, locale)) is not None:
            said = words.removesuffix(found[1]).strip(" ,;:.?!")
            return Wish(within=found[0], words=_flat(found[1]), said=_flat(said))
        start, rest = split_when(words, now, zone, locale)
        return Wish(start, words=_flat(rest))
    except WhenError as error:
        if error.reason_key != "errors.when":
            return Wish(trouble=_unread(error.reason_key, error.value, error.example))
        named = _mentioned(call, words, locale)
        if named is None:
            vague = hints_at_time(words, locale)
            trouble = _unread("errors.when", words, error.example) if vague else None
            return Wish(words=_flat(words), trouble=trouble)
        return replace(named, words=_flat(words))


def _unread(key: str, words: str, example: str) -> Say:
    return say(key, value=Quote(words, 40), example=example)


def _mentioned(call: Call, words: str, locale: str) -> Wish | None:
    """The first time that stands behind other words, unless they rule it out: "not on Tuesday"; a day as a day."""
    for begin in islice(_WORD.finditer(words), 1, _LOOKED_AT):
        if _NOT.search(words, 0, begin.start()):
            return None
        rest = words[begin.start() :]
        try:
            found = split_window(rest, call.now, call.room.zone, locale)
            if found is None:
                return Wish(since=split_when(rest, call.now, call.room.zone, locale)[0])
        except WhenError:
            continue
        return Wish(within=found[0], said=_flat(rest.removesuffix(found[1]).strip(" ,;:.?!")))
    return None


def topic(words: str) -> str:
    """What a call is about, without the word that says so; other words than these would leave another case behind."""
    return _SAYS_ABOUT.sub("", words)


def _flat(words: str) -> str:
    return " ".join(words.split())


def wished(wish: Wish) -> Value:
    """What was wished for, to be named in an answer."""
    if wish.start is not None:
        return At(wish.start)
    day = None if wish.within is None else wish.within.day
    return Day(day) if day is not None else Key("call.words", {"words": Quote(wish.said, 40)})

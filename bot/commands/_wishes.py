"""What people wish for when they ask for a call: a moment, a stretch of time, or nothing that can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from bot.commands._courtesies import without_lead, without_tail
from bot.commands.base import Call, Refusal
from bot.notice import At, Day, Key, Quote, Say, Value, say
from bot.when import WhenError, Window, hints_at_time, speaks_only_of_time, split_when, split_window

_WORD = re.compile(r"(?<!\S)\S")
_NOT = re.compile(r"(?<!\w)(?:not|no|never|except|without|не|кроме|нельзя)(?!\w)", re.IGNORECASE)
_LOOKED_AT = 30
_ABOUT = re.compile(
    r"^(?:about|regarding|re|(?:to|and) (?:discuss|talk (?:about|over|through)|go (?:over|through)|review)|"
    r"обо?|про|насч[её]т|по поводу|по теме|(?:чтобы |и )?(?:обсудить|поговорить))[\s:]+(?!\d)",
    re.IGNORECASE,
)
_LONGEST_ABOUT = 6
_WHY = re.compile(r"^(?:because|потому что|так как)\s", re.IGNORECASE)
_SAYS_ABOUT = re.compile(r"^(?:about|regarding|to discuss|про|обсудить)\s+", re.IGNORECASE)
NO_TIME = "errors.call_time"
"""What is said to words that were to name a time and do not."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: a moment, times from one on or `within` a window, or nothing; and the words after it.

    `said`: the words of the window. `is_aside`: it stands within other words, and all of them are `words`.
    `trouble`: what was written is a time, but not one that can be understood.
    """

    start: datetime | None = None
    since: datetime | None = None
    within: Window | None = None
    words: str = ""
    said: str = ""
    is_aside: bool = False
    trouble: Say | None = None

    @property
    def is_named(self) -> bool:
        return self.start is not None or self.since is not None or self.within is not None


def wish_in(call: Call, words: str) -> Wish:
    """What `words` begin with, in the first of the asker's languages that names a time; "please" and "works for me"
    around it are nobody's topic. What names none is all words; a time within them is where the offers begin, never
    what is booked: "can we talk on Tue 15:00".
    """
    words = without_lead(words)
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


def is_answer(call: Call, words: str, *, is_reply: bool) -> bool:
    """Whether words in a client's room answer "when?": a time and nothing else, or with what the call is about, or why,
    behind a word that says so. "Monday 10:00 postbacks broke" is no wish for a call, it is a matter of its own; said as
    a reply to the question (`is_reply`) it is one.
    """
    wish = wish_in(call, words)
    if not wish.is_named or wish.is_aside:
        return wish.trouble is not None and _is_all_time(call, without_tail(without_lead(words)))
    is_why = wish.start is not None and _WHY.match(wish.words) is not None
    return is_reply or not wish.words or is_why or _is_about(wish.words) or _is_all_time(call, wish.words)


def _is_all_time(call: Call, words: str) -> bool:
    return any(speaks_only_of_time(words, tongue) for tongue in call.desk.tongues())


def _is_about(words: str) -> bool:
    return _ABOUT.match(words) is not None and len(words.split()) <= _LONGEST_ABOUT


def _wish(call: Call, words: str, locale: str) -> Wish:
    now, zone = call.now, call.room.zone
    try:
        if (found := split_window(words, now, zone, locale)) is not None:
            said = words.removesuffix(found[1]).strip(" ,;:.?!")
            return Wish(within=found[0], words=_rest(found[1]), said=_flat(said))
        start, rest = split_when(words, now, zone, locale)
        return Wish(start, words=_rest(rest))
    except WhenError as error:
        if error.reason_key != "errors.when":
            return Wish(trouble=_unread(error.reason_key, error.value, error.example))
        named = _mentioned(call, words, locale)
        if named is None:
            vague = hints_at_time(words, locale)
            trouble = _unread("errors.when", words, error.example) if vague else None
            return Wish(words=_flat(words), trouble=trouble)
        return replace(named, words=_flat(words), is_aside=True)


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


def _rest(words: str) -> str:
    """What stands behind a time, without what only says that it suits."""
    return _flat(without_tail(words))


def _flat(words: str) -> str:
    return " ".join(words.split())


def wished(wish: Wish) -> Value:
    """What was wished for, to be named in an answer."""
    if wish.start is not None:
        return At(wish.start)
    day = None if wish.within is None else wish.within.day
    return Day(day) if day is not None else Key("call.words", {"words": Quote(wish.said, 40)})

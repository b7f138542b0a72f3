"""What people wish for when they ask for a call: a moment, a stretch of time, or nothing that can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from bot.commands._courtesies import beginnings, says_nothing, without_courtesies, without_frame, without_thanks
from bot.commands.base import Call, Refusal
from bot.notice import At, Day, Key, Quote, Say, Value, say
from bot.when import WhenError, Window, hints_at_time, speaks_only_of_time, split_when, split_window

_WORD = re.compile(r"(?<!\S)\S")
_NOT = re.compile(r"(?<!\w)(?:not|no|never|except|without|не|кроме|нельзя)(?!\w)", re.IGNORECASE)
_LOOKED_AT = 30
_ABOUT = re.compile(
    r"(?:about(?! to )|regarding|re|(?:to|and) (?:discuss|talk (?:about|over|through)|go (?:over|through)|review)|"
    r"обо?|про|насч[её]т|по поводу|по теме|(?:чтобы |и )?(?:обсудить|поговорить))\s+"
    r"(?!\d|half|(?:a |one )?(?:third|quarter|few)|all|most|many|some|every|no|полов|треть|четверть|вс[её])[^,.;:!?]+",
    re.IGNORECASE,
)
"""What a call is about, behind a word that says so: one clause, and not "about half of ..."."""
_WHY = re.compile(r"(?:because|потому что|так как)\s+[^,.;:!?\d]+", re.IGNORECASE)
_LONGEST_TAIL = 10
_LONGEST_ANSWER = 300
"""Words and characters of what is still an answer."""
_DENIAL = (
    r"not?|never|nope|\w+n['’]t|cannot|impossible|unavailable|late|early|later|earlier|sooner|busy|a\s+holiday|"
    r"не|нет|нельзя|невозможно|неудобно|занят\w*|рано|поздно|раньше|позже|выходной|праздник"
)
_DECLINED = re.compile(
    r"\W*(?:(?:is|it|it's|that|that's|would|will|be|does|do|we|we're|i|i'm|am|are|to|for|us|me|a|bit|too|or|at|the|but|sorry|"
    r"мне|нам|мы|я|это|будет|слишком|очень|уже|или|но|извините)\W+)*"
    rf"(?:{_DENIAL}|latest|earliest)(?!\w)",
    re.IGNORECASE,
)
"""Behind a time: it is none, or but a bound."""
_DEMANDS = re.compile(r"(?<!\w)(?:do|make|have|set|get|fix|keep) it(?!\w)", re.IGNORECASE)
_TAPPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z")
"""A time as buttons say it; the words behind it were read when it was offered."""
_THEIRS = re.compile(r"\W*(?:your time|по (?:вашему|твоему) времени)(?!\w)", re.IGNORECASE)
_DENIES = re.compile(rf"(?<!\w)(?:{_DENIAL}|nothing|nobody|ничего|никто)(?!\w)", re.IGNORECASE)
_ANY = re.compile(r"(?<!\w)(?:any\s?time|any\s+day|whenever|любо[ей]|когда\s+угодно)(?!\w)", re.IGNORECASE)
_SAYS_ABOUT = re.compile(r"^(?:about|regarding|re|to discuss|про|обсудить)\s+", re.IGNORECASE)
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
    """What `words` begin with, in the first of the asker's languages that names a time; courtesies around it are
    nobody's topic: "hi Mia, can we talk on Tue 15:00?". What names none is all words; a time within other words is
    where the offers begin, never what is booked: "the launch on Tue 15:00".
    """
    words = without_frame(words)
    if not words:
        return Wish()
    wishes = [_wish(call, words, locale) for locale in call.desk.tongues()]
    troubled = (wish for wish in wishes if wish.trouble is not None)
    return next((wish for wish in wishes if wish.is_named), None) or next(troubled, wishes[0])


def must_name(wish: Wish, words: str) -> None:
    """Refusal where the answer to "when?" names no time."""
    if wish.is_named:
        return
    raise Refusal(wish.trouble or _without_time(words))


def is_answer(call: Call, words: str, *, is_reply: bool) -> bool:
    """Whether words in a client's room answer "when?": a time and nothing else, or one on a day ahead with what the
    call is about, or why, behind a word that says so. "Monday 10:00 postbacks broke" is no wish for a call, it is a
    matter of its own; said as a reply to the question (`is_reply`) it is one.
    """
    words = without_frame(words)
    if len(words) > _LONGEST_ANSWER or _DEMANDS.search(words):
        return False
    wish = wish_in(call, words)
    if not wish.is_named or wish.is_aside:
        is_any = says_nothing(words) and _ANY.search(words) is not None
        return is_any or _is_all_time(call, words)
    if is_reply or not wish.words or _is_all_time(call, wish.words):
        return True
    return _is_tail(wish.words.rstrip(".!?")) and _is_after_today(call, wish.start)


def _is_tail(words: str) -> bool:
    said = _ABOUT.fullmatch(words) or _WHY.fullmatch(words)
    return said is not None and _DENIES.search(words) is None and len(words.split()) <= _LONGEST_TAIL


def _is_all_time(call: Call, words: str) -> bool:
    """Whether they speak of nothing else, courtesies aside."""
    said = (words, without_courtesies(words))
    return any(speaks_only_of_time(each, tongue) for each in said for tongue in call.desk.tongues())


def _is_after_today(call: Call, at: datetime | None) -> bool:
    here = ZoneInfo(call.room.zone)
    return at is not None and at.astimezone(here).date() > call.now.astimezone(here).date()


def _wish(call: Call, words: str, locale: str) -> Wish:
    trouble: Say | None = None
    for begin in islice(beginnings(words), _LOOKED_AT):
        try:
            return _head(call, words[begin:], locale)
        except WhenError as error:
            if error.reason_key != "errors.when":
                return Wish(trouble=_unread(error.reason_key, error.value, error.example))
            trouble = trouble or _unread("errors.when", words, error.example)
    named = _mentioned(call, words, locale)
    if named is None:
        return Wish(words=_flat(words), trouble=trouble if hints_at_time(words, locale) else None)
    return replace(named, words=_flat(words), is_aside=True)


def _head(call: Call, words: str, locale: str) -> Wish:
    """What words begin with; WhenError where that is no time."""
    now, zone = call.now, call.room.zone
    if (found := split_window(words, now, zone, locale)) is not None:
        said = words.removesuffix(found[1]).strip(" ,;:.?!")
        wish, rest = Wish(within=found[0], said=_flat(said)), found[1]
    else:
        start, rest = split_when(words, now, zone, locale)
        wish = Wish(start)
    if _TAPPED.match(words):
        return replace(wish, words=_flat(rest))
    if _THEIRS.match(rest):
        return Wish(words=_flat(words), trouble=_unread("errors.when.place", words, Key("call.example")))
    if _DECLINED.match(rest) or (wish.start is not None and _names_another(call, rest, locale)):
        return Wish(words=_flat(words), trouble=_without_time(words))
    return replace(wish, words="" if says_nothing(rest) else _flat(without_thanks(rest)))


def _names_another(call: Call, rest: str, locale: str) -> bool:
    """Whether words behind a time name another one, "Mon 10:00 to Tue 9:30": nobody can tell which is meant."""
    if _ABOUT.match(rest) or _WHY.match(rest):
        return False
    for begin in islice(_WORD.finditer(rest), _LOOKED_AT):
        try:
            split_when(rest[begin.start() :], call.now, call.room.zone, locale)
        except WhenError:
            continue
        return True
    return False


def _without_time(words: str) -> Say:
    return say(NO_TIME, value=Quote(words, 40), example=Key("call.example"))


def _unread(key: str, words: str, example: Value) -> Say:
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

"""A promised time in free words ("ready by 16:00"), so that it can be offered for confirmation; it is never taken by
itself, so a miss costs a button and a wrong guess a glance.

What is no promise gives nothing: what was, what is asked or asked for, what is denied, what somebody is quoted with,
numbers that only look like a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.when import Close, WhenError, split_when
from bot.when.source import source_of
from bot.when.zones import zone_at

_FARTHEST = timedelta(days=31)
_LONGEST = 2000

# What others said, what machines print, addresses.
_QUOTED = re.compile(r"^\s*>.*$|[\"“„«][^\"”“»]*[\"”“»]|`[^`]*`|\bhttps?://\S+", re.MULTILINE)
_CLAUSE = re.compile(r"(?:[^.!?;\n]|\.(?!\s|$))+[.!?;]*")
_BUT = re.compile(r",?\s+(?:but|so|но|а|зато|поэтому)\s+", re.IGNORECASE)
_AT_LATEST = (
    (re.compile(r"\b(?:no|not)\s+later\s+than\b", re.IGNORECASE), "by"),
    (re.compile(r"\bне\s+поз(?:же|днее)(?:\s+чем\s+(?:в|к))?\b", re.IGNORECASE), "к"),
)
_NO_PROMISE = re.compile(
    # denied
    r"\b(?:not|cannot|never|unable|nobody|unlikely)\b|n['’]t\b|\bне\b|\bнельзя\b|\bнет\b|\bвряд\s+ли\b"
    # asked of the client, or on a condition
    r"|\b(?:please|if|unless|when\s+you|(?:could|can|will|would)\s+you|send\s+(?:me|us)|let\s+(?:me|us)\s+know)\b"
    r"|\b(?:пожалуйста|если|пришлите|отправьте|сообщите|напишите|проверьте|подтвердите|дайте|скажите)\b"
    # from when on, not by when
    r"|\bearliest\b|\bсамое\s+раннее\b"
    # a talk, not a result
    r"|\b(?:call|meeting|meet|zoom|созвон\w*|встреч\w*|звон\w*)\b",
    re.IGNORECASE,
)
_WAS = re.compile(
    r"\b(?:was|were|had|did|happened|started|stopped|failed|broke|crashed|went|yesterday|ago|since|last|noticed|saw|"
    r"received|reported|said|wrote|until\s+now)\b"
    r"|\b(?:был[аои]?|вчера|назад|упал\w*|слома\w+|произош\w+|случил\w+|начал\w*|перестал\w*|прош[её]л\w*|прошл\w+|"
    r"написал\w*|сообщил\w*|видел\w*|получил\w*|сказал\w*)\b",
    re.IGNORECASE,
)
_WILL_BE = re.compile(r"\b(?:will|shall|should)\b|['’]ll\b|\bбуд\w+", re.IGNORECASE)
_RESULT = re.compile(
    r"\b(?:will|shall|should|ready|done|fix(?:ed)?|eta|expect(?:ed)?|finish(?:ed)?|deploy(?:ed)?|resolved?|answer|update|"
    r"back|restored?|aim|plan|deliver|available|online|latest)\b|['’]ll\b"
    r"|\b(?:буд\w+|сдела\w+|готов\w*|исправ\w+|почин\w+|ответ\w+|верн\w+|ожида\w+|законч\w+|выкат\w+|пришл[её]м|пришлю|"
    r"напиш[уе]м?|сообщ(?:у|им)|успе\w+|реш(?:у|им|ится)|восстанов\w+|планиру\w+|постара\w+|да(?:м|дим)|заверш\w+|обнов\w+)\b",
    re.IGNORECASE,
)
# Behind these a time is a promise by itself; behind the weak ones only of a result, or where it stands alone.
_STRONG = r"by|before|within|in|к|ко|через|в\s+течение"
_WEAK = (
    r"at|on|till|until|в|во|до|на|около|today|tomorrow|tmrw|сегодня|завтра|послезавтра|"
    r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|end\s+of\s+(?:the\s+)?day|eod|noon"
)
# Words before a time that its grammar does not read.
_LEAD = r"(?:eta|around|about|approximately|approx\.?|примерно|ориентировочно|где-то)(?:\s*[:=]\s*|\s+)|~\s*"
_CUE = re.compile(
    rf"(?<![\w/.-])(?:(?P<strong>{_STRONG})(?=\s)|(?P<weak>{_WEAK})(?=[\s,.!;]|$)|(?P<lead>{_LEAD}))", re.IGNORECASE
)
_LEADS = re.compile(rf"\s*(?:{_LEAD})", re.IGNORECASE)
_BARE_HOUR = re.compile(r"(?<![:.\d])\d{1,2}$")
_DOTTED = re.compile(r"\d\.\d")
_ENDS = re.compile(r"\s*(?:$|[.,;:!)])")
_UNIT = re.compile(
    r"\s*(?:[%$€₽£]|(?:usd|eur|gbp|rub|dollars?|euros?|cents?|points?|per|долл\w*|евро|руб\w*|коп\w*|пункт\w*)(?!\w))",
    re.IGNORECASE,
)
# "by" behind these says how much, never when.
_CHANGED = re.compile(
    r"\b(?:up|down|dropped|drops?|reduced|reduces?|improved|improves?|increased|increases?|decreased|decreases?|"
    r"rose|fell|grew|cut|lower(?:ed)?|higher|better|worse)\s*$",
    re.IGNORECASE,
)
_DOTTED_HALF = re.compile(r"(?<=\d)(\s*[ap])\.\s?m\.(?=\s)", re.IGNORECASE)
# Behind a time: it may be meant in another zone than the writer's.
_ELSEWHERE = re.compile(
    r"[\s,(]*(?!(?:(?:in|by|at)\s+)?(?:my|our|local|this|that|same)\b|(?:on|in|next)\s+time\b)"
    r"(?:(?:[^\s,.;]+\s+){0,3}?time(?:\s?zone)?\b|(?:[^\s,.;]+\s+){0,3}?timezone\b"
    r"|(?:on|at)\s+your\s+(?:side|end)\b|at\s+yours\b)"
    r"|[\s,(]*(?!по\s+(?:моему|нашему|местному))(?:(?:[^\s,.;]+\s+){0,2}?времени\b|по[\s-](?:вашему|твоему)\b"
    r"|у\s+(?:вас|тебя|них)(?=\s*(?:[.,;)!]|$))"
    r"|в\s+(?:вашем|твоём|твоем|их|его)\s+(?:часовом\s+)?поясе\b)",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[\s,(]*")
# Behind a time: it is the first of several, or not the last.
_OR_LATER = re.compile(
    r"[\s,]*(?:(?:or|maybe|perhaps|possibly|или|либо|может(?:\s+быть)?|возможно)\b"
    r"(?!\s+(?:earlier|sooner|before|less|раньше|ранее|меньше))"
    r"|(?:to|с\s+лишним)\b"
    r"|[-–—]\s*(?:\d|two|three|два|две|три|полтора)|(?:two|three|два|три)\s+at\s+most)",
    re.IGNORECASE,
)
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)


def promised_time(text: str, now: datetime, zone: str, locale: str, close: Close = None) -> datetime | None:
    """The moment (UTC, after `now`) by which the writer, whose zone it is, seems to promise something; None where he
    does not, or it cannot be read in one way only. Of several the first, one behind a "by" before one behind an "at".
    """
    spoken = "ru" if _CYRILLIC.search(text) else locale
    likely: datetime | None = None
    for clause in _clauses(_with_zones(_QUOTED.sub(" ", text[:_LONGEST]), zone, spoken)):
        for at, is_strong in _times(clause, now, zone, spoken, close):
            if is_strong:
                return at
            likely = likely or at
    return likely


def _clauses(text: str) -> Iterator[str]:
    """The clauses that may promise something."""
    for sentence in _CLAUSE.findall(text):
        if sentence.rstrip().endswith("?"):
            continue
        for clause in _BUT.split(sentence):
            for pattern, plain in _AT_LATEST:
                clause = pattern.sub(plain, clause)
            if _NO_PROMISE.search(clause) or (_WAS.search(clause) and not _WILL_BE.search(clause)):
                continue
            yield clause.strip()


def _times(clause: str, now: datetime, zone: str, locale: str, close: Close) -> Iterator[tuple[datetime, bool]]:
    """The times that lie ahead, each with whether it is a promise by itself."""
    names_result = _RESULT.search(clause) is not None
    for cue in _CUE.finditer(clause):
        is_strong = cue["weak"] is None
        start = cue.end() if cue["lead"] else cue.start()
        words = clause[start:]
        if cue["strong"] and (lead := _LEADS.match(clause, cue.end())):
            words = f"{cue['strong']} {clause[lead.end() :]}"
        try:
            at, rest = split_when(words, now, zone, locale, close=close, roll=False)
        except WhenError:
            continue
        said = words[: len(words) - len(rest)].rstrip(" \t,;:.-–—")
        if not now < at <= now + _FARTHEST or not _is_time(said, words, is_strong):
            continue
        if _is_unclear(words[len(said) :], zone, locale):
            continue
        if _DOTTED.search(said) and _CHANGED.search(clause[: cue.start()]):
            continue
        if is_strong or names_result or not clause[: cue.start()].strip():
            yield at, is_strong


def _with_zones(text: str, zone: str, locale: str) -> str:
    """The dots of "4 p.m. New York time" end no sentence."""

    def undotted(found: re.Match[str]) -> str:
        return f"{found[1]}m" if _is_unclear(text[found.end() :], zone, locale) else found[0]

    return _DOTTED_HALF.sub(undotted, text)


def _is_unclear(after: str, zone: str, locale: str) -> bool:
    """Whether the words behind a time name a further zone that was not read with it, or a later time."""
    place = _PLACE.match(after)
    assert place is not None
    try:
        named, _ = zone_at(source_of(after, locale, zone), place.end(), iso=False)
    except WhenError:
        return True
    return named is not None or any(pattern.match(after) for pattern in (_ELSEWHERE, _OR_LATER))


def _is_time(said: str, words: str, is_strong: bool) -> bool:
    """Not "by 20 %", "by 20 clicks", "on 16.20"."""
    after = words[len(said) :]
    if _UNIT.match(after) or (_DOTTED.search(said) and not is_strong):
        return False
    return _BARE_HOUR.search(said) is None or _ENDS.match(after) is not None

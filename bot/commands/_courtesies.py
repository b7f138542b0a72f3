"""Words that people say around a time and mean nothing by: "hi Mia, could we do ..."; of both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ENGLISH = """
hi hello hey dear good thanks thank you very much a lot many ok okay yes yeah sure sorry please well then great
perfect excellent fine nice super maybe perhaps better rather best suits suit suitable convenient let's lets let
us could can may might shall should would will do does is are be it that this that's it's works work possible if
so i i'm we we're we'd i'd i'll we'll me my our your like prefer want wish take say talk speak call chat catch
up move shift postpone reschedule book go with for to on at of the available free around sounds looks too also
instead as any time anytime day sometime ideally either you're pls
"""
_RUSSIAN = """
добрый доброе доброй день утро вечер ночи здравствуйте привет приветствую спасибо большое огромное пожалуйста да
ок окей отлично супер прекрасно договорились извините простите может быть лучше всего давайте давай тогда можно
ли если то а и мне нам вам я мы вы вас нас удобно удобнее удобен удобное подойдёт подойдет подходит подходящее
устроит устраивает годится хочу хотим хотелось хотел хотела хотели бы готов готова готовы могу можем сможем
смогу свободен свободна свободны будет возможно получится предлагаю предлагаем созвонимся созвониться созвон
звонок позвоните поговорим перенесём перенесем перенести переносим сдвинем встретимся ещё еще тоже идеально
любое любой время на в во по норм нормально уважением с
"""
# None of these denies anything: "nothing works" is a matter of its own.
_WORDS = frozenset(f"{_ENGLISH} {_RUSSIAN}".split())
_THANKS = r"(?:please|thanks|thank you|пожалуйста|спасибо|if possible|если можно|если возможно)"
_FIRST, _LAST = (
    re.compile(rule, re.IGNORECASE) for rule in (rf"^{_THANKS}\b[\s,]+", rf"(?<![\s,.])[\s,.]+{_THANKS}\b[\s.!]*$")
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NEXT = re.compile(rf"\W*({_WORD.pattern})\W*")
_HOW_ABOUT = re.compile(r"\W*(?:how|what)\s+about\s+|\W*(?:как|что)\s+насч[её]т\s+", re.IGNORECASE)
_GREETED = re.compile(
    r"\W*(?:[A-ZА-ЯЁ][a-zа-яё]+\s*,\s*){0,2}"
    r"(?i:(?:hi|hello|hey|dear|sure|ok|good\s+(?:morning|afternoon|evening)|thanks|thank\s+you|no|nope|"
    r"добр(?:ый|ое|ой)\s+(?:день|утро|вечер)|здравствуйте|привет|спасибо|нет)(?:\s*,?\s+@?[^\W\d_]+)?\s*[,!.]\s*)?"
)
"""Whom it is said to, a greeting, and "no, rather ..."; with a name."""
_SIGNED = re.compile(
    r"\n[^\S\n]*(?:(?:best|kind|warm)\s+)?"
    r"(?:regards|wishes|cheers|thanks|thank you|best|sincerely|с уважением|спасибо)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_ASIDE = re.compile(
    r"(?<!\W)\W*(?:если\s+(?:\w+\s+)?не\s?сложно|if\s+you\s+(?:don['’]t|do\s+not)\s+mind)", re.IGNORECASE
)


def without_frame(words: str) -> str:
    """The words without the signature below them, and without what only sounds like a denial."""
    return _ASIDE.sub("", _SIGNED.sub("", words))


def says_nothing(words: str) -> bool:
    """Whether there is nothing but courtesies in it; so in no words at all."""
    return all(_plain(found[0]) in _WORDS for found in _WORD.finditer(words))


def beginnings(words: str) -> Iterator[int]:
    """The places at which a time may stand with nothing but courtesies before it, the first of all first."""
    yield 0
    greeted = _GREETED.match(words)
    at = greeted.end() if greeted else 0
    if at:
        yield at
    while (found := _HOW_ABOUT.match(words, at) or _NEXT.match(words, at)) is not None:
        if found.re is _NEXT and _plain(found[1]) not in _WORDS:
            return
        at = found.end()
        yield at


def without_courtesies(words: str) -> str:
    """The words that are none, in their order."""
    return _WORD.sub(lambda found: "" if _plain(found[0]) in _WORDS else found[0], words)


def without_thanks(words: str) -> str:
    """The words without the "please" that begins or ends them."""
    return _LAST.sub("", _FIRST.sub("", words))


def _plain(word: str) -> str:
    return word.lower().replace("’", "'")

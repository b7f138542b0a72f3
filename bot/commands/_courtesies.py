"""What people say around a time and mean nothing by: "hi, could we do", "works for me"; of both languages."""

from __future__ import annotations

import re

_BEFORE = (
    *(
        "hi",
        "hello",
        "hey",
        "thanks",
        "thank you",
        "ok",
        "okay",
        "yes",
        "yeah",
        "sure",
        "sorry",
        "please",
        "well",
        "then",
    ),
    *(
        "maybe",
        "perhaps",
        "better",
        "rather",
        "any time",
        "anytime",
        "how about",
        "what about",
        "let's do",
        "let's say",
    ),
    *("let's take", "lets do", "could we do", "can we do", "shall we do", "i can do", "i could do", "we can do"),
    *("we could do", "i'd like", "i'd prefer", "we'd like", "we'd prefer", "i would like", "i prefer", "we prefer"),
    *("добрый день", "доброе утро", "добрый вечер", "доброй ночи", "здравствуйте", "привет", "спасибо", "да", "ок"),
    *("хорошо", "пожалуйста", "извините", "может", "может быть", "лучше", "лучше всего", "давайте", "тогда", "можно"),
    *("нельзя ли", "а", "если", "а если", "мне удобно", "нам удобно", "мне было бы удобно", "нам было бы удобно"),
    *("мне подходит", "нам подходит", "удобно", "хочу", "хотим", "хотелось бы", "хотел бы", "хотела бы", "хотели бы"),
    *("могу", "можем", "любое время", "в любое время"),
)
_AFTER = (
    *(
        "please",
        "thanks",
        "thank you",
        "then",
        "instead",
        "too",
        "maybe",
        "ok",
        "okay",
        "works",
        "works best",
        "works well",
    ),
    *(
        "works for me",
        "works for us",
        "would work",
        "will do",
        "would suit",
        "suits me",
        "suits us",
        "for me",
        "for us",
    ),
    *(
        "is ok",
        "is fine",
        "is good",
        "is great",
        "is best",
        "is better",
        "would be fine",
        "would be good",
        "would be great",
    ),
    *("would be perfect", "would be better", "would be best", "is possible", "if possible", "if it is possible"),
    *(
        "if it's possible",
        "if you can",
        "if that is fine",
        "if that's fine",
        "if that's ok",
        "if that works",
        "fine",
        "good",
    ),
    *("пожалуйста", "спасибо", "тогда", "лучше", "можно", "годится", "ок", "мне", "нам", "вам", "удобно", "мне удобно"),
    *("нам удобно", "будет удобно", "было бы удобно", "подойдёт", "подойдет", "подходит", "устроит", "устраивает"),
    *("если можно", "если возможно", "если удобно", "если вам удобно", "если получится"),
)
_LAST_OF_ALL = (
    *("please", "thanks", "thank you", "if possible", "if you can", "if that works", "if that's ok", "if that is fine"),
    *("пожалуйста", "спасибо", "если можно", "если возможно", "если удобно", "если вам удобно", "если получится"),
)
"""What ends other words too, and means nothing there either."""


def _any_of(phrases: tuple[str, ...]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(each).replace(r"\ ", r"\s+").replace("'", "['’]?") for each in longest_first)


_LEAD = re.compile(rf"(?:(?:{_any_of(_BEFORE)})(?!\w)[\s,.!:;\u2013\u2014-]*)+", re.IGNORECASE)
_NEXT = re.compile(rf"(?:(?:{_any_of(_AFTER)})(?!\w)[\s,.!?]*)+", re.IGNORECASE)
_LAST = re.compile(rf"(?:[\s,.]+(?:{_any_of(_LAST_OF_ALL)}))+[\s.!?]*$", re.IGNORECASE)


def without_lead(words: str) -> str:
    """The words from where they begin to say something."""
    found = _LEAD.match(words)
    return words if found is None else words[found.end() :]


def without_tail(words: str) -> str:
    """What stands behind a time, without what only says that it suits."""
    found = _NEXT.match(words)
    return _LAST.sub("", words if found is None else words[found.end() :])

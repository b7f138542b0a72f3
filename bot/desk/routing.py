"""Which words of a client open nothing at all. Pure."""

from __future__ import annotations

import re
import unicodedata

_SAYS_IT = """
thanks thank thx ty cheers ok okay great perfect noted super cool nice awesome sure fine yes yep understood wonderful
excellent appreciated got works solved
спасибо благодарю пасиб спс ок окей хорошо отлично понял поняла понятно супер ясно принято класс да ага работает
заработало
"""
_GOES_WITH_IT = """
you very so much a lot many all good it now for your the help everyone guys again that
большое огромное вам тебе за помощь всё все теперь очень всем снова
"""
_ENOUGH = frozenset(_SAYS_IT.split())
_ALLOWED = _ENOUGH | frozenset(_GOES_WITH_IT.split())
_MOST_WORDS = 7


def is_courtesy(text: str) -> bool:
    """Thanks, an OK, emoji or punctuation alone: words that open nothing, reopen nothing and restart no clock.

    Short messages of courtesy words only; one word of substance makes it a message like any other, so that "thanks,
    but it still fails" is never swallowed. A question mark is always substance.
    """
    if "?" in text:
        return False
    words = re.findall(r"\w+", text.casefold().replace("'", "").replace("’", ""))
    if not words:
        return not any(unicodedata.category(char).startswith(("L", "N")) for char in text)
    return len(words) <= _MOST_WORDS and _ALLOWED.issuperset(words) and not _ENOUGH.isdisjoint(words)

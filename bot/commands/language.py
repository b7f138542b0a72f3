"""`/language [name]`: the language of this room, by its code or its name in any of the languages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.base import CLIENT_ROOM, EVERYBODY, Call, Command, Refusal, Reply, answer
from bot.notice import Quote, say
from bot.people import RoomKind

# The first name is the language's own, shown in every language alike: who looks for his own reads that one.
_NAMES: dict[str, tuple[str, ...]] = {
    "en": ("English", "английский", "англ", "по-английски"),
    "ru": ("Русский", "russian", "rus", "рус", "по-русски"),
}


def run(call: Call) -> Reply:
    known = call.desk.locales()
    if not call.rest:
        return _offer(call, known)
    locale = _meant(call.rest, known)
    if locale is None:
        names = ", ".join(own_name(each) for each in known)
        raise Refusal(say("errors.language", value=Quote(call.rest, 40), names=names))
    call.desk.set_language(locale)
    return answer(say("language.set", name=own_name(locale)))


def own_name(locale: str) -> str:
    """What a language calls itself; a locale that is not listed goes by its code."""
    return _NAMES.get(_code(locale), (locale,))[0]


def _meant(words: str, known: Sequence[str]) -> str | None:
    """`ru`, `ru-RU`, `russian` and `русский` are the same."""
    low = words.strip(" .").casefold()
    for locale in known:
        if low in (name.casefold() for name in _NAMES.get(_code(locale), ())):
            return locale
    return next((locale for locale in known if locale.casefold() in (low, _code(low))), None)


def _code(locale: str) -> str:
    return locale.casefold().replace("_", "-").split("-")[0]


def _offer(call: Call, known: Sequence[str]) -> Reply:
    others = [locale for locale in known if locale != call.room.locale]
    line = say(
        "language.current",
        name=own_name(call.room.locale),
        names=", ".join(own_name(locale) for locale in others),
    )
    buttons = [call.desk.button("button.level", f"/language {each}", name=own_name(each)) for each in others]
    return answer(line, buttons=buttons)


COMMAND = Command("language", EVERYBODY, CLIENT_ROOM | {RoomKind.DIRECT}, run, aliases=("lang",))

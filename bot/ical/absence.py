"""Which entries of a calendar mean that its owner is not at work at all, rather than at work and busy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

_HALF_A_DAY = timedelta(hours=4)
_WORDS = re.compile(r"[^\W_]+")
_SAID_OUT_OF_OFFICE = {
    "X-MICROSOFT-CDO-BUSYSTATUS": "OOF",  # Exchange and Outlook
    # Google leaves its `eventType` out of its own files; who copies its calendars writes it by one of these names.
    "X-GOOGLE-EVENT-TYPE": "OUTOFOFFICE",
    "X-GOOGLE-EVENTTYPE": "OUTOFOFFICE",
}
_PHRASES = frozenset(
    phrase
    for phrases in (
        "away, absent, absence, off, day off, days off, time off, off work, not working, pto, ooo, oof, out of office, "
        "out of the office, holiday, holidays, on holiday, public holiday, bank holiday, vacation, on vacation, leave, "
        "on leave, annual leave, parental leave, maternity leave, paternity leave, sick, off sick, sick day, "
        "sick leave",
        "отпуск, в отпуске, больничный, на больничном, болею, выходной, отгул, отсутствую, отсутствие, декрет, "
        "не работаю",
        "urlaub, im urlaub, feiertag, krank, krankgeschrieben, abwesend, abwesenheit, elternzeit, nicht im büro",
        "congé, congés, vacances, vacaciones, ferie, urlop",
    )
    for phrase in phrases.split(", ")
)


def said_so(properties: Mapping[str, object]) -> bool:
    """Whether the owner's calendar program has marked the entry as out of office, whatever its title says."""
    return any(str(properties.get(name, "")).upper() == value for name, value in _SAID_OUT_OF_OFFICE.items())


def titled_so(title: str, owner: str, lasts: timedelta) -> bool:
    """Whether an entry of half a day or more is an absence by its title: all of it, but for the owner's own name.

    "OOO - Anna" is one in the calendar of Anna Petrova, "Plan the holiday campaign" and "OOO - Ben" are none.
    """
    own = frozenset(_WORDS.findall(owner.casefold()))
    words = [word for word in _WORDS.findall(title.casefold()) if word not in own]
    return lasts >= _HALF_A_DAY and " ".join(words) in _PHRASES

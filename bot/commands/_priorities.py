"""Priorities as people write them: the agreement's own words, or the ranks in English and Russian."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.commands._arguments import SEPARATORS
from bot.commands.base import Call, Refusal, Reply, Ticketed, answer
from bot.notice import Key, Quote, say
from bot.sla.policy import Level, Policy, Priority

_RANKS: dict[Priority, tuple[str, ...]] = {
    Priority.CRITICAL: ("critical", "критический", "критичный", "критично", "критическая"),
    Priority.HIGH: ("high", "высокий", "высокая", "высоко"),
    Priority.MEDIUM: ("medium", "normal", "средний", "средняя", "обычный"),
    Priority.LOW: ("low", "низкий", "низкая", "низко"),
    Priority.INFORMATIONAL: ("informational", "info", "информационный"),
    Priority.FEATURE: ("feature request", "feature", "пожелание"),
}


_BRACKETED = re.compile(r"(?P<before>[^()]+)\((?P<inside>[^()]+)\)\s*")


def leading_priority(text: str, policy: Policy) -> tuple[Priority, str]:
    """The priority that `text` begins with, and the words after it; the longest name wins, case and hyphens aside.

    1. A full name of the agreement is that level, whatever else the word might mean.
    2. Else the ranks and the short names ("Critical (S1)": "Critical", "S1"); a rank that the agreement lacks
       gives way to its own short name.

    Refusal errors.priority lists what the agreement has, errors.priority_ambiguous the levels a word may mean.
    """
    words = " ".join(text.split())
    low = _plain(words)
    names = _meanings(policy)
    fitting = [name for name in names if low.startswith(name) and not low[len(name) : len(name) + 1].isalnum()]
    if not fitting:
        raise Refusal(say("errors.priority", value=Quote(text, 40), names=_names(policy, policy.levels)))
    name = max(fitting, key=len)
    found = names[name]
    if len(found) > 1:
        raise Refusal(say("errors.priority_ambiguous", value=Quote(name, 40), names=_names(policy, found)))
    return next(iter(found)), words[len(name) :].lstrip(SEPARATORS)


def _meanings(policy: Policy) -> dict[str, set[Priority]]:
    """Every name that may be written, with all it may mean."""
    short: dict[str, set[Priority]] = {}
    for priority, level in policy.levels.items():
        for name in _short_names(level):
            short.setdefault(name, set()).add(priority)
    for priority, ranks in _RANKS.items():
        for word in ranks:
            if priority in policy.levels or word not in short:
                short.setdefault(word, set()).add(priority)
    return short | {_plain(level.name): {priority} for priority, level in policy.levels.items()}


def _short_names(level: Level) -> list[str]:
    """What stands before the bracket of a name, and what stands in it."""
    found = _BRACKETED.fullmatch(level.name)
    return [] if found is None else [_plain(part) for part in found.groups()]


def _plain(name: str) -> str:
    return " ".join(name.split()).replace("-", " ").casefold()


def change_priority(call: Call, each: Ticketed, priority: Priority, reason: str) -> Reply:
    """Set it; the asker hears where the agreement lacks this priority and the next graver one was taken."""
    taken = call.desk.set_priority(each, priority, reason)
    if taken is priority:
        return None
    return answer(
        say(
            "priority_substituted",
            asked=Key(f"priority.{priority.value}"),
            ref=each.ticket.reference,
            priority=each.policy.level(taken).name,
        )
    )


def _names(policy: Policy, priorities: Iterable[Priority]) -> str:
    """`critical (Service down), medium`: what to write, and the agreement's own word where it is another."""
    return ", ".join(
        priority.value.lower()
        if policy.levels[priority].name.casefold() == priority.value.casefold()
        else f"{priority.value.lower()} ({policy.levels[priority].name})"
        for priority in sorted(priorities, key=lambda each: each.rank)
    )

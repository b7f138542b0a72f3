"""Priorities as people write them: the agreement's own words, or the ranks in English and Russian."""

from __future__ import annotations

from bot.commands._arguments import SEPARATORS
from bot.commands.base import Call, Refusal, Reply, Ticketed, answer
from bot.notice import Key, Quote, say
from bot.sla.policy import Policy, Priority

_RANKS: dict[Priority, tuple[str, ...]] = {
    Priority.CRITICAL: ("critical", "критический", "критичный", "критично", "критическая"),
    Priority.HIGH: ("high", "высокий", "высокая", "высоко"),
    Priority.MEDIUM: ("medium", "normal", "средний", "средняя", "обычный"),
    Priority.LOW: ("low", "низкий", "низкая", "низко"),
    Priority.INFORMATIONAL: ("informational", "info", "информационный"),
    Priority.FEATURE: ("feature request", "feature", "пожелание"),
}


def leading_priority(text: str, policy: Policy) -> tuple[Priority, str]:
    """The priority that `text` begins with, and the words after it; the longest name wins.

    Refusal errors.priority lists what the agreement has.
    """
    low = " ".join(text.split()).casefold()
    own = [(level.name.casefold(), priority) for priority, level in policy.levels.items()]
    ranks = [(word, priority) for priority, words in _RANKS.items() for word in words]
    for name, priority in sorted((*own, *ranks), key=lambda each: len(each[0]), reverse=True):
        if low.startswith(name) and not low[len(name) : len(name) + 1].isalnum():
            return priority, " ".join(text.split())[len(name) :].lstrip(SEPARATORS)
    raise Refusal(say("errors.priority", value=Quote(text, 40), names=_names(policy)))


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


def _names(policy: Policy) -> str:
    """`critical (Service down), medium`: what to write, and the agreement's own word where it is another."""
    return ", ".join(
        priority.value.lower()
        if level.name.casefold() == priority.value.casefold()
        else f"{priority.value.lower()} ({level.name})"
        for priority, level in sorted(policy.levels.items(), key=lambda each: each[0].rank)
    )

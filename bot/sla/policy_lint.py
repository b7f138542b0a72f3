"""Remarks on a valid policy: what is allowed, and yet will surprise somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from bot.sla.policy import Policy, Target


@dataclass(frozen=True, slots=True)
class Remark:
    """One surprise: the key it is about, and a sentence with the way out."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


def lint(policy: Policy, today: date, *, anyone_on_call: bool = False) -> list[Remark]:
    """Everything worth a look, in a fixed order; nothing here is an error.

    `anyone_on_call`: somebody is on call outside the calendar's hours, as the roster says.
    """
    return [
        *_about_reviews(policy, today),
        *_about_holidays(policy, today),
        *_about_nights(policy, anyone_on_call),
        *_about_order(policy),
        *(Remark("doubts", doubt) for doubt in policy.doubts),
    ]


def _about_reviews(policy: Policy, today: date) -> Iterator[Remark]:
    if policy.next_review and policy.next_review < today:
        yield Remark("next_review", f"{policy.next_review} is past (review the terms, set the next date)")


def _about_holidays(policy: Policy, today: date) -> Iterator[Remark]:
    year = today.year + 1
    listed = any(holiday.first.year <= year <= holiday.last.year for holiday in policy.calendar.holidays)
    if not policy.calendar.is_always_open and not listed:
        yield Remark("holidays", f"none for {year} (list them, or every day of its week is a working day)")


def _about_nights(policy: Policy, anyone_on_call: bool) -> Iterator[Remark]:
    if policy.calendar.is_always_open and not anyone_on_call:
        yield Remark("calendar", "is open round the clock, and nobody is on call at night (name somebody)")
    capped = [level.name for level in policy.levels.values() if any(target.cap for target in level.targets)]
    if capped and not anyone_on_call and not policy.calendar.is_always_open:
        names = ", ".join(f'"{name}"' for name in capped)
        yield Remark("cap", f"{names} can be due outside hours, and nobody is on call then (name somebody)")


def _about_order(policy: Policy) -> Iterator[Remark]:
    """003, "Priority Levels and Response Times": level 3 is resolved within 12 h, level 1 within 24 h."""
    ordered = sorted(policy.levels.values(), key=lambda level: level.priority.rank)
    for graver, lesser in combinations(ordered, 2):
        for target in graver.targets:
            other = lesser.target(target.metric)
            if other and _is_faster(other, target):
                yield Remark(
                    f"{target.metric.lower()}.within",
                    f'"{lesser.name}" is promised in {other.written}, sooner than the graver '
                    f'"{graver.name}" in {target.written} (as written; tell the client why)',
                )


def _is_faster(one: Target, other: Target) -> bool:
    if one.within is None or other.within is None or one.basis is not other.basis:
        return False
    return one.within < other.within

"""What a roster cannot be used for.

RosterError          the file holds mistakes; `.problems` has all of them, not the first
└── RosterConflict   the file is in order, but rows that others made stand in its way
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.sla.policy_table import Problem


class RosterError(ValueError):
    """Root; each problem names the thing, the value and the way out."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class RosterConflict(RosterError):
    """Nothing was changed."""

"""What commands see of taking something back: the desk's verb, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back: a command, its ticket ("" for an absence), and whether its client had been told of it."""

    command: str
    reference: str
    client_name: str
    was_told: bool


class UndoDesk(Protocol):
    """Taking back on behalf of one actor."""

    def undo(self, act: int | None) -> Undone:
        """Take back this act of the actor's, by default his last. Refusal: errors.nothing_to_undo, errors.undo_foreign,
        errors.undo_late, errors.undo_overtaken.
        """
        ...

"""What commands see of the levels of escalation, and how their record is worded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.notice import At, Key, Quote, Say, say
from bot.sla.log import EventKind

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


@dataclass(frozen=True, slots=True)
class Rise:
    """One line of the record: a level called in, passed on, acknowledged or given back."""

    kind: EventKind
    level: int
    at: datetime
    who: str
    by: str  # timer, client, staff, unanswered; "" where nobody was called
    words: str  # the reason given, or ""


class LadderDesk(Protocol):
    """The ladder on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def escalate(self, each: Ticketed, reason: str, since: int | None = None) -> int:
        """The level now reached; idempotent per level, for a client not at once again.

        `since` is the level that was reached when the asker was offered it: where it has changed, nothing happens.
        """
        ...

    def acknowledge(self, each: Ticketed) -> None: ...

    def give_back(self, each: Ticketed, reason: str) -> str:
        """From whatever level is reached back to whoever answers for the ticket, whose name it gives. Refusal without
        a reason, and where no level is reached.
        """
        ...

    def history(self, each: Ticketed) -> Sequence[Rise]:
        """Every level called, passed on, acknowledged and given back, in order."""
        ...


def climbed(record: Iterable[Rise]) -> Iterator[Say]:
    """The record of the ladder as lines of `/sla why`."""
    for rise in record:
        match rise.kind:
            case EventKind.ESCALATED:
                yield say(
                    "sla.why_level", level=rise.level, at=At(rise.at), who=rise.who, reason=Key(f"reason.{rise.by}")
                )
            case EventKind.PASSED_ON:
                yield say(
                    "sla.why_level", level=rise.level, at=At(rise.at), who=rise.who, reason=Key("reason.unanswered")
                )
            case EventKind.DEESCALATED:
                yield say(
                    "sla.why_given_back", level=rise.level, at=At(rise.at), who=rise.who, reason=Quote(rise.words)
                )
            case _:
                yield say("sla.why_acknowledged", level=rise.level, at=At(rise.at), who=rise.who)

"""Which buttons of a message still mean something: after a press the others are taken off it, on whatever channel can.

A button is a command; what is dead here is refused at a press all the same. Nothing here decides who may press it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.commands.base import Actor
from bot.desk.book import Book, Page
from bot.desk.eta_ledger import is_accepted
from bot.desk.mail import COURTESY, Mail
from bot.desk.parting import command_followed, ticket_followed
from bot.notice import Act, Notice, loads
from bot.people import Room
from bot.sla.log import EventKind
from bot.sla.policy import HoldReason, Metric, Priority
from bot.store.outbox_row import KEYBOARD
from bot.store.tickets import Action
from bot.store.tx import Tx
from bot.tickets import Status

_AFTER_ALL = frozenset({"undo", "status", "sla", "note"})
"""What can be said of a closed ticket too, besides what only a closed one takes."""
_ENDS_ALL = frozenset({"meant", "relink", "book-call", "book-call-with", "book-call-anyway", "send", "discard"})
"""What is chosen once among the buttons of a message; asking for more first is no choice yet."""
_ENDS_ITS_CALL = frozenset({"call-move", "call-cancel", "call-hand"})
"""What is chosen once among those about one call: below a list stand those of others too."""
_ENDS_ITSELF = frozenset({"separate", "call-confirm", "call-held", "call-missed", "undo"})
"""What is chosen while another choice stays, as that which puts it right."""
_LATE = frozenset({"errors.already_done", "errors.stale_button", "errors.closed", "errors.cancelled"})
_CHANGED = ("errors.call_changed", "errors.call_over.")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press: its action, the platform's id of the message it was on, and what its presser was told."""

    action: str
    known: Action | None
    message: str | None
    reply: Notice | None


def refresh(
    tx: Tx, book: Book, mail: Mail, room: Room, actor: Actor, pressed: Pressed, key: str, now: datetime
) -> None:
    """Take off the message what a press has ended, there or before; said once for each set of buttons left.

    `key` names the press: on a message that still showed what was taken off, it is taken off again.
    """
    shown = None if pressed.message is None else tx.outbox.shown(room.id, pressed.message)
    if shown is None:
        return
    ours = [act for act in loads(shown.notice).buttons if act.action in shown.buttons]
    was_there = any(act.action == pressed.action for act in ours)
    left = _left(tx, book, actor, ours, pressed, now) if was_there else ours
    if len(left) == len(ours) and was_there:
        return
    again = "" if was_there else f":{key}"
    mail.put(
        room,
        f"{KEYBOARD}:{shown.message_id}:{'+'.join(act.action for act in left)}{again}",
        Notice((), tuple(left)),
        None if shown.ticket_id is None else tx.tickets.get(shown.ticket_id),
        rank=COURTESY,
        must_say=False,
        reply_to=pressed.message,
    )


def _left(tx: Tx, book: Book, actor: Actor, ours: list[Act], pressed: Pressed, now: datetime) -> list[Act]:
    if pressed.known is None:
        return []
    verb = _verb(pressed.known.command)
    if verb.startswith("call-") and _has_changed(pressed.reply):
        return _of_others(tx, ours, pressed.known.command)
    if _ended(pressed.reply):
        if verb in _ENDS_ALL:
            return []
        if verb in _ENDS_ITS_CALL:
            return _of_others(tx, ours, pressed.known.command)
        if verb in _ENDS_ITSELF:
            ours = [act for act in ours if act.action != pressed.action]
    if pressed.known.ticket_id is None:
        return ours
    page = book.read(tx, ticket_followed(tx, tx.tickets.get(pressed.known.ticket_id)), now)
    commands = {act.action: command_followed(tx, tx.tickets.command_of(act.action)) for act in ours}
    return [act for act in ours if means_something(commands[act.action], page, actor, now)]


def is_over(reply: Notice | None) -> bool:
    """Whether it was refused for good: said once more it is refused again."""
    return _has_changed(reply) or (reply is not None and any(line.key in _LATE for line in reply.lines))


def _has_changed(reply: Notice | None) -> bool:
    """Whether it was said to a call that is another now, or none any more."""
    return reply is not None and any(line.key.startswith(_CHANGED) for line in reply.lines)


def _of_others(tx: Tx, ours: list[Act], command: str) -> list[Act]:
    """The buttons about other calls than this command's."""
    about = command.split()[1:2]
    return [act for act in ours if tx.tickets.command_of(act.action).split()[1:2] != about]


def _ended(reply: Notice | None) -> bool:
    """Whether nothing is left to choose: it was done, now or before."""
    if reply is None:
        return True
    refused = [line.key for line in reply.lines if line.key.startswith("errors.")]
    choices = [act for act in reply.buttons if act.label != "button.undo"]
    return not choices and all(key in _LATE for key in refused)


def means_something(command: str, page: Page, actor: Actor, now: datetime) -> bool:
    """Pure: whether a button that says this command about this ticket could still do anything for its reader; yes of a
    command about something else, and of one that is not known here while the ticket is open.
    """
    verb, words = _verb(command), command.split()
    ticket, standing = page.ticket, page.standing
    is_open = ticket.status is Status.OPEN
    if words[1:2] != [ticket.reference]:
        return True
    match verb:
        case "take":
            return is_open and (actor.person is None or standing.owner != actor.person.id)
        case "escalate" | "escalate-from":
            highest = max((rung.level for rung in page.policy.ladder), default=1)
            waits = standing.escalation > standing.escalation_acknowledged
            is_past = verb == "escalate-from" and words[2:3] != [str(standing.escalation)]
            return is_open and not waits and not is_past and standing.escalation < highest
        case "acknowledge":
            return is_open and standing.escalation > standing.escalation_acknowledged
        case "answered":
            return is_open and page.live(Metric.RESPONSE) is not None
        case "hold":
            asked = any(hold.reason is HoldReason.CLIENT for hold in standing.holds)
            return is_open and not (asked and words[2:] == [HoldReason.CLIENT.value])
        case "urgency":
            level = page.policy.level(Priority(words[2].upper())) if len(words) > 2 else None
            return is_open and (level is None or level.priority.rank < standing.priority.rank)
        case "accept-eta":
            return is_open and standing.eta_at is not None and standing.eta_at > now and not is_accepted(page.log)
        case "rate":
            return not is_open and all(event.kind is not EventKind.RATED for event in page.log)
        case "confirm":
            return not is_open and standing.confirmed_at is None and not standing.is_cancelled
        case "reopen":
            return not is_open and not standing.is_cancelled
    return is_open or verb in _AFTER_ALL


def _verb(command: str) -> str:
    return command.removeprefix("/").partition(" ")[0]

"""What a refused command is answered with: the reason, and where several tickets could be meant a button for each.

A button goes on with the message the command was said in, so that a reason or a note still points to its words.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.commands._which import Which
from bot.commands.base import Actor, Refusal
from bot.commands.registry import Parsed
from bot.desk import denials
from bot.desk.mail import Choice, Mail
from bot.desk.parting import command_followed, ticket_followed
from bot.desk.rules import Context
from bot.notice import Notice
from bot.people import Room
from bot.store.tx import Tx
from bot.tickets import Ticket

_ABOUT = re.compile(r"about:(\d+) (.*)", re.DOTALL)
_SHOWN = 30


def refused(
    tx: Tx, mail: Mail, actor: Actor, room: Room, parsed: Parsed, refusal: Refusal, context: Context, now: datetime
) -> Notice:
    """Written down where it was a denial, and put into words."""
    denials.write_down(tx, actor, room, parsed.name or "", refusal.say, now)
    if not isinstance(refusal, Which):
        return Notice((refusal.say,))
    about = "" if context.message_id is None else f"about:{context.message_id} "
    choices = [
        Choice(
            "button.ticket_words",
            f"{about}/{parsed.name} {each.ticket.reference} {parsed.rest}".rstrip(),
            {"ref": each.ticket.reference, "words": each.quote(_SHOWN)},
        )
        for each in refusal.tickets
    ]
    return Notice((refusal.say,), mail.buttons(mail.answers_in(room, actor), choices, None))


def pressed(tx: Tx, command: str, ticket: Ticket | None) -> tuple[str, Context]:
    """The command a button says, and what its words hang on."""
    ticket = None if ticket is None else ticket_followed(tx, ticket)
    match = _ABOUT.fullmatch(command)
    if match is None:
        return command_followed(tx, command), Context(ticket=ticket)
    context = Context(ticket=ticket, message_id=int(match[1]), words=tx.messages.text(int(match[1])))
    return command_followed(tx, match[2]), context

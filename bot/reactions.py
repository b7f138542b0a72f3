"""What follows when something does not get through: the next path; a lost file, a stopped channel are told of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.channels.base import Problem
from bot.delivery import Failed, Failure
from bot.desk.desk import Desk
from bot.desk.mail import BREACH, NUDGE, Mail
from bot.desk.staff.cover import answers_call, who_answers
from bot.notice import Quote, say
from bot.now import Times
from bot.people import RoomKind
from bot.store.outbox_row import FILE, KEYBOARD, OutboxRow, call_filed
from bot.store.tx import Tx
from bot.turns.paths import take_next_path


def on_failed(desk: Desk, times: Times) -> Callable[[Tx, Failure], None]:
    """What happens in the transaction that records a delivery's failure: the next path, exactly once."""

    def react(tx: Tx, failure: Failure) -> None:
        row = failure.row
        if row.kind == KEYBOARD:
            return  # what it belongs to is a delivery of its own
        now = times.business()
        mail = desk.mail(tx, now)
        if row.kind == FILE:
            if failure.how is Failed.DEAD:
                _tell_file_lost(tx, mail, row, now)
            return
        room = tx.rooms.get(row.room_id)
        ticket = None if row.ticket_id is None else tx.tickets.get(row.ticket_id)
        if room.kind.is_internal:
            # A hiccup is tried again by itself; what is urgent and still does not get through, the watch passes on.
            if failure.how is not Failed.ATTEMPT or row.rank > NUDGE:
                take_next_path(tx, mail, row, now)
            return
        if room.kind is RoomKind.UNLINKED:
            return  # a stranger's: nobody here waits for it, and strangers must not keep anybody busy
        owner = None if ticket is None else who_answers(tx, ticket, now)
        line = say("delivery.failed", room=room.name, ref="" if ticket is None else ticket.reference)
        mail.to_person_or_leads(owner, f"undelivered:{row.id}", line, ticket=ticket, rank=BREACH)

    return react


def _tell_file_lost(tx: Tx, mail: Mail, row: OutboxRow, now: datetime) -> None:
    """To who is asked about the call: its file may not have come, the call is in `/calls` all the same."""
    call = tx.calls.get(call_filed(row.dedupe_key))
    assert call is not None, f"no call of {row.dedupe_key}"
    covered = answers_call(tx, call, now)
    line = say("call.file_lost", call=call.reference, room=tx.rooms.get(row.room_id).name)
    mail.to_person_or_leads(None if covered is None else covered.person, f"undelivered:{row.id}", line, rank=NUDGE)


def tell_broken(desk: Desk, times: Times) -> Callable[[Tx, Problem], None]:
    """A channel has stopped: the leads are told where they can be reached, once for each time it is found so."""

    def tell(tx: Tx, problem: Problem) -> None:
        line = say("channel.broken", channel=desk.rules.title(problem.channel), reason=Quote(problem.text, 300))
        key = f"channel.broken:{problem.channel}:{times.machine():%Y%m%dT%H%M%S}"
        desk.mail(tx, times.business()).to_leads(key, line, rank=BREACH)

    return tell

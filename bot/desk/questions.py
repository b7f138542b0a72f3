"""Questions that the bot has asked somebody: what his next words say, and when a question is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.channels.base import Inbound
from bot.commands._wishes import NO_TIME
from bot.commands._wishes import is_answer as names_time
from bot.commands.base import Actor, Call
from bot.desk.keyboards import is_over
from bot.desk.session import Session
from bot.notice import Notice
from bot.people import Room, RoomKind
from bot.sla.log import Party
from bot.store.prompts import Prompt
from bot.store.tx import Tx

_WHEN = ("call_time", "call_wish")
_DAY = timedelta(days=1)
_SETTLED_BY = {
    "call_time": ("call-move", "call-cancel", "call-confirm"),
    "call_wish": ("book-call", "book-call-with", "book-call-anyway"),
}
"""What else than its own command answers a question, or makes it needless."""


def answered_by(
    tx: Tx, room: Room, actor: Actor, inbound: Inbound, session: Callable[[], Session], now: datetime
) -> tuple[Prompt, str, bool] | None:
    """The question that plain words answer, the command they mean, and whether they are its answer only as a reply to
    it; None where they are said to none.

    A reply to an earlier question leaves none open that asks for the same.
    """
    asked, is_reply = _asked(tx, room, actor, inbound, now)
    if asked is None:
        return None
    is_sure = _is_answer(asked, inbound, session, room, is_reply=False)
    if not is_sure and not (is_reply and _is_answer(asked, inbound, session, room, is_reply=True)):
        return None
    last = tx.prompts.open(room.id, actor.ext_id, now)
    if last is not None and last.id != asked.id and (last.kind, _about(last)) == (asked.kind, _about(asked)):
        tx.prompts.answered(last.id, now)
    return asked, prompt_command(asked, inbound.text), not is_sure


def _asked(tx: Tx, room: Room, actor: Actor, inbound: Inbound, now: datetime) -> tuple[Prompt | None, bool]:
    """What words may be the answer to, and whether they reply to the very question.

    1. Words that reply to a message answer what was asked in it, and nothing else: its writer's question while it is
       open, or where a time was asked for at any later time, by any of the client's people. They reply to the very
       question until it is answered, for a day.
    2. Other words answer what their writer was asked last, within half an hour, in its thread or outside of threads;
       in a thread also what somebody else was asked there.
    """
    if inbound.reply_to is not None and inbound.reply_to != inbound.thread:
        asked = tx.prompts.standing_in(room.id, inbound.reply_to)
        if asked is None:
            return None, False
        is_own = asked.person_ext == actor.ext_id
        is_open = is_own and not asked.is_answered and now < asked.expires_at
        is_of_side = asked.kind in _WHEN and (is_own or actor.party is Party.CLIENT)
        is_fresh = not asked.is_answered and now < asked.expires_at + _DAY
        return asked if is_open or is_of_side else None, is_fresh
    asked = tx.prompts.open(room.id, actor.ext_id, now)
    if asked is None and inbound.thread is not None and actor.party is Party.CLIENT:
        asked = tx.prompts.in_thread(room.id, inbound.thread, _WHEN)
    is_elsewhere = asked is not None and asked.is_posted and inbound.thread not in (None, asked.thread)
    return None if is_elsewhere else asked, False


def _is_answer(asked: Prompt, inbound: Inbound, session: Callable[[], Session], room: Room, *, is_reply: bool) -> bool:
    """Whether words are said to this question. In a client's room those are not that name no time where one was asked
    for, nor those that say more than that: they may be a matter that cannot wait.
    """
    if asked.kind not in _WHEN or room.kind is not RoomKind.CLIENT:
        return True
    return names_time(Call(session(), inbound.text, asked.kind), inbound.text, is_reply=is_reply)


def _about(asked: Prompt) -> str:
    return asked.data["ref"].partition("@")[0]


def takes(tx: Tx, asked: Prompt, reply: Notice | None, now: datetime, *, is_doubtful: bool) -> bool:
    """Whether words that were answered with `reply` answer this question, or are asked about once more; the question
    is over or stands accordingly. False: they are talk like any other, as is what answers only as a reply (is
    `is_doubtful`) once the call is over.
    """
    if not is_refusal(reply) or is_over(reply):
        tx.prompts.answered(asked.id, now)
        return not (is_doubtful and is_over(reply))
    assert reply is not None
    if all(line.key != NO_TIME for line in reply.lines) or tx.prompts.ask_again(asked):
        return True
    tx.prompts.answered(asked.id, now)
    return False


def is_settled(asked: Prompt, command: str) -> bool:
    """Whether a button that says this settles what was asked, so that the next words are no answer to it."""
    verb, *words = command.removeprefix("/").split()
    own = prompt_command(asked, "").removeprefix("/").split()[0]
    return verb in (own, *_SETTLED_BY.get(asked.kind, ())) and (not asked.data["ref"] or asked.data["ref"] in words)


def prompt_command(asked: Prompt, words: str) -> str:
    """The command that plain words mean as the answer to a question the bot asked."""
    ref = asked.data["ref"]
    return {
        "assign": f"/assign {ref} {words}",
        "call_cancel": f"/call-cancel {ref} {words}",
        "call_note": f"/call-held {ref} {words}",
        "call_time": f"/call-time {ref} {words}",
        "call_wish": f"/call-wish {ref} {words}",
        "eta": f"/eta {ref} {words}",
        "escalate": f"/escalate {ref} {words}",
        "details": f"/hold {ref} client {words}",
        "progress": f"/progress {ref} {words}",
        "third_party": f"/hold {ref} third party {words}",
    }[asked.kind]


def is_refusal(reply: Notice | None) -> bool:
    """Whether a command's answer says that nothing was done."""
    return reply is not None and any(line.key.startswith("errors.") for line in reply.lines)

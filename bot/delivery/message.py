"""What a delivery is to its channel: a post, a change of our last word in the room, or other buttons at a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.channels.base import CanUpload, Channel, Outbound
from bot.delivery.books import Tx
from bot.delivery.calls import worded
from bot.delivery.verdicts import Later, LeaveOut, Refused
from bot.i18n import Catalogue
from bot.now import Times
from bot.store.base import Store, StoreError
from bot.store.outbox_row import KEYBOARD, OutboxRow, aspect_of, taken_back
from bot.text import Rich

_FRESH = timedelta(minutes=1)
_GIVEN_BACK = timedelta(seconds=1)


async def message_of(
    row: OutboxRow, channel: Channel, store: Store[Tx], catalogue: Catalogue, times: Times
) -> Outbound | Refused | LeaveOut | Later:
    """The message to send now, or why there is none."""
    edit_of = await _replaced(row, channel, store, times)
    riders = await riders_of(row, store)
    if riders is None:
        return Later(times.machine() + _GIVEN_BACK, "given back", counts=False)
    message = worded(row, catalogue, times.business(), edit_of, riders)
    if message is None:
        return Refused("it cannot be worded")
    if row.kind != KEYBOARD and not message.body.blocks:
        return LeaveOut("its time is over, and there is nothing else in it")
    if message.file is not None and not isinstance(channel, CanUpload):
        return LeaveOut("its rooms take no files")
    if row.kind == KEYBOARD:
        return await _restated(row, channel, store, message) or LeaveOut("the message cannot be changed there")
    return message


async def riders_of(row: OutboxRow, store: Store[Tx]) -> Sequence[OutboxRow] | None:
    """What goes out in the same message and was not answered meanwhile; None where the store does not answer."""
    if not row.riders:
        return ()
    try:
        return await store.read(lambda tx: tx.outbox.riders(row.id))
    except StoreError:
        return None


async def _replaced(row: OutboxRow, channel: Channel, store: Store[Tx], times: Times) -> str | None:
    """Our last post of the room, where this one only says how the same thing stands now: changed in place, a minute of
    back and forth is one message. It is noted before the platform is called: a change whose answer was lost is made
    again, whatever was said in the room since then.
    """
    restates = aspect_of(row.dedupe_key) is not None or taken_back(row.dedupe_key) is not None
    if not channel.limits.edit or not restates:
        return None
    if row.edit_of is not None:
        return row.edit_of or None
    since = times.machine() - _FRESH
    try:
        found = await store.read(lambda tx: tx.outbox.to_edit(row, since))
        if found is not None:
            await store.write(lambda tx: tx.outbox.note_edit(row.id, row.token, found))
    except StoreError:
        return None
    return found


async def _restated(row: OutboxRow, channel: Channel, store: Store[Tx], message: Outbound) -> Outbound | None:
    """Our message as it stands, with the buttons that are left."""
    if not channel.limits.edit or row.reply_to is None:
        return None
    about = row.reply_to
    try:
        shown = await store.read(lambda tx: tx.outbox.shown(row.room_id, about))
    except StoreError:
        return None
    if shown is None:
        return None
    body = Rich(shown.body.blocks, message.body.buttons)
    return replace(message, body=body, edit_of=about, reply_to=None, buttons_only=True)

"""The calls to a channel: each once, within a limit of time, whatever it raises turned into an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.channels.base import CanProbe, CanReadBack, CanUpload, Channel, Outbound, Outcome, Sent, Unknown
from bot.delivery.verdicts import Finding
from bot.i18n import Catalogue
from bot.notice import loads, render
from bot.store.grouping import together
from bot.store.outbox_row import OutboxRow

log = logging.getLogger(__name__)

_FOR_ALL = ("breach.client", "shortfall.client", "escalated.client", "eta.moved", "eta.passed")
"""What a client's whole room must see, whoever follows the thread: that it is late, who is called in, a time that
does not hold. By the beginnings of the notices' keys.
"""

_CLOCK_SKEW = timedelta(seconds=5)


def worded(
    row: OutboxRow,
    catalogue: Catalogue,
    now: datetime,
    edit_of: str | None = None,
    riders: Sequence[OutboxRow] = (),
) -> Outbound | None:
    """The delivery in its room's language and zone as of `now` (business time); None: it cannot be.

    `edit_of` is an earlier post of ours that it replaces, `riders` are said in the same message.
    """
    try:
        notice = together([row, *riders]) if riders else loads(row.notice)
        body = render(notice, catalogue.words(row.locale), row.zone, now)
    except Exception:
        log.exception("delivery %s cannot be worded", row.oid, extra={"action": "delivery.unworded"})
        return None
    return Outbound(
        oid=row.oid,
        account=row.account,
        room=row.room_ext,
        body=body,
        thread=row.thread,
        reply_to=row.reply_to,
        edit_of=edit_of,
        file=notice.file,
        broadcast=any(line.key.startswith(_FOR_ALL) for line in notice.lines),
    )


async def send_once(channel: Channel, message: Outbound, limit: timedelta) -> Outcome:
    """The channel's answer; Unknown where there was none. Cancelling leaves open whether it was posted."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            if message.file is not None and isinstance(channel, CanUpload):
                return await channel.upload(message)
            return await channel.send(message)
    except TimeoutError:
        return Unknown(f"no answer within {limit.total_seconds():g} s")
    except Exception as error:
        # An adapter must not raise; one that does leaves open what it did before.
        log.exception("channel %s raised", channel.name, extra={"action": "delivery.channel_raised"})
        return Unknown(f"the channel raised {type(error).__name__}")


async def find_once(channel: CanReadBack, message: Outbound, claimed_at: datetime, limit: timedelta) -> Finding | Sent:
    """Whether the message is there, posted since it was claimed; the platform's clock may differ a little."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await channel.find(message, claimed_at - _CLOCK_SKEW) or Finding.ABSENT
    except Exception:
        log.warning("no reading back of %s", message.oid, exc_info=True, extra={"action": "delivery.find"})
        return Finding.FAILED


async def works(channel: CanProbe, account: str, limit: timedelta) -> bool:
    """Whether the account answers well to a harmless call."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            trouble = await channel.probe(account)
    except Exception:
        log.warning("no probing of account %s", account, exc_info=True, extra={"action": "delivery.probe"})
        return False
    return trouble is None

"""Polling: our own loop of getUpdates, in which an update is committed before the platform may forget it.

The library's own loop confirms updates before anything has handled them. Here the offset, which confirms all below it,
moves past an update only when the core has returned from it.
"""

from __future__ import annotations

import json
import logging

from bot.channels.telegram.api import Api, CallFailed, Fault
from bot.channels.telegram.read import UPDATES
from bot.channels.telegram.standing import Blocked, Halted, Standing
from bot.channels.telegram.take import Taker

_log = logging.getLogger(__name__)

POLL_S = 50
"""How long the platform holds a request open while there is nothing to tell."""

_BATCH = 100
_PATIENCE = 3
SECOND_POLLER = (
    "another process takes this bot's updates, so this one has stopped: find and end the other (a second Pledge, a "
    "developer's machine, another tool with the same token; /revoke at @BotFather shuts out all of them), then start "
    "again"
)
FOREIGN_WEBHOOK = (
    "PLEDGE_TELEGRAM__MODE is polling, but another server gets this bot's updates by a webhook: end that one and "
    "remove its webhook (https://core.telegram.org/bots/api#deletewebhook), or set PLEDGE_TELEGRAM__MODE=webhook; "
    "polling begins by itself as soon as the webhook is gone"
)


class Polling:
    """The state of the loop: how far updates are confirmed. `own_webhook`: the address of ours, "" for none."""

    def __init__(self, api: Api, taker: Taker, standing: Standing, own_webhook: str) -> None:
        self._api = api
        self._taker = taker
        self._standing = standing
        self._own_webhook = own_webhook
        self._is_ready = False
        self._has_polled = False
        self._conflicts = 0
        self._offset: int | None = None

    async def turn(self) -> float:
        """Take in what there is, or wait for it; getting ready first. The next turn may follow at once."""
        if not self._is_ready:
            await self._standing.unless_ended(self._get_ready())
            self._is_ready = True
        # After trouble the first answer is to come at once, to show that it is over.
        hold_s = 0 if self._standing.trouble or not self._has_polled else POLL_S
        try:
            updates = await self._standing.unless_ended(
                self._api.call(
                    "getUpdates",
                    wait_s=hold_s,
                    offset=self._offset,
                    timeout=hold_s,
                    limit=_BATCH,
                    allowed_updates=list(UPDATES),
                )
            )
        except CallFailed as failed:
            if failed.fault is Fault.CONFLICT:
                self._conflict(failed)
            raise
        if not isinstance(updates, list):
            raise CallFailed(Fault.UNCLEAR, "getUpdates answered with something that is no list")
        self._has_polled, self._conflicts = True, 0
        await self._taker.look_back_after_silence()
        for update in updates:
            await self._taker.take(update, json.dumps(update, separators=(",", ":")).encode())
            number = update.get("update_id") if isinstance(update, dict) else None
            if isinstance(number, int):
                self._offset = number + 1
        await self._taker.beat()
        return 0.0

    async def _get_ready(self) -> None:
        """1. Who are we? 2. No webhook may be set; one of our own, from before, is taken down, keeping what waits.
        3. Were we away for too long?
        """
        await self._taker.introduce()
        url = str((await self._api.call("getWebhookInfo")).get("url") or "")
        if url and url != self._own_webhook:
            raise Blocked(FOREIGN_WEBHOOK)
        if url:
            await self._api.call("deleteWebhook", drop_pending_updates=False)
            _log.info("telegram.webhook_removed: our own webhook is taken down, updates are polled from now on")
        await self._taker.look_back()

    def _conflict(self, failed: CallFailed) -> None:
        """Of two pollers the platform shuts out the one that was there before: it must give up, or both would go on
        taking turns for ever. At our own start the process before us may still be hanging up.
        """
        if "webhook" in failed.reason.casefold():
            self._is_ready = False
            raise Blocked(FOREIGN_WEBHOOK) from None
        self._conflicts += 1
        if self._has_polled or self._conflicts >= _PATIENCE:
            raise Halted(SECOND_POLLER) from None

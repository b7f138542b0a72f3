"""How the intake stands: what is wrong with it now, whether it has given up, and the loop that keeps it going."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.channels.base import Unavailable
from bot.channels.telegram.api import CallFailed, Fault

log = logging.getLogger(__name__)
_T = TypeVar("_T")

LONGEST_WAIT_S = 60.0
_JITTER = 0.2


class Stopped(Exception):
    """The channel is being closed."""


class Halted(Exception):
    """Nothing can be taken in until a human has acted; the text says what to do."""


class Blocked(Exception):
    """Nothing can be taken in for now; the text says what to do. Looked at again every minute."""


class Standing:
    """What the self-check says of the intake; `rest` waits so many seconds, `jitter` gives 0..1."""

    def __init__(
        self,
        rest: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.trouble: str | None = None
        self.is_fatal = False
        self._rest = rest
        self._jitter = jitter
        self._end = asyncio.Event()

    def begin(self) -> None:
        self._end = asyncio.Event()
        self.clear()

    def end(self) -> None:
        self._end.set()

    def clear(self) -> None:
        self.trouble, self.is_fatal = None, False

    async def unless_ended(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Its result; Stopped where the end comes first, the work is then cancelled."""
        doing, ending = asyncio.ensure_future(work), asyncio.ensure_future(self._end.wait())
        try:
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise Stopped
            return doing.result()
        finally:
            for task in (doing, ending):
                task.cancel()
            await asyncio.gather(doing, ending, return_exceptions=True)

    async def keep_on(self, turn: Callable[[], Awaitable[float]]) -> None:
        """Do turn after turn until the end, resting in between as long as the turn says; after failures longer and
        longer, up to a minute.
        """
        failures = 0
        while not self._end.is_set():
            try:
                wait = await turn()
                if self.trouble is not None:
                    log.info("telegram.recovered: updates are taken in again")
                self.clear()
                failures = -1
            except Stopped:
                return
            except Halted as halted:
                self.trouble, self.is_fatal = str(halted), True
                log.error("telegram.halted: %s", halted)
                return
            except Blocked as blocked:
                self._note(str(blocked), fatal=True)
                wait = LONGEST_WAIT_S
            except CallFailed as failed:
                is_token = failed.fault is Fault.TOKEN
                self._note(DISOWNED if is_token else f"no updates: {failed.reason}", fatal=is_token)
                wait = LONGEST_WAIT_S if is_token else max(failed.seconds, wait_after(failures, self._jitter()))
            except Unavailable as error:
                self._note(f"nothing can be stored: {error}", fatal=False)
                wait = wait_after(failures, self._jitter())
            except Exception as error:
                log.exception("telegram.intake_raised: the intake goes on")
                self._note(f"no updates are taken in: {type(error).__name__}, see the log", fatal=True)
                wait = wait_after(failures, self._jitter())
            failures += 1
            try:
                if wait:
                    await self.unless_ended(self._rest(wait))
            except Stopped:
                return

    def _note(self, trouble: str, *, fatal: bool) -> None:
        if trouble != self.trouble:
            log.warning("telegram.trouble: %s", trouble)
        self.trouble, self.is_fatal = trouble, fatal


DISOWNED = (
    "the platform refuses the token: take the current one from @BotFather (/mybots, API Token), put it into "
    "PLEDGE_TELEGRAM__TOKEN and start again"
)


def wait_after(failures: int, jitter: float) -> float:
    """Seconds to rest after so many failures in a row: 1 s doubled up to a minute, up to a fifth longer."""
    return float(min(2.0 ** min(failures, 10), LONGEST_WAIT_S) * (1 + _JITTER * jitter))

"""The sender's books: outcomes into the outbox, the desk's reaction in the same transaction, then alarms."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from bot.delivery.settle import Alarm, Failure, Report, Settlement, settle
from bot.delivery.verdicts import Verdict
from bot.now import Times
from bot.store.base import Store, StoreError
from bot.store.outbox import Outbox
from bot.store.outbox_row import OutboxRow
from bot.text import Rich

log = logging.getLogger(__name__)


class HasOutbox(Protocol):
    """What a unit of work must offer here."""

    @property
    def outbox(self) -> Outbox: ...


Tx = TypeVar("Tx", bound=HasOutbox)
T = TypeVar("T")
OnFailed = Callable[[Tx, Failure], None]


def log_alarm(alarm: Alarm) -> None:
    """The alarm of those who have no other: the log."""
    log.error(alarm.text, extra={"action": alarm.action, "outbox_id": alarm.row.id})


class Books(Generic[Tx]):
    """`unsettled` are outcomes that the store could not take yet; their rows must be left alone meanwhile."""

    def __init__(
        self,
        store: Store[Tx],
        times: Times,
        on_failed: OnFailed[Tx] | None,
        alarm: Callable[[Alarm], None],
    ) -> None:
        self.unsettled: list[Settlement] = []
        self._store = store
        self._times = times
        self._on_failed = on_failed
        self._alarm = alarm

    async def settle(self, row: OutboxRow, verdict: Verdict, rendered: Rich | None) -> None:
        """Write the verdict down, now or, where the store cannot take it, at the next `flush`."""
        settlement = Settlement(row, verdict, rendered, self._times.business(), self._times.machine())
        try:
            await self._write_settlement(settlement)
        except StoreError as error:
            self.unsettled.append(settlement)
            log.warning("outcome of %s kept for later: %s", row.oid, error, extra={"action": "delivery.store"})

    async def flush(self) -> None:
        """Write the outcomes that are still waiting; raises StoreError where that is not possible yet."""
        while self.unsettled:
            await self._write_settlement(self.unsettled[0])
            del self.unsettled[0]

    async def write(self, unit: Callable[[Tx, Report], T]) -> T:
        """Run a unit and the desk's reaction to its failures in one transaction, then raise the alarms.

        What happened happened: if the reaction raises, the unit is written without it.
        """
        try:
            result, report = await self._store.write(lambda tx: self._told(tx, unit))
        except StoreError:
            raise
        except Exception:
            if self._on_failed is None:
                raise
            log.exception("the reaction to a failed delivery raised", extra={"action": "delivery.on_failed"})
            result, report = await self._store.write(lambda tx: _untold(tx, unit))
        for alarm in report.alarms:
            self._alarm(alarm)
        return result

    async def _write_settlement(self, settlement: Settlement) -> None:
        await self.write(lambda tx, report: settle(tx.outbox, settlement, report))

    def _told(self, tx: Tx, unit: Callable[[Tx, Report], T]) -> tuple[T, Report]:
        result, report = _untold(tx, unit)
        if self._on_failed is not None:
            for failure in report.failures:
                self._on_failed(tx, failure)
        return result, report


def _untold(tx: Tx, unit: Callable[[Tx, Report], T]) -> tuple[T, Report]:
    report = Report()
    return unit(tx, report), report

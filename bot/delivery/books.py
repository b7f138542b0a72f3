"""The sender's books: outcomes into the outbox, the desk's reaction in the same transaction, then alarms."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
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
    """`unsettled` are outcomes not written down yet; their rows must be left alone meanwhile."""

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

    def note(self, row: OutboxRow, verdict: Verdict, rendered: Rich | None) -> None:
        """Keep the verdict; it is written down with the next unit, which follows at once."""
        self.unsettled.append(Settlement(row, verdict, rendered, self._times.business(), self._times.machine()))

    async def flush(self) -> None:
        """Write down what is noted; raises StoreError where that is not possible yet."""
        await self.write_down(lambda tx, report: None)

    async def write_down(self, unit: Callable[[Tx, Report], T]) -> T:
        """What is noted, then `unit`, in one transaction. StoreError: nothing of it, and it stays noted.

        A verdict that cannot be written although the store is well must not hold up the others: then each is written
        alone, and such a one is left out; its row keeps its lease, and is looked after when that ends.
        """
        noted = list(self.unsettled)

        def together(tx: Tx, report: Report) -> T:
            for settlement in noted:
                settle(tx.outbox, settlement, report)
            return unit(tx, report)

        try:
            result = await self.write(together)
        except StoreError:
            raise
        except Exception:
            if not noted:
                raise
            log.exception("outcomes could not be written together", extra={"action": "delivery.settle"})
            await self._one_by_one(noted)
            result = await self.write(unit)
        del self.unsettled[: len(noted)]
        return result

    async def _one_by_one(self, noted: Sequence[Settlement]) -> None:
        for settlement in noted:
            try:
                await self.write(partial(_settle_one, settlement))
            except StoreError:
                raise
            except Exception:
                log.exception("outcome of %s is lost", settlement.row.oid, extra={"action": "delivery.settle"})

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

    def _told(self, tx: Tx, unit: Callable[[Tx, Report], T]) -> tuple[T, Report]:
        result, report = _untold(tx, unit)
        if self._on_failed is not None:
            for failure in report.failures:
                self._on_failed(tx, failure)
        return result, report


def _settle_one(settlement: Settlement, tx: HasOutbox, report: Report) -> None:
    settle(tx.outbox, settlement, report)


def _untold(tx: Tx, unit: Callable[[Tx, Report], T]) -> tuple[T, Report]:
    report = Report()
    return unit(tx, report), report

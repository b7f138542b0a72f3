"""What every channel must make of the same story: acts as data, the driver a channel needs, the ledger to compare.

A new channel adds a driver to tests/channels/drivers.py and nothing here: all of them end in one ledger
(contract_ledger.json, contract_calls.json). After an intended change of behaviour `PLEDGE_TEST_LEDGER=1` writes these
files anew; read the difference before committing them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot import watch
from bot.desk.desk import Desk
from bot.store.sqlite import SqliteStore
from bot.store.tx import Tx

LEDGERS = Path(__file__).parent
OFFICE = ZoneInfo("Etc/GMT-3")
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Noon in the office, a Tuesday."""

FIRST_REF = 100
CLIENT_NAME = "acme"


@dataclass(frozen=True, slots=True)
class Says:
    """A contact writes in the client's room; `times` is how often the platform brings the same event."""

    text: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Answers:
    """A member of staff answers in the client's room, to the words that opened the ticket."""

    who: str
    ref: str
    text: str


@dataclass(frozen=True, slots=True)
class Orders:
    """A member of staff writes to the bot in the own direct chat."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Presses:
    """Somebody presses the newest button of this label in the own room ("ann": the client's)."""

    who: str
    label: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Business time passes, every planned step acted on at its moment."""

    minutes: int


Act = Says | Answers | Orders | Presses | Waits

STORY: Sequence[Act] = (
    # A promise, kept by an ETA: 001 counts only a resolution or an ETA.
    Says("postbacks stopped arriving since 9am", times=3),
    Waits(2),
    Says("all campaigns, all countries"),
    Says("thanks"),
    Presses("ann", "Service down"),
    Waits(6),
    Answers("mia", "T-100", "looking into it"),
    Presses("mia", "ETA in 1 h"),
    Waits(40),
    Orders("mia", "/eta T-100 15:00 the vendor of the network is slow"),
    # A second matter, held while the client looks for details.
    Says("/new click prices of campaign 17 look wrong"),
    Waits(10),
    Orders("mia", "/hold T-101 client"),
    Waits(60),
    Says("/status"),
    Says("only since yesterday", times=2),
    Says("/escalate T-101 the campaign ends tonight"),
    Orders("mia", "/eta T-101 nonsense"),
    # Resolved, rated, opened again, left alone until it is late.
    Orders("mia", "/resolve T-100"),
    Presses("ann", "4"),
    Says("thanks!"),
    Presses("ann", "Reopen"),
    Waits(75),
    Orders("mia", "/note T-100 the second certificate was forgotten"),
    Answers("mia", "T-100", "the second certificate is renewed as well"),
    Orders("mia", "/answered T-100"),
    Orders("mia", "/resolve T-100"),
    Presses("ann", "Confirm"),
)


CALLS: Sequence[Act] = (
    # From the wish to the note: the earliest time there is, moved by the client, agreed, told to both before it begins.
    Says("/book-call", times=2),
    Presses("ann", "Wed 12:00 GMT+3"),
    Presses("mia", "Confirm"),
    Says("/call-move C-1 Wed 14:00 our developer joins", times=2),
    Presses("mia", "Confirm"),
    Says("/calls"),
    # A second one: named by the manager instead, cancelled by the client, who says why.
    Says("/book-call Thu 10:00 the new funnels"),
    Orders("mia", "/call-move C-2 Thu 11:30 a review until then"),
    Presses("ann", "Confirm"),
    Says("/call-cancel C-2 answered by mail"),
    # A third that nobody confirms.
    Says("/book-call Wed 15:00"),
    Waits(14 * 60),
    Says("/calls"),
    Waits(13 * 60),
    Presses("mia", "It took place"),
    Orders("mia", "/call-held C-1 the developer sends the sources"),
    Waits(60),
)


class Driver(Protocol):
    """A channel under a real core, driven the way its platform drives it. Every act is delivered before it returns.

    Rooms are named by their reader: "ann" is the client's, "mia", "tom" ... the direct chats.
    """

    store: SqliteStore[Tx]
    desk: Desk

    async def client_says(self, text: str, times: int) -> None: ...

    async def staff_answers(self, who: str, ref: str, text: str) -> None: ...

    async def staff_orders(self, who: str, text: str) -> None: ...

    async def press(self, who: str, label: str) -> str | None:
        """What only the presser is shown."""
        ...

    async def posts_of(self, who: str) -> Sequence[str]:
        """What the bot has posted to a room, oldest first, as its reader reads it in the room's zone."""
        ...

    async def files_of(self, who: str) -> Sequence[tuple[str, bytes]]:
        """The files the bot has posted to a room with the words beside them; none where rooms take none."""
        ...

    def set_clock(self, now: datetime) -> None: ...

    async def deliver(self) -> None: ...


class MakesDriver(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[Driver]: ...


async def play(driver: Driver, story: Sequence[Act] = STORY) -> dict[str, Any]:
    """Act a story out; the ledger it leaves."""
    now = START
    shown: list[str] = []
    for act in story:
        match act:
            case Says(text, times):
                await driver.client_says(text, times)
            case Answers(who, ref, text):
                await driver.staff_answers(who, ref, text)
            case Orders(who, text):
                await driver.staff_orders(who, text)
            case Presses(who, label):
                notice = await driver.press(who, label)
                shown.append(f"{who} pressed {label}: {notice or 'nothing'}")
            case Waits(minutes):
                now = await _let_pass(driver, now, timedelta(minutes=minutes))
    posts = {who: list(await driver.posts_of(who)) for who in ("ann", "mia", "tom", "sue", "lea")}
    calls = await driver.store.read(_calls)
    return {"tickets": await driver.store.read(_ledger), **calls, "posts": posts, "shown": shown}


async def _let_pass(driver: Driver, now: datetime, span: timedelta) -> datetime:
    end = now + span
    while True:
        next_at = await driver.store.read(watch.planned_at)
        if next_at is None or next_at > end:
            break
        now = max(now, next_at)
        await _settle(driver, now)
    await _settle(driver, end)
    return end


async def _settle(driver: Driver, now: datetime) -> None:
    driver.set_clock(now)
    while await driver.store.write(lambda tx: watch.act(tx, driver.desk, now)) >= watch.BATCH:
        pass
    await driver.deliver()


def _calls(tx: Tx) -> dict[str, list[str]]:
    """Every call as it is now with its reminders; nothing where there are none."""
    query = tx.connection.execute
    calls = [
        f"C-{row['id']} {row['state']} {_at(row['starts_at'])} asked {_at(row['asked_at'])} changed {row['sequence']} "
        f"times '{row['topic']}' '{row['outcome']}'"
        for row in query("SELECT * FROM call ORDER BY id")
    ]
    said = [
        f"C-{row['call_id']}/{row['sequence']} {_at(row['due_at'])} {row['kind']} to {row['side']}: {row['state']}"
        for row in query("SELECT * FROM call_reminder ORDER BY call_id, sequence, due_at, kind, side")
    ]
    return {"calls": calls, "reminders": said} if calls else {}


def _ledger(tx: Tx) -> list[dict[str, Any]]:
    """Every ticket's log, clocks and steps; ids and tokens left out, moments as the office reads them."""
    query = tx.connection.execute
    names = {row["id"]: row["key"] for row in query("SELECT id, key FROM person")}
    said = {row["id"]: row["text"] for row in query("SELECT id, text FROM message")}
    found = []
    for ticket in query("SELECT * FROM ticket ORDER BY ref").fetchall():
        events = query("SELECT * FROM event WHERE ticket_id = ? ORDER BY seq", (ticket["id"],)).fetchall()
        clocks = query("SELECT * FROM clock WHERE ticket_id = ? ORDER BY metric, cycle", (ticket["id"],)).fetchall()
        steps = query(
            "SELECT step.*, clock.metric FROM step JOIN clock ON clock.id = clock_id WHERE step.ticket_id = ? "
            "ORDER BY step.due_at, step.version, step.kind, step.n, clock.metric",
            (ticket["id"],),
        ).fetchall()
        found.append(
            {
                "ticket": f"T-{ticket['ref']} {ticket['status']} {ticket['priority']} {names[ticket['owner_id']]}",
                "log": [_event(event, names, said) for event in events],
                "clocks": [_clock(clock) for clock in clocks],
                "steps": [
                    f"{_at(step['due_at'])} {step['metric']} {step['kind']} {step['n']}: {step['state']}"
                    for step in steps
                ],
            }
        )
    return found


def _event(event: Mapping[str, Any], names: Mapping[int, str], said: Mapping[int, str]) -> str:
    data = json.loads(event["data"])
    if "person" in data:
        data["person"] = names[data["person"]]
    if "called" in data:
        data["called"] = names[data["called"]]
    who = f" {names[event['person_id']]}" if event["person_id"] else ""
    words = f" '{said[event['message_id']]}'" if event["message_id"] else ""
    facts = "".join(f" {name}={value}" for name, value in sorted(data.items()))
    return f"{_at(event['at'])} {event['kind']} by {event['party']}{who}{facts}{words}"


def _clock(clock: Mapping[str, Any]) -> str:
    moments = ("started_at", "objective_at", "due_at", "held_since", "breached_at", "fell_short_at", "stopped_at")
    told = "".join(f" {name}={_at(clock[name])}" for name in moments if clock[name] is not None)
    return f"{clock['metric']} {clock['cycle']} {clock['kind']} {clock['state']}:{told}"


def _at(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, OFFICE):%a %H:%M:%S}"

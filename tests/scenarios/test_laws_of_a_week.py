"""Any week of any clients, managers, waits, absences and restarts: after every event the ledger's laws hold."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import laws
import pytest
from harness import CATALOG, WORDS, Bot, bot_in_a_box, client
from harness import STAFF as STAFF_FILE
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import watch
from bot.channels.base import Inbound, InboundKind
from bot.commands.registry import Registry
from bot.desk.desk import Desk
from bot.desk.rules import Rules
from bot.duty import Origin
from bot.store.steps import StepState
from bot.store.tx import Tx

T = TypeVar("T")
REGISTRY = Registry()
AGREEMENTS = (
    {"agreement": "redtrack-premium"},
    {"agreement": "redtrack"},
    {"agreement": "tactful", "plan": "priority"},
    {"agreement": "infopromo", "plan": "enterprise"},
    {"agreement": "poologics"},
)
# Thursday before the Sunday on which New York changes its clocks; Cairo does on the last Friday of April.
STARTS = ("2025-03-06T12:00+03:00", "2025-04-23T14:30+03:00", "2025-10-30T16:55+03:00")
CLIENTS = ("acme", "bolt")
STAFF = ("mia", "ben", "tom")
ORDER = ("mia", "ben", "lea")  # who answers for a client's tickets, after their owner
QUIET = {"mia": (20, 8), "ben": (22, 11)}  # hours of the day in GMT+3
SLEEPY = functools.reduce(
    lambda text, who: text.replace(
        f'id = "{who}"\n', f'id = "{who}"\nnudges = {{ quiet = "{QUIET[who][0]}:00-{QUIET[who][1]:02}:00" }}\n'
    ),
    QUIET,
    STAFF_FILE,
)

minutes = st.sampled_from((1, 5, 10, 12, 24, 30, 48, 60, 120, 300, 600, 1440, 2880))
rooms = st.sampled_from(CLIENTS)
lateness = st.sampled_from((0, 0, 0, 0, 7, 45))
references = st.integers(42, 45).map(lambda ref: f"T-{ref}")
CLIENT_WORDS = """
postbacks stopped|still broken|thanks|/new one more|/urgency critical|/urgency low|/urgency|/escalate|/confirm|
/separate|/rate 5
"""
STAFF_WORDS = """
/take {0}|/eta {0} 2h|/eta {0} 5h because|/eta {0} 10m because|/hold {0} client|/hold {0} third party Foo|/resume {0}|
/resolve {0}|/reopen {0}|/answered {0}|/assign {0} ben|/priority {0} critical why|/priority {0} low why|
/priority {0} medium why|/escalate {0} x|/acknowledge {0}|/note {0} hm
"""
client_words, staff_words = (
    st.sampled_from([each.strip() for each in words.split("|")]) for words in (CLIENT_WORDS, STAFF_WORDS)
)


class Week(RuleBasedStateMachine):
    """Two clients, three people who answer, one clock; the watch is awake only when a rule says so."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.ids = itertools.count(1)
        self.seen: dict[int, laws.Seen] = {}
        self.absences: list[tuple[str, datetime, datetime]] = []
        self.looked_at: datetime | None = None
        self.heard: list[Inbound] = []
        self.is_settled = True
        self.bot: Bot

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def ask(self, look: Callable[[Tx], T]) -> T:
        return self.do(self.bot.store.read(look))

    @initialize(
        first=st.sampled_from(AGREEMENTS),
        second=st.sampled_from(AGREEMENTS),
        start=st.sampled_from(STARTS),
        hours=st.integers(0, 30),
    )
    def a_week_begins(self, first: dict[str, str], second: dict[str, str], start: str, hours: int) -> None:
        at = datetime.fromisoformat(start) + timedelta(hours=hours)
        box = bot_in_a_box(at, client("acme", **first), client("bolt", **second), staff=SLEEPY)
        self.bot = self.do(self.stack.enter_async_context(box))
        self.looked_at = at
        for room in CLIENTS:
            self.hear(room, f"{room}/ann", "postbacks stopped", 0)

    @rule(room=rooms, words=client_words, late=lateness)
    def a_client_writes(self, room: str, words: str, late: int) -> None:
        self.hear(room, f"{room}/ann", words, late)

    @rule(room=rooms, who=st.sampled_from(STAFF), words=st.sampled_from(("looking into it", "ok")), late=lateness)
    def somebody_replies(self, room: str, who: str, words: str, late: int) -> None:
        self.hear(room, who, words, late)

    @rule(who=st.sampled_from(STAFF), words=staff_words, ref=references)
    def somebody_acts(self, who: str, words: str, ref: str) -> None:
        self.hear(f"dm:{who}", who, words.format(ref), 0)

    @rule(ref=references)
    def a_level_is_called_and_taken_up(self, ref: str) -> None:
        self.hear("dm:mia", "mia", f"/escalate {ref} it hurts", 0)
        self.hear("dm:tom", "tom", f"/acknowledge {ref}", 0)

    @rule(choice=st.integers(0, 200))
    def a_button_is_pressed(self, choice: int) -> None:
        posts = [post for post in self.bot.channel.posts if post.buttons][-12:]
        if posts:
            post = posts[choice % len(posts)]
            action = list(post.buttons.values())[choice // 12 % len(post.buttons)]
            who = post.room.removeprefix("dm:") if ":" in post.room else f"{post.room}/ann"
            self.hear(post.room, who, "", 0, kind=InboundKind.PRESS, action=action)

    @precondition(lambda self: self.heard)
    @rule(choice=st.integers(0, 5))
    def an_event_comes_again(self, choice: int) -> None:
        again = self.heard[-1 - choice % len(self.heard)]
        assert self.do(self.bot.receive(again)).duplicate

    @rule(who=st.sampled_from((*STAFF, "lea", "sue")), first=minutes, length=minutes)
    def somebody_will_be_away(self, who: str, first: int, length: int) -> None:
        starts = self.bot.clock.now + timedelta(minutes=first)
        ends = starts + timedelta(minutes=length)
        self.absences.append((who, starts, ends))

        def work(tx: Tx) -> None:
            person = tx.people.person_by_key(who)
            assert person is not None
            tx.duty.add_absence(person.id, starts, ends, self.bot.clock.now, origin=Origin.CHAT)

        self.do(self.bot.store.write(work))

    @rule(by=minutes, delivers=st.booleans())
    def time_passes(self, by: int, delivers: bool) -> None:
        end = self.bot.clock.now + timedelta(minutes=by)
        while (next_at := self.ask(watch.planned_at)) is not None and next_at <= end:
            self.bot.clock.now = max(self.bot.clock.now, next_at)
            self.turn(delivers)
        self.bot.clock.now = end
        self.turn(delivers)

    @rule(words=st.sampled_from(("/eta {0} 2h", "/resolve {0}", "/take {0}", "/hold {0} client")))
    def an_act_overtakes_what_was_just_said(self, words: str) -> None:
        """The next step acts, and before its word goes out somebody does something about its ticket."""
        next_at = self.ask(lambda tx: tx.steps.next_at())
        if next_at is not None:
            self.bot.clock.now = max(self.bot.clock.now, next_at)
            due = self.ask(lambda tx: tx.steps.due(self.bot.clock.now, 1)[0])
            ticket = self.ask(lambda tx: tx.tickets.get(due.ticket_id))
            self.turn(delivers=False)
            self.hear("dm:mia", "mia", words.format(ticket.reference), 0)
            self.deliver()

    @rule(by=minutes)
    def the_watch_sleeps(self, by: int) -> None:
        self.bot.clock.now += timedelta(minutes=by)
        self.is_settled = False

    @rule()
    def the_watch_wakes(self) -> None:
        self.turn(delivers=True)

    @rule()
    def the_bot_starts_anew(self) -> None:
        old = self.bot
        new_id = f"r{next(self.ids)}."
        desk = Desk(
            catalog=CATALOG,
            words=WORDS,
            registry=REGISTRY,
            rules=Rules(first_ref=42),
            new_id=lambda: f"{new_id}{next(self.ids)}",
        )
        self.bot = Bot(old.store, desk, old.clock, old.channel)
        self.bot._ids = old._ids  # the platform numbers its events on

    def hear(self, room: str, sender: str, words: str, late: int, **more: Any) -> None:
        """Something happened; what is to be said about it stays in the outbox for now."""
        at = self.bot.clock.now - timedelta(minutes=late)
        inbound = self.bot.inbound(room, sender, words, at=at, **more)
        self.heard.append(inbound)
        self.is_settled = False
        self.do(self.bot.receive(inbound))

    def turn(self, delivers: bool) -> None:
        """The watch acts on what is due; what it does is held against what was known before."""
        bot, now = self.bot, self.bot.clock.now
        before = self.ask(lambda tx: laws.files(tx, bot.desk, {row.ticket_id for row in tx.steps.due(now)}, now))
        said = self.ask(laws.said)
        self.do(bot.act())
        self.is_settled = True
        for seen in self.seen.values():
            seen.turns.append(now)
        broken = self.ask(lambda tx: self.broken_by_a_turn(tx, before, said, now))
        assert broken == []
        if delivers:
            self.deliver()

    def broken_by_a_turn(self, tx: Tx, before: list[laws.File], said: set[str], now: datetime) -> list[str]:
        new = laws.said(tx) - said
        whom = _to_whom(tx, new)
        found = laws.called_again_though_acknowledged(tx, self.bot.desk, new, now)
        for each in before:
            over = {row.id for row in each.steps if row.state is not StepState.OPEN}
            rows = tx.steps.of_ticket(each.ticket.id)
            ended = [row for row in rows if row.state is not StepState.OPEN and row.id not in over]
            fired = [row for row in ended if row.state is StepState.FIRED]
            found += laws.woken(each, whom, _asleep(now), now)
            found += laws.spoke_of_what_is_over(each, fired, now)
            found += laws.unsaid(each, fired, new) + laws.swallowed(each, ended, new)
        return found

    def deliver(self) -> None:
        before, posts = self.ask(_sent), len(self.bot.channel.posts)
        self.do(self.bot.deliver())
        assert self.ask(lambda tx: laws.posted_though_over(tx, _sent(tx) - before)) == []
        assert self.ask(lambda tx: laws.told_in_pieces(tx, _sent(tx) - before)) == []
        of_clients = [post for post in self.bot.channel.posts[posts:] if post.room in CLIENTS]
        assert laws.promised_what_had_passed(of_clients) == []

    @invariant()
    def the_laws_hold(self) -> None:
        if self.looked_at is None:
            return
        assert self.ask(self.broken) == []
        self.looked_at = self.bot.clock.now

    def broken(self, tx: Tx) -> list[str]:
        now, found = self.bot.clock.now, laws.unwatched(tx)
        for each in laws.files(tx, self.bot.desk, laws.all_tickets(tx), now):
            seen = self.seen.setdefault(each.ticket.id, laws.Seen())
            found += laws.twice(each) + laws.outside_its_plan(each, seen)
            if self.is_settled:
                found += laws.late_at_another_moment(tx, each, now)
            if each.ticket.is_open:
                found += self.without_somebody(tx, each, now)
        return found

    def without_somebody(self, tx: Tx, each: laws.File, now: datetime) -> list[str]:
        """Asked now and at every moment since the last look at which an absence began or ended."""
        assert self.looked_at is not None
        turns = {at for _, *ends in self.absences for at in ends if self.looked_at < at < now}
        owner = tx.people.person(each.ticket.owner_id).key
        found: list[str] = []
        for at in sorted({now, *turns}):
            away = {who for who, starts, ends in self.absences if starts <= at < ends}
            order = (owner, *ORDER)
            found += laws.unanswered_for(tx, each, order, set(order) - away, at)
        return found

    def teardown(self) -> None:
        try:
            if self.looked_at is not None:
                self.turn(delivers=True)
                self.the_laws_hold()
        finally:
            self.do(self.stack.aclose())
            self.runner.close()


def _sent(tx: Tx) -> set[str]:
    rows = tx.connection.execute("SELECT dedupe_key FROM outbox WHERE state = 'sent'").fetchall()
    return {row["dedupe_key"] for row in rows}


def _to_whom(tx: Tx, keys: set[str]) -> list[tuple[str, str | None]]:
    """The person in whose own chat each of these is said; None where it is a room of several."""
    look = (
        "SELECT o.dedupe_key, p.key FROM outbox o JOIN room r ON r.id = o.room_id "
        "LEFT JOIN person p ON p.id = r.person_id"
    )
    return [(key, who) for key, who in map(tuple, tx.connection.execute(look).fetchall()) if key in keys]


def _asleep(now: datetime) -> set[str]:
    hour = now.astimezone(timezone(timedelta(hours=3))).hour
    return {who for who, (first, last) in QUIET.items() if hour >= first or hour < last}


_COMMON = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),  # shrinking a week takes minutes and helps little
    "suppress_health_check": (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
}


class TestLawsOfAWeek(Week.TestCase):
    settings = settings(max_examples=25, stateful_step_count=40, derandomize=True, database=None, **_COMMON)


@pytest.mark.soak
class TestLawsOfManyWeeks(Week.TestCase):
    settings = settings(max_examples=1000, stateful_step_count=60, print_blob=True, **_COMMON)

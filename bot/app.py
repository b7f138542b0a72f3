"""The composition root: builds everything, runs it, stops it in order; the only reader of the wall clock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import time
from collections import ChainMap
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot import front, log, metrics, notice, outside, platforms
from bot.business import BusinessClock
from bot.busy import BusyTimes
from bot.channels.base import Channel, Inbound, Receipt, Receive, Unavailable
from bot.channels.inapp import ACCOUNT, FixedKeyring, FolderKeyring, InAppChannel, Key, Keyring, Origins, strangers
from bot.chores import Chores, Health
from bot.commands.registry import Registry
from bot.config import Settings, load_settings
from bot.delivery import Delivery
from bot.demo import ROSTER as DEMO_ROSTER
from bot.desk import shadow, views
from bot.desk.desk import Desk
from bot.desk.pacing import Pacing
from bot.desk.rules import Rules
from bot.heartbeat import Heartbeat
from bot.i18n import Catalogue
from bot.i18n import load as load_words
from bot.now import Times
from bot.published import Published
from bot.reactions import on_failed, tell_broken
from bot.roster import apply_roster, load_roster
from bot.sla.policy_file import Catalog, load_folder
from bot.store.access import StoreVisits
from bot.store.base import Store, StoreError
from bot.store.conversations import StoreConversations
from bot.store.queries import load as load_queries
from bot.store.sqlite import SqliteStore, acquire_instance_lock, open_sqlite
from bot.store.tx import Tx, make_tx
from bot.turns import day_lists, idle
from bot.turns.healing import heal
from bot.watch import Watch
from bot.web.board import board_routes
from bot.web.calendars import calendar_routes
from bot.web.demo import demo_routes
from bot.web.server import WIDGET, Probes, bind, build_app, serve

logger = log.get(__name__)


def wall_clock() -> datetime:
    """Machine time: aware UTC, truncated to milliseconds."""
    now = datetime.now(UTC)
    return now - timedelta(microseconds=now.microsecond % 1000)


def build_desk(
    catalog: Catalog, words: Catalogue, settings: Settings, crash: Callable[[str], None] | None = None
) -> Desk:
    """The core with its settings; a new installation starts its ticket numbers at random."""
    first_ref = settings.desk.first_ref or secrets.randbelow(900) + 100
    return Desk(
        catalog=catalog,
        words=words,
        registry=Registry(),
        rules=Rules(
            join_window=settings.desk.join_window,
            first_ref=first_ref,
            slashless=platforms.slashless(),
            titles={**platforms.titles(), InAppChannel.name: notice.Key("channel.inapp")},
            meeting=settings.desk.meeting,
            # Without a public address only the demo's visitors, who sit at this machine, could open one of ours.
            url=settings.http.public_url or (settings.http.url if settings.demo and settings.http.port else ""),
        ),
        new_id=lambda: secrets.token_urlsafe(9),
        crash=crash,
        pacing=Pacing(),
    )


def receiver(store: Store[Tx], desk: Desk, times: Times) -> Receive:
    """What adapters call: one unit of work, committed before it returns."""

    async def receive(inbound: Inbound) -> Receipt:
        now, machine = times.business(), times.machine()
        try:
            receipt = await store.write(lambda tx: desk.receive(tx, inbound, now, machine))
        except StoreError as error:
            metrics.received.labels(inbound.channel, "unavailable").inc()
            raise Unavailable(str(error)) from error
        result = "duplicate" if receipt.duplicate else "quarantined" if receipt.quarantined else "taken"
        metrics.received.labels(inbound.channel, result).inc()
        return receipt

    return receive


async def run(settings: Settings) -> int:
    """Run the bot until it is told to stop; the exit code. Start-up errors are raised, each names its way out."""
    words = load_words()
    catalog = load_folder(settings.policies)
    declared = roster_file(settings)
    # Everything is read before anything is written: a start that fails leaves the database as it was.
    roster = None if declared is None else load_roster(declared, catalog=catalog, locales=tuple(words.locales))
    origins = Origins(settings.inapp.origins)
    keys = None if settings.inapp.keys is None else FolderKeyring(settings.inapp.keys)
    async with AsyncExitStack() as stack:
        listener = bind(settings.http.host, settings.http.port)
        stack.callback(listener.close)
        path = settings.database_path
        stack.enter_context(acquire_instance_lock(path))
        store = await open_sqlite(path, make_tx=partial(make_tx, load_queries()))
        stack.push_async_callback(store.close)
        clock = BusinessClock(wall_clock)
        desk = build_desk(catalog, words, settings)
        left_behind: Sequence[str] = ()
        if roster is not None:
            changes = await store.write(lambda tx: apply_roster(tx, roster, wall_clock()))
            logger.info("the roster is applied", action="roster.applied", changes=len(changes))
            left_behind = changes.remarks
            for warning in (*changes.warnings, *changes.remarks):
                logger.warning(warning, action="roster.warning")
            for stranger in strangers([client.key for client in roster.clients], keys, origins):
                logger.warning(stranger, action="inapp.stranger")
        await store.write(lambda tx: shadow.cast(tx, settings.desk.shadow))
        await clock.start(store, settings, partial(demo_start, catalog))
        return await _serve(stack, settings, store, desk, clock, listener, origins, keys, left_behind)


def roster_file(settings: Settings) -> Path | None:
    """The roster to apply; None where none is declared."""
    return DEMO_ROSTER if settings.demo and settings.roster is None else settings.roster


async def _serve(
    stack: AsyncExitStack,
    settings: Settings,
    store: SqliteStore[Tx],
    desk: Desk,
    clock: BusinessClock,
    listener: socket.socket,
    origins: Origins,
    keyring: Keyring | None,
    left_behind: Sequence[str],
) -> int:
    """Wire the loops around the open store, then wait; leaving the stack stops them in reverse order."""
    times = clock.times()
    receive = receiver(store, desk, times)
    demo_key = secrets.token_bytes(32)
    people = await store.read(partial(front.demo_people, desk.book)) if settings.demo else None
    conversations: StoreConversations[Tx] = StoreConversations(
        store, "inapp", times, partial(_room_status, desk, clock)
    )
    keys = (
        [Key(client=c.key, kid="demo", algorithm="HS256", material=demo_key) for c in people.clients] if people else []
    )
    inapp = InAppChannel(
        keyring or FixedKeyring(keys), conversations, StoreVisits(store, "inapp", ACCOUNT), origins, times
    )
    renewal = platforms.Renewal(settings, partial(load_settings, os.environ, Path.cwd()), store, desk, times)
    abroad = outside.Outside(
        platforms.set_up(settings, store, desk, times),
        store,
        desk.registry,
        desk.words,
        renewal,
        tell_broken(desk, times),
    )
    channels = ChainMap[str, Channel](abroad.by_name, {inapp.name: inapp})
    shadowed = await store.read(shadow.warnings)
    for each in shadowed:
        logger.warning(each, action="desk.shadow")
    await store.write(lambda tx: day_lists.plan(tx, desk, times.business()))
    watch = Watch(store, desk, times)
    delivery = Delivery(
        store,
        channels,
        desk.words,
        times,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        on_failed=on_failed(desk, times),
    )
    health = Health(store, desk, times, watch, abroad.reasons)
    gate = front.StaffGate(store, times)
    board = front.BoardFront(
        store, desk, times, receive, simulated=clock.simulated, account=ACCOUNT, in_shadow=settings.desk.shadow
    )
    demo = None
    if people is not None:

        async def set_speed(speed: float) -> None:
            await clock.set_speed(store, speed)
            watch.wake()

        demo = front.DemoFront(people, gate, times, key=demo_key, kid="demo", set_speed=set_speed)
    english = desk.words.words("en")
    published, busy = Published(store, desk, times), BusyTimes(store, desk, times)
    app = build_app(
        routes=[*inapp.routes(), *abroad.routes()],
        probes=Probes(
            ready=health.reasons,
            warnings=lambda: [
                *(f"roster: {each}" for each in left_behind),
                *shadowed,
                *abroad.warnings(),
                *busy.warnings(),
            ],
            metrics=lambda: metrics.exposition().decode(),
        ),
        pages=[
            *demo_routes(demo, words=english, widget=WIDGET),
            *calendar_routes(invitation=published.invitation, feed=published.feed, now=times.machine),
            *board_routes(
                desk=board,
                gate=gate,
                conversations=conversations,
                receive=receive,
                words=english,
                files=channels,
                secure=settings.http.public_url.startswith("https:"),
            ),
        ],
        public_url=settings.http.public_url,
    )
    stack.callback(store.subscribe(watch.wake, "steps"))
    stack.push_async_callback(_end, asyncio.create_task(watch.run(), name="watch"))
    delivering = asyncio.create_task(delivery.run(), name="delivery")
    stack.push_async_callback(_finish, delivery.stop, delivering)
    await stack.enter_async_context(
        Chores(
            store,
            times,
            health,
            abroad.look,
            heal=lambda tx: heal(tx, desk, times.business()),
            wake=(watch.wake, delivery.wake.set),
            read_calendars=busy.look,
            plan=lambda tx: day_lists.plan(tx, desk, times.business()),
            tell_idle=lambda tx: idle.tell(tx, desk, times.business()),
            beat=None
            if settings.health.ping_url is None
            else Heartbeat(settings.health.ping_url.get_secret_value()).beat,
        ).running()
    )
    await stack.enter_async_context(inapp.listen(receive))
    endless = [inapp.stop_streams, conversations.stop_waiting]
    # Nobody shall be told "not ready" only because the watch is about to take its first look.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await watch.has_looked.wait()
    port = await stack.enter_async_context(serve(app, listener, on_stop=endless))
    # The web server comes first: a platform may call back while it is being told where to.
    await stack.enter_async_context(abroad.listening(receive))
    for look, name in ((abroad.look, "self-check"), (busy.look, "calendars")):
        stack.push_async_callback(_end, asyncio.create_task(look(), name=name))
    _announce(settings, clock, port)
    return await _until_told(store)


async def _until_told(store: SqliteStore[Tx]) -> int:
    """Wait for a signal, or for the store to be fenced off by another version of the program (exit 78)."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told.set)
    fenced = asyncio.create_task(store.wait_fenced())
    asked = asyncio.create_task(told.wait())
    await asyncio.wait({fenced, asked}, return_when=asyncio.FIRST_COMPLETED)
    code = 78 if fenced.done() else 0
    for task in (fenced, asked):
        await _end(task)
    logger.info("stopping", action="app.stopping", exit_code=code)
    return code


async def _end(task: asyncio.Task[object]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _finish(stop: Callable[[], Awaitable[None]], task: asyncio.Task[None]) -> None:
    await stop()
    await _end(task)


def _announce(settings: Settings, clock: BusinessClock, port: int) -> None:
    url = settings.http.public_url or f"http://{settings.http.host}:{port}"
    logger.info("ready", action="app.ready", url=url, started_in_s=round(time.process_time(), 2))
    if clock.simulated:
        logger.warning(
            "the clock is simulated",
            action="clock.simulated",
            now=clock.now().isoformat(),
            speed=clock.speed(),
        )


def _room_status(desk: Desk, clock: BusinessClock, tx: Tx, account: str, room: str, now: datetime) -> dict[str, object]:
    status = views.room_status(desk.book, tx, account, room, now, channel="inapp")
    return status | {"simulated": clock.simulated}


def demo_start(catalog: Catalog, now: datetime) -> datetime:
    """The demo begins in office hours: now if there are any left today, else at eleven on the last working day."""
    calendar = catalog.get("redtrack-premium").calendar
    if calendar.is_open(now) and calendar.is_open(now + timedelta(hours=3)):
        return now
    close = calendar.previous_open(now)
    return calendar.subtract(close, timedelta(hours=8))

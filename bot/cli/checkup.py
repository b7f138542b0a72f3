"""What `pledge check` looks at: all that the start would read, and the channels and calendars outside, also beside a
running bot. Nothing is left changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from bot import outside, platforms
from bot.app import build_desk, demo_start, roster_file, wall_clock
from bot.business import BusinessClock
from bot.busy import BusyTimes
from bot.channels.inapp import FolderKeyring, Origins, strangers
from bot.config import Settings
from bot.i18n import load as load_words
from bot.roster import Roster, apply_roster, is_on_call, load_roster
from bot.sla.policy_file import lint, load_folder
from bot.store.base import Store
from bot.store.files import running_on
from bot.store.queries import load as load_queries
from bot.store.sqlite import open_sqlite
from bot.store.tx import Tx, make_tx
from bot.web.server import PortBusy, bind


async def check(settings: Settings, tell: Callable[[str], None]) -> None:
    """What `pledge check` says: everything the start would read, read; start-up errors are raised as by `run`.

    The port comes last: a bot that runs on this database has it, and channels and files can be looked at beside it.
    """
    for line in dict.fromkeys(await _looked_at(settings)):
        tell(line)
    try:
        bind(settings.http.host, settings.http.port).close()
    except PortBusy:
        process = running_on(settings.database_path)
        if process is None:
            raise
        tell(
            f"remark: a bot runs on this database (process {process}); port {settings.http.port} is taken to be its own"
        )


async def _looked_at(settings: Settings) -> Sequence[str]:
    catalog = load_folder(settings.policies)
    words = load_words()
    lines = [f"agreements: {len(catalog.entries)} in order"]
    origins = Origins(settings.inapp.origins)
    keys = None if settings.inapp.keys is None else FolderKeyring(settings.inapp.keys)
    if keys is not None:
        lines.append(f"in-app keys {settings.inapp.keys}: in order")
    declared, roster = roster_file(settings), None
    if declared is not None:
        roster = load_roster(declared, catalog=catalog, locales=tuple(words.locales))
        lines.append(f"roster {declared}: {len(roster.staff)} on the staff, {len(roster.clients)} clients")
        lines.extend(f"roster {declared}: remark: {remark}" for remark in roster.remarks)
        lines.extend(f"remark: {each}" for each in strangers([each.key for each in roster.clients], keys, origins))
    today = wall_clock().date()
    for entry in catalog.entries.values():
        for policy in entry.policies.values():
            anyone = roster is not None and is_on_call(roster.rows, policy.id)
            found = lint(policy, today, anyone_on_call=anyone)
            lines.extend(f"{entry.file.name}: remark: {remark}" for remark in found)
    store = await open_sqlite(settings.database_path, make_tx=partial(make_tx, load_queries()))
    try:
        if roster is not None:
            lines.extend(f"roster {declared}: remark: {remark}" for remark in await _try_roster(store, roster))
        if settings.clock.file is not None:
            await BusinessClock(wall_clock).start(store, settings, partial(demo_start, catalog))
        problems = await store.integrity_check()
        desk, times = build_desk(catalog, words, settings), BusinessClock(wall_clock).times()
        abroad = platforms.set_up(settings, store, desk, times)
        lines.extend(outside.report(abroad, await outside.problems(abroad)))
        kept = (
            [(each.key, each.calendar, each.zone, each.name) for each in roster.staff if each.calendar]
            if roster
            else []
        )
        lines.extend(await BusyTimes(store, desk, times).report(kept))
    finally:
        await store.close()
    lines.append(f"database {settings.database_path}: {'in order' if not problems else '; '.join(problems)}")
    return lines


class _Undone(Exception):
    """Takes a unit of work back whose refusals and remarks were all that was wanted."""


async def _try_roster(store: Store[Tx], roster: Roster) -> Sequence[str]:
    """Apply the roster as the start does, and take it back: what would be refused then is raised now."""
    remarks: list[str] = []

    def work(tx: Tx) -> None:
        remarks[:] = apply_roster(tx, roster, wall_clock()).remarks
        raise _Undone

    with contextlib.suppress(_Undone):
        await store.write(work)
    return remarks

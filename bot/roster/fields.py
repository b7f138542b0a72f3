"""Reads single values of roster.toml and notes what is wrong with them; knows nothing of how rows belong together."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.config import meeting_link
from bot.sla.calendar import WEEKDAYS, parse_hours
from bot.sla.policy import Basis
from bot.sla.policy_file import Catalog
from bot.sla.policy_table import Problem, Table, is_list, nearest, shown

# Every key of the format, by the part of the file it stands in; docs/reference/roster-file.md is tested
# against it.
KEYS: Mapping[str, tuple[str, ...]] = {
    "roster": ("vendor", "staff", "clients", "teams", "oncall"),
    "vendor": ("name", "locale", "zone", "demo"),
    "staff": (
        *("id", "name", "role", "locale", "zone", "hours"),
        *("nudges", "notify", "meeting", "calendar", "away", "identities"),
    ),
    "client": (
        *("id", "name", "agreement", "plan", "variant", "start", "end", "suspended", "fee"),
        *("manager", "backups", "locale", "zone", "nudges", "shadow", "rooms", "contacts"),
    ),
    "client nudges": ("shares", "before", "repeat_every", "repeat_at_most"),
    "staff nudges": ("before", "no_earlier", "quiet"),
    "room": ("channel", "account", "id", "name", "locale", "zone"),
    "contact": ("id", "name", "locale", "zone", "identities"),
    "team": ("id", "name", "channel", "account", "room", "locale", "zone"),
    "oncall": ("id", "name", "people", "hand_over", "zone", "every", "starts", "clients", "agreements"),
    "identity": ("account", "id"),
}

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_FEED = re.compile(r"https?://[^\s/@]+/\S*")
_FEE = re.compile(r"\d+(\.\d+)? [A-Z]{3}")


@cache
def _zones() -> Collection[str]:
    """All names there are; asking for them walks the zone files, ten milliseconds each time."""
    return available_timezones()


@dataclass(frozen=True, slots=True)
class Known:
    """What a roster may refer to: agreements, languages, and channels that this installation can reach.

    `channels` None: any. `home` is the channel the bot hosts itself; everybody has an address there.
    """

    catalog: Catalog
    locales: Collection[str]
    channels: Collection[str] | None
    home: str


@dataclass(frozen=True, slots=True)
class Fields:
    """Reads values of one file; problems are collected in order."""

    file: str
    known: Known
    problems: list[Problem] = field(default_factory=list)

    def top(self, data: Mapping[str, object]) -> Table:
        return self.checked(Table(data, "", None, self.file, self.problems), "roster")

    def checked(self, table: Table, part: str) -> Table:
        """The table, with a note for every key that does not belong in it."""
        for key in table.data:
            if key not in KEYS[part]:
                table.note(key, f'unknown key "{key}"{nearest(key, KEYS[part])}')
        return table

    def rows(self, parent: Table, key: str, part: str, prefix: str = "") -> list[Table]:
        """The tables of a list, each called by its id in problems, or by its number where it has none."""
        value = parent.data.get(key, ())
        if not is_list(value) or not all(isinstance(row, Mapping) for row in value):
            parent.note(key, f"{shown(value)} is not a list of tables (write [[{key}]] and its keys below)")
            return []
        found = []
        for number, row in enumerate((row for row in value if isinstance(row, Mapping)), 1):
            name = row.get("id")
            label = f'"{name}"' if isinstance(name, str) and name else f"{number}"
            table = Table(row, f"{prefix}{part} {label}: ", None, self.file, self.problems)
            found.append(self.checked(table, part))
        return found

    def key(self, row: Table) -> str:
        """The id; "" where it is missing or cannot be one."""
        key = row.text("id", required=True)
        if key and not _KEY.fullmatch(key):
            row.note("id", f"{shown(key)} cannot be an id (use letters, digits, dot, dash, underscore)")
            return ""
        return key

    def name(self, row: Table, default: str = "") -> str:
        name = row.text("name", required=not default) or default
        if not name.isprintable():
            row.note("name", f"{shown(name)!r} holds signs that cannot be shown (write it on one line)")
        return name.strip()

    def locale(self, row: Table, default: str) -> str:
        locale = row.text("locale") or default
        if locale and locale not in self.known.locales:
            row.note("locale", f'no texts in "{locale}"{nearest(locale, sorted(self.known.locales))}')
        return locale

    def zone(self, row: Table, default: str) -> str:
        """The zone named, or `default` where there is none or a wrong one."""
        zone = row.text("zone")
        if not zone or zone in _zones():
            return zone or default
        close = nearest(zone, _zones())
        way_out = close if "did you mean" in close else " (use a name like Europe/Berlin or Etc/GMT-3)"
        row.note("zone", f'no time zone "{zone}"{way_out}')
        return default

    def channel(self, row: Table, key: str, channel: str) -> bool:
        """Whether this installation can reach the channel; notes it where not."""
        known = self.known.channels
        if known is None or channel == self.known.home or channel in known:
            return True
        row.note(key, f'no channel "{channel}" here{nearest(channel, known)}')
        return False

    def hours(self, row: Table) -> str:
        """Weekdays and their intervals as JSON, `{}` for none."""
        table = row.table("hours", "hours")
        week = {day: list(table.texts(day)) for day in WEEKDAYS if day in table.data}
        for day, texts in week.items():
            for text in texts:
                try:
                    parse_hours(text)
                except ValueError as error:
                    table.note(day, str(error))
        return json.dumps(week)

    def nudges(self, row: Table, part: str) -> str:
        """What is said about nudges as JSON, `{}` for nothing; `part` says which keys there are."""
        table = self.checked(row.table("nudges", None), part)
        said: dict[str, object] = {}
        if "shares" in table.data:
            said["shares"] = table.shares("shares")
        for key in ("before", "repeat_every", "no_earlier"):
            if key not in table.data or key not in KEYS[part]:
                continue
            lengths = table.durations(key, _DAY, Basis.ELAPSED)
            if any(length > _DAY for length in lengths):
                table.note(key, f"{shown(table.data[key])} is longer than a day (write it in minutes or hours: 2h)")
            if key == "repeat_every" and any(length < _MINUTE for length in lengths):
                table.note(key, f"{shown(table.data[key])} is a stream of reminders (use 10m or longer)")
            said[key] = list(table.texts(key)) if key == "before" else table.text(key)
        if "repeat_at_most" in table.data:
            said["repeat_at_most"] = table.count("repeat_at_most")
        if quiet := table.text("quiet"):
            try:
                parse_hours(quiet)
            except ValueError as error:
                table.note("quiet", str(error))
            said["quiet"] = quiet
        return json.dumps(said)

    def notify(self, row: Table) -> tuple[str, ...]:
        """Channels, the first one first."""
        names = row.texts("notify")
        for name in names:
            self.channel(row, "notify", name)
        if len(set(names)) < len(names):
            row.note("notify", f"{shown(row.data['notify'])} names a channel twice (each once, the first one first)")
        return names

    def meeting(self, row: Table) -> str:
        link = row.text("meeting")
        try:
            return meeting_link(link)
        except ValueError:
            way_out = "(write https:// and a name, in which {manager}, {client} and {call} may stand)"
            row.note("meeting", f"{shown(link)} is no link {way_out}")
            return ""

    def calendar(self, row: Table) -> str:
        """The address of a calendar; what is wrong with it is said without it, for it is as good as a password."""
        address = row.text("calendar")
        if address and not _FEED.fullmatch(address):
            row.note("calendar", 'this is no address (write the secret one of the calendar: "https://...")')
            return ""
        return address

    def fee(self, row: Table) -> str:
        fee = row.text("fee")
        if fee and not _FEE.fullmatch(fee):
            row.note("fee", f'{shown(fee)} is not an amount with its currency (write "499.00 EUR")')
        return fee

    def moment(self, row: Table, key: str, zone: str, *, last_day: bool = False) -> datetime | None:
        """A moment with its offset, or a day in `zone`: its start, or as `last_day` its end."""
        value = row.data.get(key)
        if isinstance(value, datetime) and value.tzinfo is not None:
            # Whole seconds are stored without loss, so that a second look finds nothing changed.
            return value.astimezone(UTC).replace(microsecond=0)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            row.note(key, f"{shown(value)} is not a day (write {key} = 2026-11-20, without quotes)")
            return None
        try:
            day = value + timedelta(days=1) if last_day else value
            return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        except OverflowError:
            row.note(key, f"{value} is out of range (leave {key} out for an open contract)")
            return None

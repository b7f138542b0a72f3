"""Reads roster.toml: every mistake is listed with file, key, value and the way out, nothing is half accepted.

The format is described in docs/reference/roster-file.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import CHANNELS
from bot.people import Role, RoomKind
from bot.roster.duty import read_absences, read_rotation
from bot.roster.errors import RosterError
from bot.roster.fields import Fields, Known
from bot.roster.remarks import remarks
from bot.sla.policy_file import Catalog, UnknownPolicy
from bot.sla.policy_table import Problem, Table, nearest, parse_toml, shown
from bot.store.roster_row import (
    ACCOUNT,
    VENDOR_KEY,
    AbsenceRow,
    Address,
    ClientRow,
    ContractRow,
    DutyRow,
    IdentityRow,
    PersonRow,
    RoomRow,
    RotationRow,
    Rows,
)

HOME = "inapp"
"""The channel the bot hosts itself."""

STAFF = "staff"
"""On the bot's own channel staff write as `staff/<id>`, contacts as `<client>/<id>`: no client is called so."""

_STAFF_ROLES = tuple(role.value for role in Role if role.is_staff)
_MAY_MANAGE = (Role.MANAGER, Role.SUPERVISOR, Role.LEAD, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Roster:
    """A checked roster: the rows it stands for, and remarks on what is allowed and will surprise somebody."""

    rows: Rows
    remarks: tuple[str, ...] = ()
    demo: bool = False

    @property
    def staff(self) -> tuple[PersonRow, ...]:
        return tuple(person for person in self.rows.people.values() if person.role.is_staff)

    @property
    def clients(self) -> tuple[ClientRow, ...]:
        """Without the vendor."""
        return tuple(client for key, client in self.rows.clients.items() if key != VENDOR_KEY)


def load_roster(
    path: Path, *, catalog: Catalog, locales: Collection[str], channels: Collection[str] = CHANNELS
) -> Roster:
    """FileNotFoundError where there is no such file, RosterError with every mistake in it."""
    if not path.exists():
        raise FileNotFoundError(f"roster {path} does not exist (write it, or correct PLEDGE_ROSTER)")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"not readable: {error} (it must be a text in UTF-8 that this user may read)"
        raise RosterError([Problem(str(path), "", "", message)]) from error
    return parse_roster(text, str(path), catalog=catalog, locales=locales, channels=channels)


def parse_roster(
    text: str,
    file: str,
    *,
    catalog: Catalog,
    locales: Collection[str],
    channels: Collection[str] | None = None,
    home: str = HOME,
) -> Roster:
    """The roster of a file's text; `file` names it in problems. RosterError lists every mistake.

    `channels` are those that can be reached (None: any); on `home`, which the bot hosts itself, everybody has
    an address without saying so.
    """
    try:
        data = parse_toml(text)
    except ValueError as error:
        raise RosterError([Problem(file, "", "", f"not TOML: {error} (correct the line)")]) from error
    fields = Fields(file, Known(catalog, locales, channels, home))
    reader, top = _Reader(fields), fields.top(data)
    demo = reader.read_vendor(top)
    for row in fields.rows(top, "staff", "staff"):
        reader.read_staff(row)
    for row in fields.rows(top, "clients", "client"):
        reader.read_client(row)
    for row in fields.rows(top, "teams", "team"):
        reader.read_team(row)
    for row in fields.rows(top, "oncall", "oncall"):
        reader.read_rotation(row)
    if not any(person.role in _MAY_MANAGE for person in reader.people.values()):
        top.note("staff", 'nobody can answer (write [[staff]] with id, name and role = "manager")')
    if fields.problems:
        raise RosterError(fields.problems)
    rows = reader.rows()
    return Roster(rows, tuple(remarks(rows)), demo)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Collects rows while the file is walked through once, from staff to teams."""

    fields: Fields
    clients: dict[str, ClientRow] = field(default_factory=dict)
    people: dict[str, PersonRow] = field(default_factory=dict)
    identities: dict[Address, IdentityRow] = field(default_factory=dict)
    duties: dict[str, DutyRow] = field(default_factory=dict)
    contracts: dict[str, ContractRow] = field(default_factory=dict)
    rooms: dict[Address, RoomRow] = field(default_factory=dict)
    absences: dict[AbsenceRow, AbsenceRow] = field(default_factory=dict)
    rotations: dict[str, RotationRow] = field(default_factory=dict)

    def rows(self) -> Rows:
        made = (self.clients, self.people, self.identities, self.duties, self.contracts, self.rooms)
        return Rows(*made, self.absences, self.rotations)

    def read_vendor(self, top: Table) -> bool:
        """Whether the roster belongs to a demo."""
        if "vendor" not in top.data:
            top.note("vendor", 'missing (write [vendor] and below it name = "...", your own company)')
            return False
        table = self.fields.checked(top.table("vendor", None), "vendor")
        locale, zone = self.fields.locale(table, "en"), self.fields.zone(table, "UTC")
        self.clients[VENDOR_KEY] = ClientRow(VENDOR_KEY, self.fields.name(table), locale, zone)
        return table.flag("demo")

    def read_staff(self, row: Table) -> None:
        vendor = self.clients.get(VENDOR_KEY)
        key, name, role = self.fields.key(row), self.fields.name(row), row.choice("role", Role, required=True)
        if role is Role.CONTACT:
            row.note("role", f'"contact" is no staff (use {", ".join(_STAFF_ROLES)})')
        locale = self.fields.locale(row, vendor.locale if vendor else "en")
        zone = self.fields.zone(row, vendor.zone if vendor else "UTC")
        hours, nudges = self.fields.hours(row), self.fields.nudges(row, "staff nudges")
        notify, meeting, calendar = self.fields.notify(row), self.fields.meeting(row), self.fields.calendar(row)
        if not _is_new(row, key, key in self.people):
            return
        # Somebody with a wrong role still counts as staff here, or every client would be blamed for it too.
        own = "locale" in row.data, "zone" in row.data
        of_staff = (VENDOR_KEY, name, role or Role.MANAGER, locale, zone, hours)
        self.people[key] = PersonRow(key, *of_staff, nudges, notify, meeting, calendar, *own)
        self.absences.update((each, each) for each in read_absences(row, key, zone))
        self._read_identities(row, key, f"{STAFF}/{key}", STAFF)
        direct = Address(self.fields.known.home, ACCOUNT, f"direct:{key}")
        self._add_room(row, "id", RoomRow(direct, RoomKind.DIRECT, VENDOR_KEY, name, key))

    def read_client(self, row: Table) -> None:
        fields = self.fields
        key, name = fields.key(row), fields.name(row)
        if key.lower() == STAFF:
            row.note("id", f'"{key}" is taken by the bot itself (choose another id)')
        locale, zone, nudges = fields.locale(row, "en"), fields.zone(row, "UTC"), fields.nudges(row, "client nudges")
        client = ClientRow(key, name, locale, zone, nudges, row.flag("shadow"))
        duty, contract = self._read_duty(row, key), self._read_contract(row, client)
        if not _is_new(row, key, key in self.clients):
            return
        self.clients[key], self.duties[key], self.contracts[key] = client, duty, contract
        prefix = f'client "{key}": '
        for room in fields.rows(row, "rooms", "room", prefix):
            self._read_client_room(room, client)
        if "rooms" not in row.data:
            home = Address(fields.known.home, ACCOUNT, key)
            self._add_room(row, "id", RoomRow(home, RoomKind.CLIENT, key, name))
        for contact in fields.rows(row, "contacts", "contact", prefix):
            self._read_contact(contact, client)

    def read_team(self, row: Table) -> None:
        key, name = self.fields.key(row), self.fields.name(row)
        address = self._address(row, "room", f"team:{key}")
        if key and address is not None:
            locale, zone = self.fields.locale(row, "") or None, self.fields.zone(row, "") or None
            room = RoomRow(address, RoomKind.TEAM, VENDOR_KEY, name, locale=locale, zone=zone)
            self._add_room(row, "room", room)

    def read_rotation(self, row: Table) -> None:
        zone = self.clients[VENDOR_KEY].zone if VENDOR_KEY in self.clients else "UTC"
        found = read_rotation(self.fields, row, self.people, self.clients, zone)
        if found is not None and _is_new(row, found.key, found.key in self.rotations):
            self.rotations[found.key] = found

    def _read_duty(self, row: Table, client: str) -> DutyRow:
        manager, backups = row.text("manager", required=True), row.texts("backups")
        for key, name in (("manager", manager), *(("backups", backup) for backup in backups)):
            self._check_may_manage(row, key, name)
        people = tuple(dict.fromkeys((manager, *backups)))
        if len(people) <= len(backups):
            row.note("backups", "names somebody twice (each backup once, and not the manager)")
        return DutyRow(client, people)

    def _check_may_manage(self, row: Table, key: str, name: str) -> None:
        person = self.people.get(name)
        staff = [each.key for each in self.people.values() if each.role.is_staff]
        if name and (person is None or not person.role.is_staff):
            way_out = nearest(name, staff) if staff else " (write [[staff]] with that id)"
            row.note(key, f'"{name}" is not on the staff{way_out}')
        elif person is not None and person.role not in _MAY_MANAGE:
            roles = ", ".join(_MAY_MANAGE)
            row.note(key, f'"{name}" has the role {person.role} (who answers a client is one of: {roles})')

    def _read_contract(self, row: Table, client: ClientRow) -> ContractRow:
        policy, plan, variant = row.text("agreement", required=True), row.text("plan"), row.text("variant")
        catalog = self.fields.known.catalog
        if policy:
            try:
                catalog.get(policy, plan, variant)
            except UnknownPolicy as error:
                entry = catalog.entries.get(policy)
                plan_fits = entry is not None and plan in (entry.plans or ("",))
                row.note("agreement" if entry is None else "variant" if plan_fits else "plan", str(error))
        start = self.fields.moment(row, "start", client.zone)
        end = self.fields.moment(row, "end", client.zone, last_day=True)
        suspended = self.fields.moment(row, "suspended", client.zone)
        if start and end and end <= start:
            row.note("end", f"{shown(row.data['end'])} is before the start, {shown(row.data['start'])} (swap them)")
        return ContractRow(client.key, policy, plan, variant, start, end, suspended, self.fields.fee(row))

    def _read_client_room(self, row: Table, client: ClientRow) -> None:
        address = self._address(row, "id", client.key)
        if address is not None:
            locale, zone = self.fields.locale(row, "") or None, self.fields.zone(row, "") or None
            name = self.fields.name(row, client.name)
            room = RoomRow(address, RoomKind.CLIENT, client.key, name, locale=locale, zone=zone)
            self._add_room(row, "id", room)

    def _read_contact(self, row: Table, client: ClientRow) -> None:
        key, name = self.fields.key(row), self.fields.name(row)
        person = f"{client.key}/{key}"
        if not _is_new(row, key, person in self.people):
            return
        locale, zone = self.fields.locale(row, client.locale), self.fields.zone(row, client.zone)
        self.people[person] = PersonRow(person, client.key, name, Role.CONTACT, locale, zone)
        self._read_identities(row, person, person, client.key)

    def _read_identities(self, row: Table, person: str, home: str, scope: str) -> None:
        """`home` is the person's id on the bot's own channel, where every id begins with `scope`."""
        table = row.table("identities", None)
        for channel in {self.fields.known.home: home, **table.data}:
            if not self.fields.channel(table, channel, channel):
                continue
            value, account = table.data.get(channel, home), ACCOUNT
            if isinstance(value, Mapping):
                long = self.fields.checked(table.table(channel, None), "identity")
                account, value = long.text("account") or ACCOUNT, long.text("id", required=True)
            if not isinstance(value, str) or not value:
                table.note(channel, f'{shown(value)} is not a user id (write {channel} = "...")')
                continue
            if channel == self.fields.known.home:
                value = value if "/" in value else f"{scope}/{value}"
                # A client's own back end may call a contact differently; staff are called as they sign in.
                foreign = account != ACCOUNT or not value.startswith(f"{scope}/")
                if foreign or (scope == STAFF and value != home):
                    table.note(channel, f'"{value}" is not for "{person}" (leave it out: it is {home})')
                    continue
            address = Address(channel, account, value)
            taken = self.identities.setdefault(address, IdentityRow(address, person)).person
            if taken != person:
                table.note(channel, f'{address} is "{taken}" already (one person per identity)')

    def _address(self, row: Table, key: str, home: str) -> Address | None:
        """The address a room's row names; on the bot's own channel it is always `home`."""
        channel = row.text("channel") or self.fields.known.home
        if not self.fields.channel(row, "channel", channel):
            return None
        account, name = row.text("account") or ACCOUNT, row.text(key)
        if channel == self.fields.known.home:
            chosen = name if name != home and key in row.data else ""
            if chosen or account != ACCOUNT:
                row.note(key, f'"{chosen or account}" cannot be chosen on {channel} (leave it out: it is {home})')
            return Address(channel, ACCOUNT, home)
        if not name:
            row.note(key, f'missing (write {key} = "...", the id that the channel gives the room)')
        return Address(channel, account, name)

    def _add_room(self, row: Table, key: str, room: RoomRow) -> None:
        taken = self.rooms.setdefault(room.address, room)
        if taken is not room:
            row.note(key, f'{room.address} is the room of "{taken.name}" already (one row per room)')


def _is_new(row: Table, key: str, taken: bool) -> bool:
    """Whether a row with this id can be added; notes a second one."""
    if key and taken:
        row.note("id", f'there are two with the id "{key}" (give each its own)')
    return bool(key) and not taken

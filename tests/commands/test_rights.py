"""Who may say what where: a change of rights is a change of this table."""

from __future__ import annotations

from fakes import REGISTRY

from bot.commands.base import Actor
from bot.people import VENDOR, Person, Role, Room, RoomKind
from bot.sla.log import Party

ROOMS = {"C": RoomKind.CLIENT, "D": RoomKind.DIRECT, "T": RoomKind.TEAM, "u": RoomKind.UNLINKED}

# C in a client's room, D in a direct chat, T in a team room, - nowhere; an unlinked room would be u.
# "colleague" is somebody whom the roster does not list.
RIGHTS = """
command      colleague contact manager technician supervisor product lead admin bot automatic
accept-eta   C         C       -       -          -          -       -    -     -   -
acknowledge  -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
answered     -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
ask-assign   -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
ask-call     C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
ask-details  -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
ask-eta      -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
ask-progress -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
assign       -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
away         -         -       DT      DT         DT         DT      DT   DT    -   -
away-off     -         -       DT      DT         DT         DT      DT   DT    -   -
back         -         -       DT      DT         DT         DT      DT   DT    -   -
book-call    C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
book-call-anyway C     C       -       -          -          -       -    -     -   -
book-call-with C       C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
calendar     -         -       D       D          D          D       D    D     -   -
calendar-renew -       -       D       D          D          D       D    D     -   -
call-cancel  C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-confirm C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-hand    -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-held    -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-kind    C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-missed  -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-move    C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-time    C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
call-wish    C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
calls        C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
confirm      C         C       -       -          -          -       -    -     -   -
deescalate   -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
discard      -         -       D       D          D          D       D    D     -   -
escalate     C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
escalate-from C        C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
eta          -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
help         C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
hold         -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
hours        C         C       C       C          C          C       C    C     -   -
language     C         C       CD      CD         CD         CD      CD   CD    -   -
meant        -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
merge        -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
new          C         C       -       -          -          -       -    -     -   -
note         -         -       DT      DT         DT         DT      DT   DT    -   -
oncall       -         -       DT      DT         DT         DT      DT   DT    -   -
oncall-no    -         -       DT      DT         DT         DT      DT   DT    -   -
oncall-yes   -         -       DT      DT         DT         DT      DT   DT    -   -
priority     -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
progress     -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
rate         C         C       -       -          -          -       -    -     -   -
relink       -         -       -       -          -          -       DT   DT    -   -
reopen       C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
reply        -         -       D       D          D          D       D    D     -   -
resolve      C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
resume       -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
seen         -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
send         -         -       D       D          D          D       D    D     -   -
send-progress -        -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
separate     C         C       C       C          C          C       C    C     -   -
sla          -         -       T       T          T          T       T    T     -   -
split        -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
status       C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
still-waiting -        -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
take         -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
testnudge    -         -       D       D          D          D       D    D     -   -
tickets      -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
undo         -         -       CDT     CDT        CDT        CDT     CDT  CDT   -   -
urgency      C         C       -       -          -          -       -    -     -   -
whoami       C         C       CDT     CDT        CDT        CDT     CDT  CDT   -   -
"""

COLUMNS = RIGHTS.split("\n")[1].split()[1:]


def actor(column: str) -> Actor:
    if column in ("bot", "automatic"):
        lead = Person(1, "x", VENDOR, "X", Role.LEAD, "en", "UTC")
        return Actor(Party(column), "X", "x", lead)
    if column == "colleague":
        return Actor(Party.CLIENT, "X", "x")
    role = Role(column)
    person = Person(1, "x", VENDOR if role.is_staff else 1, "X", role, "en", "UTC")
    return Actor(Party.STAFF if role.is_staff else Party.CLIENT, "X", "x", person)


def room(kind: RoomKind) -> Room:
    return Room(1, 1, kind, "inapp", "a", "r", "Room", None, "en", "UTC")


def test_the_rights_are_those_of_the_table() -> None:
    rows = [["command", *COLUMNS]]
    for name, command in REGISTRY.commands.items():
        cells = [
            "".join(letter for letter, kind in ROOMS.items() if command.allows(actor(column), room(kind)))
            for column in COLUMNS
        ]
        rows.append([name, *(cell or "-" for cell in cells)])
    assert rows == [line.split() for line in RIGHTS.strip().split("\n")]


def test_help_lists_what_is_allowed_and_not_hidden() -> None:
    for column in COLUMNS:
        for kind in RoomKind:
            listed = {command.name for command in REGISTRY.allowed(actor(column), room(kind))}
            assert listed == {
                name
                for name, command in REGISTRY.commands.items()
                if command.allows(actor(column), room(kind)) and not command.hidden
            }

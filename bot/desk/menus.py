"""Which commands a platform's menus show: those that may be said in a room, in its language."""

from __future__ import annotations

from bot.channels.base import Menu
from bot.commands.base import Actor
from bot.commands.registry import Registry
from bot.i18n import Catalogue
from bot.people import VENDOR, Person, Role, Room, RoomKind
from bot.sla.log import Party
from bot.store.tx import Tx


def menus(tx: Tx, registry: Registry, words: Catalogue, channel: str) -> list[Menu]:
    """The commands of a channel's rooms in their languages; where no room is known yet, those of a client."""
    anywhere = _stand_in(RoomKind.CLIENT)
    found = [_menu(registry, words, None, locale, _client(), anywhere) for locale in words.locales]
    for room in tx.rooms.of_channel(channel):
        actor = _client() if room.kind is RoomKind.CLIENT else _staff(tx, room)
        # The room's own language first: it is the one for readers whose language has no menu.
        locales = dict.fromkeys((room.locale, *words.locales))
        found.extend(_menu(registry, words, room.ext_id, locale, actor, room) for locale in locales)
    return found


def _menu(registry: Registry, words: Catalogue, at: str | None, locale: str, actor: Actor, room: Room) -> Menu:
    spoken = words.words(locale)
    names = [command.name for command in registry.allowed(actor, room)]
    return Menu(at, locale, tuple((name, spoken.text(f"help.{name}")) for name in names))


def _client() -> Actor:
    return Actor(Party.CLIENT, "", "")


def _staff(tx: Tx, room: Room) -> Actor:
    """Whose rights a room's menu shows: its person's, in a team's room those of a manager; of who has left, none."""
    if room.person_id is not None:
        person = tx.people.person(room.person_id)
        return Actor(Party.STAFF if person.active else Party.AUTOMATIC, "", "", person)
    return Actor(Party.STAFF, "", "", Person(0, "", VENDOR, "", Role.MANAGER, "en", "UTC"))


def _stand_in(kind: RoomKind) -> Room:
    return Room(0, 0, kind, "", "", "", "", None, "en", "UTC")

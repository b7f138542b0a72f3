"""Which commands there are, and which one a text says; it runs none and knows no platform.

Commands are found by iterating the package, so that a new file is a new command.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import bot.commands
from bot.commands.base import INTERNAL_ROOMS, Actor, Audience, Command, Refusal
from bot.notice import say
from bot.people import Room, RoomKind
from bot.tickets import parse_reference

_NO_COMMANDS = frozenset({"base", "registry"})
_BETWEEN_WORDS = "[-_ ]?"
_UNKNOWN = re.compile(r"([^\W\d_][\w-]*)(@[\w.-]+)?(?=\s|$)")
_ADDRESSED = re.compile(r"/[^\W\d_][\w-]*(@\w+bot)(?=\s|$)", re.IGNORECASE)
_OWN_NAME = "pledge"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says. `word` is the name as written, `rest` what stands after it, verbatim but stripped.

    `name` None: there is no such command; `nearest` is then the likeliest that is meant, empty where none is near.
    `is_bare`: without slash or mention, so that for whoever may not say it here it is a message like any other.
    """

    name: str | None
    rest: str
    word: str
    nearest: str = ""
    is_bare: bool = False


class Registry:
    """The commands by name, in the order of help: alphabetical. Immutable."""

    def __init__(self, commands: Iterable[Command] | None = None) -> None:
        """Of these commands, or of all in the package; ValueError where two share a spelling."""
        found = discover() if commands is None else commands
        self.commands: Mapping[str, Command] = {
            command.name: command for command in sorted(found, key=lambda each: each.name)
        }
        self._spellings = _spellings(self.commands.values())
        self._said = _said(self.commands.values())

    def __getitem__(self, name: str) -> Command:
        return self.commands[name]

    def allowed(self, actor: Actor, room: Room) -> tuple[Command, ...]:
        """What this actor may say in this room, without the commands that only buttons say."""
        return tuple(
            command for command in self.commands.values() if not command.hidden and command.allows(actor, room)
        )

    def refusal(self, command: Command, actor: Actor, room: Room) -> Refusal:
        """Why he may not say it here: others read along, a client does, it is for his own chat, or not his to say."""
        if actor.is_staff and room.kind.is_internal and room.outsiders is not None:
            return Refusal(say("errors.outsiders"))
        if actor.is_staff and command.rooms == {RoomKind.DIRECT} and room.kind is not RoomKind.DIRECT:
            return Refusal(say("errors.direct_only"))
        elsewhere = Audience.STAFF in command.audience and bool(command.rooms & INTERNAL_ROOMS)
        if actor.is_staff and elsewhere and not room.kind.is_internal:
            return Refusal(say("errors.internal_only"))
        return Refusal(say("errors.not_allowed"))

    def parse(
        self,
        text: str,
        *,
        bot_names: Iterable[str] = (),
        bare: bool = False,
        suggest: Callable[[], Collection[str]] | None = None,
    ) -> Parsed | None:
        """The command that `text` says; None where it is a message like any other, or meant for another bot.

        1. A leading mention of the bot goes (`@Pledge`, or another of `bot_names`), then one slash. Without
           either only `bare` is left, where a text counts if it is nothing but a name and perhaps one ticket
           reference: "resolve the problem please" is no command.
        2. The name, in any case, `-`, `_`, a space or nothing between its words; `@bot` behind it must be ours.
        3. After a slash any other word is an unknown command, unless it cannot be a name: a path, a number. Its
           `nearest` is taken from what `suggest` gives, asked only then; by default from all that help may list.
        """
        names = {_OWN_NAME, *(name.lstrip("@").casefold() for name in bot_names)}
        body, is_mentioned = _without_mention(text.strip(), names)
        has_slash = body.startswith("/")
        body = body.removeprefix("/")
        if is_mentioned and not body:
            return Parsed("help", "", "")
        if not (has_slash or is_mentioned or bare):
            return None
        match = self._said.match(body)
        if match is None:
            return self._unknown(body, names, suggest) if has_slash else None
        if not _is_ours(match["bot"], names):
            return None
        name = self._spellings[_spelling(match["name"])]
        rest = body[match.end() :].strip()
        is_bare = not (has_slash or is_mentioned)
        if is_bare and (match["name"] != match[0] or not self._stands_alone(name, rest)):
            return None
        return Parsed(name, rest, match["name"], is_bare=is_bare)

    def is_for_another(self, text: str, bot_names: Iterable[str]) -> bool:
        """Whether a command is said to another bot, by its name: `/status@OtherBot`. Names of bots end in "bot"."""
        match = _ADDRESSED.match(text.strip())
        return match is not None and not _is_ours(match[1], {name.casefold() for name in bot_names})

    def _stands_alone(self, name: str, rest: str) -> bool:
        return not self.commands[name].hidden and (not rest or parse_reference(rest) is not None)

    def _unknown(
        self, body: str, names: Collection[str], suggest: Callable[[], Collection[str]] | None
    ) -> Parsed | None:
        match = _UNKNOWN.match(body)
        if match is None or not _is_ours(match[2], names):
            return None
        listed = [command.name for command in self.commands.values() if not command.hidden]
        known = listed if suggest is None else suggest()
        close = difflib.get_close_matches(match[1].casefold().replace("_", "-"), known, n=1)
        return Parsed(None, body[match.end() :].strip(), match[1], close[0] if close else "")


def discover() -> list[Command]:
    """Every command of the package; ValueError for a module that exports none."""
    found: list[Command] = []
    for module in pkgutil.iter_modules(bot.commands.__path__):
        if module.name in _NO_COMMANDS or module.name.startswith("_"):
            continue
        exports = vars(importlib.import_module(f"bot.commands.{module.name}"))
        if "COMMAND" in exports:
            found.append(exports["COMMAND"])
        elif "COMMANDS" in exports:
            found.extend(exports["COMMANDS"])
        else:
            raise ValueError(
                f"bot/commands/{module.name}.py exports neither COMMAND nor COMMANDS "
                "(what only helps other commands has a name that starts with _)"
            )
    return found


def _spellings(commands: Iterable[Command]) -> dict[str, str]:
    """Every spelling, without what stands between its words, to the name it says."""
    found: dict[str, str] = {}
    for command in commands:
        for written in (command.name, *command.aliases):
            taken = found.setdefault(_spelling(written), command.name)
            if taken != command.name:
                raise ValueError(f'commands: "{written}" says both {taken} and {command.name} (rename one)')
    return found


def _said(commands: Iterable[Command]) -> re.Pattern[str]:
    """Matches a name at the start of a text, the longest first, with `@bot` behind it where one is named."""
    written = [name for command in commands for name in (command.name, *command.aliases)]
    alternatives = "|".join(
        _BETWEEN_WORDS.join(re.escape(word) for word in name.split("-"))
        for name in sorted(written, key=len, reverse=True)
    )
    return re.compile(rf"(?P<name>{alternatives})(?P<bot>@[\w.-]+)?[?!.,:;]*(?=\s|$)", re.IGNORECASE)


def _without_mention(text: str, names: Collection[str]) -> tuple[str, bool]:
    """The text after a leading mention of one of the names, and whether there was one."""
    if not text.startswith("@"):
        return text, False
    for name in sorted(names, key=len, reverse=True):
        said, after = text[1 : len(name) + 1], text[len(name) + 1 :]
        if said.casefold() == name and not re.match(r"[\w@]", after):
            return after.lstrip(" \t\r\n,:;"), True
    return text, False


def _is_ours(suffix: str | None, names: Collection[str]) -> bool:
    return suffix is None or suffix[1:].casefold() in names


def _spelling(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).casefold()

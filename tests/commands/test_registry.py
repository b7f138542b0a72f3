"""Which command a text says, as it is spelt on every platform."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import CLIENT, CLIENT_ROOM, DIRECT, REGISTRY, STAFF, TEAM, WORDS

from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply
from bot.commands.registry import Registry
from bot.people import RoomKind

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
LISTED = [command for command in REGISTRY.commands.values() if not command.hidden]


def _silent(call: Call) -> Reply:
    return None


def registry(*names: str) -> Registry:
    return Registry(Command(name, EVERYBODY, ANY_ROOM, _silent) for name in names)


CALLS = registry("book-call", "book", "status", "help")


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        # PLATFORMS, trap 1: one intent, however its name is put together.
        ("/book-call x", "book-call", "x"),
        ("/book_call@PledgeBot x", "book-call", "x"),
        ("/BookCall x", "book-call", "x"),
        ("/book call x", "book-call", "x"),
        ("/BOOKCALL", "book-call", ""),
        # The longest name wins, and only whole words are names.
        ("/book x", "book", "x"),
        ("/book  call-in  x", "book", "call-in  x"),
        # With a mention, with or without the slash.
        ("@Pledge status", "status", ""),
        ("@pledge: status T-42", "status", "T-42"),
        ("@PledgeBot /status", "status", ""),
        ("@Support Desk status", "status", ""),
        ("/status@pledgebot", "status", ""),
        ("@Pledge", "help", ""),
        # The rest is verbatim.
        ("/book-call  Tomorrow, 15:00\nthe New funnels ", "book-call", "Tomorrow, 15:00\nthe New funnels"),
        ("/status?", "status", ""),
        ("  /status  ", "status", ""),
    ],
)
def test_one_intent_however_it_is_spelt(text: str, name: str, rest: str) -> None:
    parsed = CALLS.parse(text, bot_names=["PledgeBot", "Support Desk"])
    assert parsed is not None
    assert (parsed.name, parsed.rest, parsed.is_bare) == (name, rest, False)


@pytest.mark.parametrize(
    "text",
    [
        "/status@OtherBot",
        "/nonsense@OtherBot",
        "@OtherBot status",
        "@PledgeBots status",
        "@Pledge our funnels are down",
        "status",
        "please /status",
        "the status is bad",
        "/var/log is full",
        "/15 minutes without an answer",
        "/",
        "",
    ],
)
def test_a_message_like_any_other_is_no_command(text: str) -> None:
    assert CALLS.parse(text, bot_names=["PledgeBot"]) is None


@pytest.mark.parametrize(
    ("text", "is_command"),
    [
        ("status", True),
        ("Status T-42", True),
        ("resolve", True),
        ("resolve #42", True),
        ("who am i", True),
        ("/status and more", True),
        ("resolve the problem please", False),
        ("status?", False),
        ("help me", False),
        ("take a look at T-42", False),
        ("confirm", False),
        ("confirm T-42", False),
        ("", False),
    ],
)
def test_a_bare_word_counts_only_alone_or_with_a_reference(text: str, is_command: bool) -> None:
    assert (REGISTRY.parse(text, bare=True) is not None) is is_command


def test_a_bare_word_says_that_it_is_one() -> None:
    parsed = REGISTRY.parse("take T-42", bare=True)
    assert parsed is not None and parsed.is_bare and parsed.rest == "T-42"


@pytest.mark.parametrize(
    ("text", "word", "nearest"),
    [
        ("/stauts T-42", "stauts", "status"),
        ("/book_cal x", "book_cal", "book-call"),
        ("/qwertyuiop", "qwertyuiop", ""),
        ("/статус", "статус", ""),
    ],
)
def test_an_unknown_command_comes_with_the_nearest(text: str, word: str, nearest: str) -> None:
    parsed = CALLS.parse(text)
    assert parsed is not None
    assert (parsed.name, parsed.word, parsed.nearest) == (None, word, nearest)


def test_the_nearest_is_one_that_the_asker_may_say() -> None:
    mine = [command.name for command in REGISTRY.allowed(CLIENT, CLIENT_ROOM)]
    everything, known = REGISTRY.parse("/slaa"), REGISTRY.parse("/slaa", suggest=lambda: mine)
    assert everything is not None and everything.nearest == "sla"
    assert known is not None and known.nearest != "sla"


def test_a_hidden_command_is_never_suggested() -> None:
    parsed = REGISTRY.parse("/acknowledg")
    assert parsed is not None and parsed.nearest != "acknowledge"


def test_a_spelling_says_one_command_only() -> None:
    with pytest.raises(ValueError, match="both book-call and bookcall"):
        registry("book-call", "bookcall")


def test_refusals_tell_staff_where_a_command_works() -> None:
    def key(name: str, actor: object = STAFF, room: object = CLIENT_ROOM) -> str:
        return REGISTRY.refusal(REGISTRY[name], actor, room).say.key

    assert key("note") == "errors.internal_only"
    assert key("sla") == "errors.internal_only"
    assert key("urgency") == "errors.not_allowed"
    assert key("sla", CLIENT) == "errors.not_allowed"
    assert key("sla", STAFF, DIRECT) == "errors.not_allowed"


def test_an_unlinked_room_knows_no_command() -> None:
    unlinked = replace(TEAM, kind=RoomKind.UNLINKED)
    assert REGISTRY.allowed(STAFF, unlinked) == ()
    assert REGISTRY.allowed(CLIENT, unlinked) == ()


@pytest.mark.parametrize("command", LISTED, ids=lambda command: command.name)
def test_every_command_has_help_and_an_example_in_every_language(command: Command) -> None:
    for words in WORDS.locales.values():
        assert words.text(f"help.{command.name}")
        parsed = REGISTRY.parse(f"/{words.text(f'example.{command.name}')}")
        assert parsed is not None and parsed.name == command.name


def test_the_reference_lists_every_command_once() -> None:
    listed = re.findall(r"^\| `/([a-z-]+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [command.name for command in LISTED]

"""The catalogues: complete, filled alike in every language, plural by CLDR, in the tone we promise."""

from __future__ import annotations

import ast
import gettext
import re
import string
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from babel.core import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.people import Role
from bot.sla.policy import Metric, Priority
from bot.tickets import Status
from bot.when import split_when

ROOT = Path(__file__).parent.parent


def read(locale: str) -> Catalog:
    with (ROOT / "locales" / locale / "LC_MESSAGES" / "pledge.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def key(message: Message) -> str:
    return message.id[0] if message.pluralizable else message.id


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if message.pluralizable else (message.string,)


LOCALES = sorted(folder.name for folder in (ROOT / "locales").iterdir() if folder.is_dir())
CATALOGS = {locale: read(locale) for locale in LOCALES}
TEXTS = {locale: {key(m): m for m in catalog if m.id} for locale, catalog in CATALOGS.items()}


def test_english_and_russian_are_there() -> None:
    assert {"en", "ru"} <= set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_every_key_once_and_nothing_else(locale: str) -> None:
    assert list(TEXTS[locale]) == list(TEXTS["en"])
    source = (ROOT / "locales" / locale / "LC_MESSAGES" / "pledge.po").read_text(encoding="utf-8")
    ids = re.findall(r'^msgid "(.+)"$', source, re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(TEXTS[locale])


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_translated_with_the_same_placeholders(locale: str) -> None:
    for name, message in TEXTS[locale].items():
        assert not message.fuzzy, name
        assert message.pluralizable == TEXTS["en"][name].pluralizable, name
        for text in forms(message):
            assert text and text == text.strip() and "\n" not in text, name
            assert placeholders(text) == placeholders(forms(TEXTS["en"][name])[0]), name


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_can_be_filled_and_is_not_its_own_key(locale: str) -> None:
    for name, text in every_text(locale):
        assert text != name
        assert text.count("**") % 2 == 0, name
        for _, field, spec, conversion in string.Formatter().parse(text):
            assert field is None or (field.isidentifier() and not spec and conversion is None), name


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_shouts_or_apologises(locale: str) -> None:
    for name, text in every_text(locale):
        assert "!" not in text, name
        assert not re.search(r"\b(sorry|apolog|unfortunately|please)|извин|к сожалению|пожалуйста", text.lower()), name


def test_a_guarantee_is_spoken_of_in_commitments_only() -> None:
    commitments = {
        f"window.{kind}" for kind in ("in_hours", "capped", "capped_alone", "out_of_hours", "acknowledged", "then")
    }
    assert {name for name in TEXTS["en"] if "guarant" in forms(TEXTS["en"][name])[0].lower()} == commitments
    assert {name for name in TEXTS["ru"] if "гарант" in forms(TEXTS["ru"][name])[0].lower()} == commitments


@pytest.mark.parametrize("locale", LOCALES)
def test_the_plural_forms_are_those_of_cldr(locale: str) -> None:
    """Babel takes a wrong Plural-Forms header as it is, so the file itself is held against CLDR."""
    source = (ROOT / "locales" / locale / "LC_MESSAGES" / "pledge.po").read_text(encoding="utf-8")
    header = re.search(r"Plural-Forms: nplurals=(\d+); plural=(.+?);\\n", source)
    assert header is not None
    index, category = gettext.c2py(header[2]), Locale.parse(locale).plural_form
    pairs = {(category(count), index(count)) for count in range(1000)}
    assert len(pairs) == len({tag for tag, _ in pairs}) == len({number for _, number in pairs}) == int(header[1])
    plurals = [message for message in TEXTS[locale].values() if message.pluralizable]
    assert plurals and all(len(forms(message)) == int(header[1]) for message in plurals)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_value_that_is_shown_has_its_name(locale: str) -> None:
    names = [
        *(f"priority.{each.value}" for each in Priority),
        *(f"metric.{each.value}" for each in Metric),
        *(f"state.{each.value}" for each in Status),
        *(f"role.{each.value}" for each in Role),
    ]
    assert set(names) <= set(TEXTS[locale])


def said() -> tuple[set[str], list[str]]:
    """What the code says: whole keys, and patterns of the keys it puts together, `metric\\..+` for f"metric.{name}"."""
    whole, patterns = set(), []
    for file in (ROOT / "bot").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        enums = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and "StrEnum" in ast.unparse(node)]
        values = {id(inner) for enum in enums for inner in ast.walk(enum)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in values:
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"[\w-]+" for part in node.values]
                patterns.append("".join(parts))
    # A pattern must name the family or the end of a key, or it would match everything.
    return whole, [each for each in patterns if re.match(r"[a-z]+(\\\.|_)|.*(\\\.|_)[a-z]+$", each)]


def test_every_text_is_said_somewhere() -> None:
    whole, patterns = said()
    silent = [
        name
        for name in TEXTS["en"]
        if name not in whole
        and not any(re.fullmatch(pattern, name) for pattern in patterns)
        and not (name.endswith("_again") and name.removesuffix("_again") in whole)
    ]
    assert silent == []


def test_every_refusal_of_a_time_has_its_words() -> None:
    reasons = set()
    for file in (ROOT / "bot" / "when").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("errors."):
                reasons.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refusal":
                reasons |= {f"errors.when.{a.value}" for a in node.args if isinstance(a, ast.Constant) and a.value}
    reasons.discard("errors.when.")
    assert len(reasons) > 10
    for name in reasons:
        assert placeholders(forms(TEXTS["en"][name])[0]) == {"value", "example"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_command_has_a_line_of_help_and_an_example_that_begins_with_it(locale: str) -> None:
    commands = {name.removeprefix("example.") for name in TEXTS[locale] if name.startswith("example.")}
    helped = {name.removeprefix("help.") for name in TEXTS[locale] if name.startswith("help.")}
    assert commands == helped - {"intro", "line", "example"}
    for name in commands:
        assert forms(TEXTS[locale][f"example.{name}"])[0].split()[0] == name


@pytest.mark.parametrize("locale", LOCALES)
def test_the_examples_of_times_can_be_read(locale: str) -> None:
    now = datetime(2026, 11, 25, 9, 5, tzinfo=UTC)
    eta = forms(TEXTS[locale]["example.eta"])[0].split(maxsplit=2)[2]
    call = forms(TEXTS[locale]["example.book-call"])[0].split(maxsplit=1)[1]
    at, reason = split_when(eta, now, "Europe/Berlin", locale, open_at=time(10))
    assert at == datetime(2026, 11, 25, 15, 0, tzinfo=UTC) and reason
    at, topic = split_when(call, now, "Europe/Berlin", locale)
    assert at == datetime(2026, 11, 26, 14, 0, tzinfo=UTC) and topic


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def every_text(locale: str) -> list[tuple[str, str]]:
    return [(name, text) for name, message in TEXTS[locale].items() for text in forms(message)]

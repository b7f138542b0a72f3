"""The documentation and the code say the same: the reference is complete, and what a page names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest

from bot import cli, metrics
from bot.commands.registry import Registry
from bot.config.load import CONFIG, SECRETS_DIR, variables
from bot.i18n import load as load_words
from bot.roster import KEYS as ROSTER_KEYS
from bot.roster import parse_roster
from bot.sla.policy_file import load_folder
from bot.sla.policy_table import KEYS as POLICY_KEYS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
WORDS = {
    *("client", "contract", "contact", "room", "channel", "ticket", "priority", "policy", "target", "metric"),
    *("window", "calendar", "clock", "due_at", "remaining", "hold", "resume", "step", "nudge", "escalation"),
    *("commitment", "breach", "shortfall", "miss", "manager", "backup", "specialist", "supervisor", "lead"),
    *("ETA", "notice", "inbox", "outbox", "delivery", "compliance"),
}
ADR_PARTS = ["Context", "Decision", "Consequences", "Measured", "Rejected"]
PERMISSIVE = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC", re.IGNORECASE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def code(page: Path) -> Iterator[str]:
    """What stands as code on the page: blocks, then inline."""
    text = page.read_text(encoding="utf-8")
    yield from re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", prose(page))


def links(page: Path) -> Iterator[str]:
    """Targets of links and pictures that point into the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"\w+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Headings as they are addressed."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def shell_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its words: "sla due"."""

    def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if not isinstance(command, click.Group):
            yield path, command
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from walk(f"{path} {name}".strip(), inner)

    return walk("", cli.main)


# Links and index --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{name_of(page)}: {target}"
        assert not anchor or anchor in anchors(place), f"{name_of(page)}: {target}"


def test_every_page_can_be_found_from_the_readme() -> None:
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in found or page.suffix != ".md" or not page.exists():
            continue
        found.add(page)
        waiting += [(page.parent / target.partition("#")[0]).resolve() for target in links(page)]
    assert not [name_of(page) for page in PAGES if page not in found]


def test_every_decision_is_in_the_index_and_has_its_parts() -> None:
    pages = sorted(path for path in (DOCS / "adr").glob("*.md") if path.name != "README.md")
    index = re.findall(r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \|$", read("docs/adr/README.md"), re.MULTILINE)
    assert [target for _, target, _ in index] == [path.name for path in pages]
    for number, (path, (shown, _, title)) in enumerate(zip(pages, index, strict=True), 1):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {number:04} {title}\n") and shown == f"{number:04}", path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_PARTS, path.name
        assert re.search(r"^Status: \w+, \w+ \d{4}\.", text, re.MULTILINE), path.name


def test_every_how_to_is_in_its_index() -> None:
    pages = {path.name for path in (DOCS / "how-to").glob("*.md")} - {"README.md"}
    assert pages == set(links(DOCS / "how-to" / "README.md")) - {"../README.md"}


# The reference is complete ------------------------------------------------------------------------------------------


def test_every_shell_command_and_option_is_in_the_reference() -> None:
    sections = re.split(r"^## ", read("docs/reference/cli.md"), flags=re.MULTILINE)[1:]
    missing = []
    for path, command in shell_commands():
        section = next((each for each in sections if re.match(rf"`pledge {path}\b", each)), None)
        if section is None:
            missing.append(f"pledge {path}")
            continue
        options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
        missing += [f"pledge {path} {option.opts[0]}" for option in options if f"`{option.opts[0]}" not in section]
    assert not missing


def test_every_command_of_the_chat_is_in_the_reference() -> None:
    page = read("docs/reference/commands.md")
    shown = {name for name, command in Registry().commands.items() if not command.hidden}
    assert set(re.findall(r"^\| `/([\w-]+)", page, re.MULTILINE)) == shown


def test_every_setting_is_in_the_reference() -> None:
    page = read("docs/reference/settings.md")
    assert not [name for name in [*variables(), CONFIG, SECRETS_DIR] if f"`{name}`" not in page]


@pytest.mark.parametrize("part", POLICY_KEYS)
def test_every_key_of_a_policy_file_is_in_the_reference(part: str) -> None:
    spoken = set(re.findall(r"[\w-]+", " ".join(code(DOCS / "reference" / "policy-file.md"))))
    assert set(POLICY_KEYS[part]) <= spoken


@pytest.mark.parametrize("part", ROSTER_KEYS)
def test_every_key_of_the_roster_file_is_in_the_reference(part: str) -> None:
    spoken = set(re.findall(r"[\w-]+", " ".join(code(DOCS / "reference" / "roster-file.md"))))
    assert set(ROSTER_KEYS[part]) <= spoken


def test_every_metric_is_explained_to_the_operator() -> None:
    text = metrics.exposition().decode()
    names = [name for name in re.findall(r"^# TYPE (\w+)", text, re.MULTILINE) if not name.endswith("_created")]
    assert len(names) > 5
    assert set(re.findall(r"^\| `(pledge_\w+)`", read("docs/operations.md"), re.MULTILINE)) == set(names)


def test_every_benchmark_is_on_its_page() -> None:
    names = {path.stem for path in (ROOT / "bench").glob("[!_]*.py")}
    assert {
        name.removeprefix("bench.") for name in re.findall(r"python -m (bench\.\w+)", read("docs/benchmarks.md"))
    } == names


# What the pages name is there ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_tells_to_type_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    words = {path.split()[0] for path, _ in shell_commands()}
    for text in code(page):
        assert set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE)) <= targets, name_of(page)
        called = re.findall(r"^(?:\.venv/bin/)?pledge ([a-z]+)", text, re.MULTILINE)
        assert set(called) <= words, name_of(page)


def test_the_two_commands_of_the_readme_are_targets() -> None:
    shown = re.findall(r"^make (\w+)", read("README.md"), re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert phony is not None and shown == ["run", "test"] and set(shown) <= set(phony[1].split())


@pytest.mark.parametrize("page", [*PAGES, ROOT / "Dockerfile", ROOT / "compose.yaml"], ids=name_of)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {*variables(), CONFIG, SECRETS_DIR}
    named = set(re.findall(r"\bPLEDGE_[A-Z_]*[A-Z]\b(?!_?\*)", page.read_text(encoding="utf-8")))
    assert named <= known, name_of(page)


def test_the_roster_of_the_quickstart_is_one() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", read("docs/quickstart.md"), re.MULTILINE | re.DOTALL)
    for block in blocks:
        roster = parse_roster(block, "quickstart.md", catalog=load_folder(), locales=tuple(load_words().locales))
        assert not roster.remarks
    assert blocks


# Words and terms ----------------------------------------------------------------------------------------------------


def test_every_word_of_the_glossary_is_there_once() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", read("docs/glossary.md"), re.MULTILINE)
    words = [word for word in words if word != "word" and not word.startswith("-")]
    assert len(words) == len({word.casefold() for word in words})
    assert set(words) >= WORDS


def test_every_licence_that_asks_for_more_is_named_in_the_readme() -> None:
    locked = re.findall(r"^([a-z0-9_.-]+)==", read("requirements.lock"), re.MULTILINE)
    strict = {name for name in locked if not PERMISSIVE.search(licence_of(name))}
    table = read("README.md").partition("## Dependencies and their licences")[2]
    assert strict == set(re.findall(r"^\| ([a-z0-9_.-]+) \| \S+ \|", table, re.MULTILINE)) - {"package"}


def licence_of(package: str) -> str:
    """What the installed package says of its licence: the expression, else the classifiers."""
    told = metadata.metadata(package).json
    classified = [str(value) for value in told.get("classifier", ()) if str(value).startswith("License ::")]
    return str(told.get("license_expression") or "; ".join(classified) or told.get("license") or "")


def test_the_changelog_has_a_place_for_the_next_line() -> None:
    assert re.search(r"^## \[Unreleased\]$", read("CHANGELOG.md"), re.MULTILINE)

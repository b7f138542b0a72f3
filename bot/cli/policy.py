"""`pledge policy`: check, list and show the agreements, and apply an edited one to open tickets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.catalog import load, with_policies
from bot.cli.failure import BadFile, BadValue, NoFile

if TYPE_CHECKING:
    from bot.sla.calendar import Holiday
    from bot.sla.policy import Policy, Target
    from bot.sla.policy_file import Catalog


@click.group()
def policy() -> None:
    """Check, list, show and apply agreements."""


@policy.command()
@with_policies
@click.option("--on-call", is_flag=True, help="Somebody is on call outside hours: no remark about caps.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Judge review dates and holidays by this day.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def check(folder: Path | None, on_call: bool, today: datetime | None, files: tuple[Path, ...]) -> None:
    """Check FILES, or all agreements when none is named.

    Prints every error with file, key, value and the way out, and remarks on what may surprise somebody.
    """
    from bot.app import wall_clock
    from bot.sla.policy_file import lint

    catalog = _load_files(files) if files else load(folder)
    named = {path.resolve() for path in files}
    day = today.date() if today else wall_clock().date()
    for entry in sorted(catalog.entries.values(), key=lambda entry: entry.id):
        if named and entry.file.resolve() not in named:
            continue
        click.echo(f"{entry.file.name}: in order")
        remarks = [remark for found in entry.policies.values() for remark in lint(found, day, anyone_on_call=on_call)]
        for remark in dict.fromkeys(remarks):
            click.echo(f"{entry.file.name}: remark: {remark}")


@policy.command("list")
@with_policies
def list_(folder: Path | None) -> None:
    """List the agreements with their plans and variants."""
    for entry in sorted(load(folder).entries.values(), key=lambda entry: entry.id):
        click.echo(f"{entry.id:<18} {entry.name}")
        for what, names in (("plans", entry.plans), ("variants", entry.variants)):
            if names:
                click.echo(f"{'':<18}   {what}: {', '.join(names)}")


@policy.command()
@with_policies
@click.option("--plan", default="", help="One plan only.")
@click.option("--variant", default="", help="A variant instead of the text as written.")
@click.option("--json", "as_json", is_flag=True, help="The canonical text that tickets pin.")
@click.argument("identity", metavar="ID")
def show(folder: Path | None, plan: str, variant: str, as_json: bool, identity: str) -> None:
    """Show what the agreement ID promises, with its clauses and our readings."""
    from bot.sla.policy_file import to_json

    catalog = load(folder)
    if as_json:
        click.echo(to_json(_get(catalog, identity, plan, variant)))
        return
    entry = catalog.entries.get(identity)
    plans = (plan,) if plan or entry is None else entry.plans or ("",)
    click.echo("\n\n".join("\n".join(_lines(_get(catalog, identity, name, variant))) for name in plans))


@policy.command()
@with_policies
@click.option("--open-tickets", "identity", metavar="ID", required=True, help="Those of the agreement ID.")
@click.option("--dry-run", is_flag=True, help="Only show what would move.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(folder: Path | None, identity: str, dry_run: bool, yes: bool) -> None:
    """Put open tickets under the present text of their agreement, and show which promises move.

    Works beside a running bot. Without this an edited file reaches new tickets only.
    """
    from bot.cli.open_tickets import apply as apply_to

    for line in apply_to(folder, identity, dry_run=dry_run, yes=yes):
        click.echo(line)


def _load_files(files: tuple[Path, ...]) -> Catalog:
    from bot.sla.policy_file import PolicyError, load_files

    for path in files:
        if path.is_dir():
            raise NoFile(f"policy file {path} is a folder (name a file in it, or say --policies {path})")
        if not path.is_file():
            raise NoFile(f"policy file {path} does not exist (name a file; `pledge policy list` shows ids)")
    try:
        return load_files(files)
    except PolicyError as error:
        raise BadFile(str(error)) from error


def _get(catalog: Catalog, identity: str, plan: str, variant: str) -> Policy:
    from bot.sla.policy_file import UnknownPolicy

    try:
        return catalog.get(identity, plan, variant)
    except UnknownPolicy as error:
        raise BadValue(str(error)) from error


def _lines(found: Policy) -> Iterator[str]:
    from bot.sla.policy_file import digest

    chosen = " ".join(part for part in (found.plan, found.variant) if part)
    yield f"{found.name} ({found.id}{' ' if chosen else ''}{chosen}), version {found.version}"
    yield f"  source: {found.source}"
    dates = {"effective": found.effective, "last review": found.last_review, "next review": found.next_review}
    yield from (f"  {name}: {day}" for name, day in dates.items() if day)
    yield f"  digest: {digest(found)}"
    yield f"  hours ({found.calendar.zone}), a working day is {span(found.calendar.working_day)}:"
    for day, hours in found.calendar.week.items():
        yield f"    {day} {', '.join(map(str, hours)) or 'closed'}"
    yield from (f"    {_days(h)} {h.name}" for h in found.calendar.holidays)
    yield f"  a response is: {', '.join(sorted(found.response_counts))}"
    for level in found.levels.values():
        usual = " (default)" if level.priority is found.default_priority else ""
        yield f"  {level.priority}{usual}: {level.name}. {level.sentence}"
        for target in level.targets:
            yield f"    {target.metric.lower()}: {_promise(target)}"
            yield f"      {target.clause}"
            if target.reading:
                yield f"      reading: {target.reading}"
    for rung in found.ladder:
        yield f"  level {rung.level} at {rung.at.replace('_', ' ')}: {rung.name} ({rung.role})"
    if found.calls:
        yield f"  calls: {span(found.calls.notice)} of working time ahead; {', '.join(found.calls.kinds)}"
    yield from (f"  reading: {reading}" for reading in (*found.readings, found.nudges.reading) if reading)


def _promise(target: Target) -> str:
    """`commitment, within 10m "promptly", high load 1h, cap 24h, working time; held by client`."""
    parts: list[str] = [target.kind]
    if target.until_close:
        parts.append("by the close of each working day")
    lengths = (
        ("objective", target.objective),
        ("within", target.within),
        ("high load", target.high_load),
        ("cap", target.cap),
    )
    parts += [f"{name} {span(length)}" for name, length in lengths if length]
    parts.append(f"{target.basis} time")
    if target.holds:
        parts.append(f"held by {' and '.join(sorted(target.holds))}".replace("_", " "))
    return ", ".join(parts) + (f' ("{target.promise}")' if target.promise else "")


def _days(holiday: Holiday) -> str:
    several = holiday.last > holiday.first
    return f"{holiday.first} to {holiday.last}" if several else f"{holiday.first}"


def span(length: timedelta) -> str:
    """Hours and minutes: `9h`, `1h 30m`, `10m`, `30s`."""
    seconds = length // timedelta(seconds=1)
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s"))
    return " ".join(f"{amount}{unit}" for amount, unit in parts if amount)

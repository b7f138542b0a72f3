"""`pledge sla`: questions about deadlines, answered from the agreements alone; and what became of promised ETAs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from bot.cli.catalog import load, with_policies
from bot.cli.failure import BadValue, NoFile
from bot.cli.policy import span

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cli.due import Answer
    from bot.sla.policy_file import Catalog


class _Lines(click.File):
    """A file to read, which ends the command like every other file that is not there."""

    def convert(
        self, value: str | os.PathLike[str] | IO[Any], param: click.Parameter | None, ctx: click.Context | None
    ) -> IO[Any]:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            raise NoFile(f"--batch: {error.message} (name a file, or - for standard input)") from error


@click.group()
def sla() -> None:
    """By when is it due, and why?"""


@sla.command()
@with_policies
@click.option("--policy", default="", help="Id of the agreement (see `pledge policy list`).")
@click.option("--plan", default="", help="Plan of the agreement, where it has plans.")
@click.option("--variant", default="", help="Variant of the agreement; the text as written without it.")
@click.option("--priority", default="", help="critical, high, medium, low ...; the agreement's default without it.")
@click.option("--metric", default="", help="response, acknowledgement, resolution ...; the first promise without it.")
@click.option("--at", default="", help="When the message came, with its offset: 2026-11-20T18:55+03:00.")
@click.option("--hold", "holds", multiple=True, metavar="FROM/TO", help="A time on hold; may be repeated.")
@click.option("--high-load", is_flag=True, help="High load was declared when the message came.")
@click.option("--explain", is_flag=True, help="Show every interval that was counted or left out.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option(
    "--batch",
    type=_Lines("rb"),
    help="Read one JSON object per line from FILE (- is standard input), answer one per line.",
)
def due(
    folder: Path | None,
    policy: str,
    plan: str,
    variant: str,
    priority: str,
    metric: str,
    at: str,
    holds: tuple[str, ...],
    high_load: bool,
    explain: bool,
    as_json: bool,
    batch: IO[bytes] | None,
) -> None:
    """Say by when a message that came at a moment is due."""
    from bot.cli.due import BadQuestion, answer, as_data, read_question

    asked: dict[str, object] = {
        "policy": policy,
        "plan": plan,
        "variant": variant,
        "priority": priority,
        "metric": metric,
        "at": at,
        "hold": list(holds),
    }
    if batch is not None:
        if any(asked.values()) or high_load:
            raise click.UsageError("--batch takes everything from its lines; leave the other values out")
        _answer_lines(load(folder), batch)
        return
    for name in ("policy", "at"):
        if not asked[name]:
            raise click.UsageError(f"Missing option '--{name}'.")
    try:
        question = read_question({**asked, "high_load": high_load})
        found = answer(load(folder), question)
    except BadQuestion as error:
        raise BadValue(str(error)) from error
    if as_json:
        click.echo(json.dumps(as_data(question, found), ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found, explain)))


@sla.command()
@click.option("--client", default="", help="Of one client, by its id in the roster.")
@click.option("--days", type=click.IntRange(1, 3660), default=30, help="Given in the last DAYS days.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def etas(client: str, days: int, as_json: bool) -> None:
    """Say what became of the ETAs that were promised: kept, moved, broken."""
    from bot.cli.etas import as_data, lines, read_ledger

    found = read_ledger(client, days)
    click.echo(json.dumps(as_data(found), ensure_ascii=False) if as_json else "\n".join(lines(found)))


def _answer_lines(catalog: Catalog, lines: IO[bytes]) -> None:
    """Answers every line it can; exits with 1 when there was one that it could not."""
    from bot.cli.due import BadQuestion

    failed = False
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                text = _answer_line(catalog, line)
            except BadQuestion as error:
                failed, text = True, _as_json({"error": str(error), "line": number})
            click.echo(text)
    if failed:
        raise click.exceptions.Exit(1)


def _answer_line(catalog: Catalog, line: bytes) -> str:
    """The JSON of an answer; BadQuestion whatever is wrong with the line, for its neighbours are answered still."""
    from bot.cli.due import BadQuestion, answer, as_data, read_question

    try:
        data = _parsed(line)
        if not isinstance(data, dict):
            raise BadQuestion("not a JSON object (write one in braces per line)")
        question = read_question(data)
        return _as_json(as_data(question, answer(catalog, question)))
    except RecursionError as error:
        raise BadQuestion("nested too deeply (write one flat object per line)") from error


def _parsed(line: bytes) -> object:
    from bot.cli.due import BadQuestion

    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        wrong = f"byte {line[error.start]:#x} at position {error.start}"
        raise BadQuestion(f"not UTF-8: {wrong} (write the line in UTF-8)") from error
    except ValueError as error:  # JSONDecodeError, or a number of thousands of digits
        raise BadQuestion(f"not JSON: {error} (write one object per line)") from error


def _as_json(data: Mapping[str, object]) -> str:
    """One line that UTF-8 can carry: half a surrogate pair, which JSON may hold, stays escaped."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _lines(found: Answer, with_explanation: bool) -> Iterator[str]:
    """The answer for a reader: what is planned, in order, in the calendar's zone and in UTC."""
    from bot.sla.explain import as_text
    from bot.sla.plan import StepKind, plan

    policy, clock, level = found.policy, found.clock, found.level
    zone = policy.calendar.zone
    title = " ".join(part for part in (policy.id, policy.plan, policy.variant) if part)
    length = "by the close" if clock.target.until_close else span(clock.window)
    promise = f'"{clock.target.promise}", ' if clock.target.promise else ""
    yield f"{title}, {level.priority} ({level.name}), {clock.metric.lower()}"
    yield f"{clock.kind}: {promise}{length}, {clock.target.basis} time"
    yield f"  {'received':<22}{_moment(clock.started_at, zone)}"
    for step in plan(policy, clock):
        if step.kind is not StepKind.REPEAT:
            capped = " (cap)" if step.kind is StepKind.BREACH and clock.binding == "cap" else ""
            yield f"  {step.rule + capped:<22}{_moment(step.at, zone)}"
    if found.note:
        yield f"note: {found.note}"
    if with_explanation:
        yield ""
        yield as_text(found.explanation, zone)


def _moment(at: datetime, zone: str) -> str:
    """`Fri 2026-11-20 18:55 Etc/GMT-3 (15:55 UTC)`; seconds only where there are some, never rounded up."""
    from zoneinfo import ZoneInfo

    style = "%H:%M:%S" if at.second else "%H:%M"
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a %Y-%m-%d {style}} {zone} ({at:{style}} UTC)"

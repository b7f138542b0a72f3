"""A policy file says what it says, its mistakes are all named at once, and its canonical text is stable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.people import Role
from bot.sla.calendar import Closure, Holiday
from bot.sla.policy import (
    Answer,
    Basis,
    HoldReason,
    Kind,
    Level,
    Metric,
    Period,
    Policy,
    Priority,
    RungAt,
    StaffRole,
    Start,
    Target,
)
from bot.sla.policy_file import (
    SHIPPED,
    PolicyError,
    UnknownPolicy,
    digest,
    from_json,
    lint,
    load_file,
    load_files,
    load_folder,
    to_json,
)
from bot.sla.policy_table import KEYS, parse_duration

HEAD = """
id = "acme"
name = "Acme support"
version = "3"
response_counts = ["reply"]
"""
HOURS = """
[calendar]
zone = "Europe/Berlin"
working_day = "8h"
[calendar.hours]
mon = "09:00-12:00"
tue = ["09:00-12:00", "13:00-18:00"]
"""
LEVELS = """
[priorities.medium]
name = "Usual"
[priorities.medium.response]
kind = "commitment"
within = "4h"
"""
WHOLE = HEAD + HOURS + LEVELS


def write(folder: Path, text: str, name: str = "acme.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def read(folder: Path, text: str, plan: str = "", variant: str = "") -> Policy:
    return load_file(write(folder, text)).get("acme", plan, variant)


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_file(write(folder, text))
    return [str(problem) for problem in caught.value.problems]


def target_of(policy: Policy, metric: Metric = Metric.RESPONSE) -> Target:
    target = policy.levels[Priority.MEDIUM].target(metric)
    assert target is not None
    return target


def test_a_small_file_is_a_whole_policy(tmp_path: Path) -> None:
    policy = read(tmp_path, WHOLE)
    assert (policy.id, policy.name, policy.version) == ("acme", "Acme support", "3")
    assert policy.calendar.zone == "Europe/Berlin"
    assert [str(hours) for hours in policy.calendar.week["tue"]] == ["09:00-12:00", "13:00-18:00"]
    assert policy.levels == {
        Priority.MEDIUM: Level(
            Priority.MEDIUM,
            "Usual",
            "",
            (Target(Metric.RESPONSE, Kind.COMMITMENT, Basis.WORKING, within=timedelta(hours=4), written="4h"),),
        )
    }
    assert policy.default_priority is Priority.MEDIUM
    assert policy.acknowledged_by is Start.SEEN
    assert policy.nudges.shares == (0.5, 0.8)
    assert (policy.ladder, policy.calls, policy.effective) == ((), None, None)


def test_everything_that_can_be_written_is_read(tmp_path: Path) -> None:
    policy = read(
        tmp_path,
        HEAD
        + """
effective = 2026-01-01
last_review = "2026-02-01"
next_review = 2027-01-01
source = "a letter"
reading = "ours"
doubts = ["one"]
default_priority = "bad"
acknowledged_by = "taken"
[[holidays]]
date = 2026-12-25
name = "Christmas"
[[holidays]]
first = 2026-12-28
last = 2026-12-31
name = "Inventory"
[overrides]
"2026-12-24" = ["09:00-11:00"]
[[closures]]
start = 2026-06-01T10:00:00+02:00
end = 2026-06-01T11:00:00+02:00
name = "Fire drill"
[defaults.response]
kind = "target"
holds = ["client"]
[priorities.bad]
rank = "CRITICAL"
sentence = "It burns."
progress = { kind = "target", until_close = true }
[priorities.bad.response]
within = "1h"
objective = "30m"
cap = "1d"
high_load = "2h"
promise = "soon"
clause = "1"
reading = "r"
[nudges]
shares = [0.25, 0.9]
repeat_every = "1h"
[ladder]
reading = "ladder"
[[ladder.rungs]]
level = 1
at = "due"
role = "lead"
name = "Boss"
[calls]
notice = "1wd"
kinds = ["help"]
included = 4
per = "quarter"
[uptime]
percent = 99.5
since = 2026-01-01
"""
        + HOURS
        + LEVELS,
    )
    assert (policy.effective, policy.last_review) == (date(2026, 1, 1), date(2026, 2, 1))
    assert policy.next_review == date(2027, 1, 1)
    assert policy.default_priority is Priority.CRITICAL
    assert policy.acknowledged_by is Start.TAKEN
    assert policy.calendar.holidays == (
        Holiday(date(2026, 12, 25), date(2026, 12, 25), "Christmas"),
        Holiday(date(2026, 12, 28), date(2026, 12, 31), "Inventory"),
    )
    assert [str(hours) for hours in policy.calendar.overrides[date(2026, 12, 24)]] == ["09:00-11:00"]
    (closure,) = policy.calendar.closures
    assert isinstance(closure, Closure)
    assert closure.end - closure.start == timedelta(hours=1)
    bad = policy.levels[Priority.CRITICAL]
    assert (bad.name, bad.sentence) == ("bad", "It burns.")
    response = bad.target(Metric.RESPONSE)
    assert response == Target(
        Metric.RESPONSE,
        Kind.TARGET,
        Basis.WORKING,
        within=timedelta(hours=1),
        objective=timedelta(minutes=30),
        cap=timedelta(days=1),
        high_load=timedelta(hours=2),
        promise="soon",
        written="1h",
        holds=frozenset({HoldReason.CLIENT}),
        clause="1",
        reading="r",
    )
    progress = bad.target(Metric.PROGRESS)
    assert progress is not None
    assert progress.until_close
    assert policy.nudges.shares == (0.25, 0.9)
    assert policy.nudges.repeat_every == timedelta(hours=1)
    assert [(rung.level, rung.role, rung.name) for rung in policy.ladder] == [(1, "lead", "Boss")]
    assert policy.calls is not None
    assert (policy.calls.notice, policy.calls.kinds) == (timedelta(hours=8), ("help",))
    assert (policy.calls.included, policy.calls.per) == (4, Period.QUARTER)
    assert (policy.readings, policy.doubts) == (("ours", "ladder"), ("one",))
    assert policy.reserved == {"uptime": {"percent": 99.5, "since": "2026-01-01"}}
    assert from_json(to_json(policy)) == policy


@pytest.mark.parametrize(
    ("text", "basis", "expected"),
    [
        ("30s", Basis.WORKING, timedelta(seconds=30)),
        ("10m", Basis.WORKING, timedelta(minutes=10)),
        ("1h", Basis.ELAPSED, timedelta(hours=1)),
        ("1h30m", Basis.WORKING, timedelta(minutes=90)),
        ("1h 30m", Basis.WORKING, timedelta(minutes=90)),
        ("24h", Basis.WORKING, timedelta(hours=24)),
        ("2wd", Basis.WORKING, timedelta(hours=18)),
        ("1wd 1h", Basis.WORKING, timedelta(hours=10)),
        ("7d", Basis.ELAPSED, timedelta(days=7)),
    ],
)
def test_durations_are_written_with_their_unit(text: str, basis: Basis, expected: timedelta) -> None:
    assert parse_duration(text, basis, timedelta(hours=9)) == expected


def with_target(line: str, metric: str = "response") -> str:
    return HEAD + HOURS + f'[priorities.S1]\nrank = "MEDIUM"\n[priorities.S1.{metric}]\n{line}\n'


COMMIT = 'kind = "commitment"\n'
AT = 'acme.toml: priority "S1": response.'

BAD_FILES: Mapping[str, tuple[str, str]] = {
    "unknown unit": (
        with_target(COMMIT + 'within = "4 hrs"'),
        AT + 'within: unknown unit "hrs" (use 4h, 30m, 2wd)',
    ),
    "no unit": (
        with_target(COMMIT + 'within = "4"'),
        AT + 'within: "4" is not whole numbers with their units (use 4h, 1h 30m, 2wd)',
    ),
    "a part of a working day": (
        with_target(COMMIT + 'within = "1.5wd"'),
        AT + 'within: "1.5wd" is not whole numbers with their units (use 4h, 1h 30m, 2wd)',
    ),
    "a cap that always binds": (
        with_target(COMMIT + 'within = "4h"\ncap = "3h"'),
        AT + 'cap: "3h" is shorter than the window "4h" (which would never count)',
    ),
    "an id with spaces": (
        WHOLE.replace('"acme"', '"acme support"'),
        'acme.toml: id: "acme support" cannot be an id (use letters, digits, dot, dash, underscore)',
    ),
    "two priorities of one name": (
        WHOLE + "[priorities.low]\nname = 'usual'\n[priorities.low.response]\nkind = 'target'\nwithin = '9h'",
        'acme.toml: priority "low": name: "usual" is the name of priority "medium" too (each name once)',
    ),
    "hours that overlap": (
        WHOLE.replace('"13:00-18:00"', '"11:00-18:00"'),
        "acme.toml: calendar.hours.tue: 09:00-12:00 and 11:00-18:00 overlap "
        "(write each hour once, as in 09:00-12:00, 13:00-18:00)",
    ),
    "a night that runs into the morning": (
        WHOLE.replace('mon = "09:00-12:00"', 'mon = "20:00-10:00"'),
        "acme.toml: calendar.hours.tue: 09:00-12:00 overlaps 20:00-10:00 of mon, which runs past midnight "
        "(begin when it ends)",
    ),
    "a working day of more than a day": (
        WHOLE.replace('working_day = "8h"', 'working_day = "25h"'),
        'acme.toml: calendar.working_day: "25h" is longer than a day (write the hours of one, as in "8h")',
    ),
    "shares that do not rise": (
        WHOLE + "[nudges]\nshares = [0.8, 0.5]",
        "acme.toml: nudges.shares: [0.8, 0.5] does not rise (write each share once, the smaller first: [0.5, 0.8])",
    ),
    "a share twice": (
        WHOLE + "[nudges]\nshares = [0.5, 0.5]",
        "acme.toml: nudges.shares: [0.5, 0.5] does not rise (write each share once, the smaller first: [0.5, 0.8])",
    ),
    "a stream of reminders": (
        WHOLE + "[nudges]\nrepeat_every = '59s'",
        'acme.toml: nudges.repeat_every: "59s" is a stream of reminders (use 10m or longer)',
    ),
    "a ladder in double brackets": (
        WHOLE + "[[ladder]]\nlevel = 1",
        "acme.toml: ladder: a list of tables is not a table (write [ladder] and its keys below)",
    ),
    "an unknown key in the first plan": (
        WHOLE + "[plans.gold]\nnane = 'x'\n[plans.silver]",
        'acme.toml: plan "gold": nane: unknown key "nane" (did you mean "name"?)',
    ),
    "an unknown key in the only plan": (
        WHOLE + "[plans.gold]\nnane = 'x'",
        'acme.toml: plan "gold": nane: unknown key "nane" (did you mean "name"?)',
    ),
    "a bare number": (
        with_target(COMMIT + "within = 4"),
        AT + "within: 4 is not a duration (write it with its unit: 4h, 30m, 2wd)",
    ),
    "no duration at all": (
        with_target(COMMIT + 'within = "soon"'),
        AT + 'within: "soon" is not a duration (use 4h, 30m, 2wd)',
    ),
    "time beyond sense": (
        with_target(COMMIT + 'within = "99999999999h"'),
        AT + 'within: "99999999999h" is longer than ten years (write what was promised: 4h, 30m, 2wd)',
    ),
    "time beyond numbers": (
        with_target(COMMIT + f'within = "{"9" * 5000}h"'),
        AT + f'within: "{"9" * 56}... is not a duration (use 4h, 30m, 2wd)',
    ),
    "time just beyond sense": (
        with_target(COMMIT + 'basis = "elapsed"\nwithin = "3651d"'),
        AT + 'within: "3651d" is longer than ten years (write what was promised: 4h, 30m, 2wd)',
    ),
    "no time": (
        with_target(COMMIT + 'within = "0m"'),
        AT + 'within: "0m" is no time at all (use 10m or longer)',
    ),
    "a day of working time": (
        with_target(COMMIT + 'within = "1d"'),
        AT + 'within: "1d" is ambiguous in working time (use 1wd for working days)',
    ),
    "working days in elapsed time": (
        with_target(COMMIT + 'basis = "elapsed"\nwithin = "2wd"'),
        AT + 'within: "2wd" counts working days in elapsed time (use hours or days: 24h, 7d)',
    ),
    "a cap in working days": (
        with_target(COMMIT + 'within = "1h"\ncap = "1wd"'),
        AT + 'cap: "1wd" counts working days in elapsed time (use hours or days: 24h, 7d)',
    ),
    "unknown key": (
        with_target(COMMIT + 'within = "4h"\nwithn = "4h"'),
        AT + 'withn: unknown key "withn" (did you mean "within"?)',
    ),
    "unknown key far off": (
        WHOLE + "[calls]\nnotice = '1wd'\nzzz = 1",
        'acme.toml: calls.zzz: unknown key "zzz" '
        "(use notice, kinds, included, included_training, per, clause, reading)",
    ),
    "unknown key at the top": (
        "nmae = 'x'\n" + WHOLE,
        'acme.toml: nmae: unknown key "nmae" (did you mean "name"?)',
    ),
    "a key of eta_kept": (
        WHOLE + "[priorities.medium.eta_kept]\nkind = 'target'",
        'acme.toml: priority "medium": eta_kept: unknown key "eta_kept" '
        "(use rank, name, sentence, nudges, acknowledgement, response, next_response, eta_given, progress, "
        "resolution)",
    ),
    "no kind": (with_target('within = "4h"'), AT + "kind: missing (use commitment, target)"),
    "wrong kind": (
        with_target('kind = "promise"\nwithin = "4h"'),
        AT + 'kind: unknown word "promise" (use commitment, target)',
    ),
    "wrong basis": (
        with_target(COMMIT + 'within = "4h"\nbasis = "elapse"'),
        AT + 'basis: unknown word "elapse" (did you mean "elapsed"?)',
    ),
    "no time promised": (
        with_target(COMMIT),
        AT + 'within: missing (write within = "4h", or objective = "4h" for an internal aim)',
    ),
    "objective after within": (
        with_target(COMMIT + 'within = "1h"\nobjective = "2h"'),
        AT + 'objective: "2h" is later than within "1h" (it comes first)',
    ),
    "cap without within": (
        with_target(COMMIT + 'objective = "1h"\ncap = "24h"'),
        AT + 'cap: "24h" caps nothing (a cap needs within)',
    ),
    "high load shorter": (
        with_target(COMMIT + 'within = "1h"\nhigh_load = "30m"'),
        AT + 'high_load: "30m" is shorter than the usual "1h"',
    ),
    "holds of nobody": (
        with_target(COMMIT + 'within = "1h"\nholds = ["vendor"]'),
        AT + 'holds: unknown word "vendor" (use client, third_party)',
    ),
    "until_close on a response": (
        with_target(COMMIT + "until_close = true"),
        AT + "until_close: only progress is due at the close of the day (write within instead)",
    ),
    "a rhythm of something else": (
        with_target(COMMIT + 'every = "4h"'),
        AT + "every: only progress is due again and again (write within instead)",
    ),
    "progress in a rhythm and by the close": (
        with_target('kind = "target"\nuntil_close = true\nevery = "4h"', "progress"),
        'acme.toml: priority "S1": progress.until_close: progress is due at the close of each working day, '
        'or in a rhythm (write until_close = true, or every = "4h")',
    ),
    "progress with a length": (
        with_target('kind = "target"\nwithin = "4h"', "progress"),
        'acme.toml: priority "S1": progress.until_close: progress is due at the close of each working day, '
        'or in a rhythm (write until_close = true, or every = "4h")',
    ),
    "a target that is no table": (
        HEAD + HOURS + "[priorities.medium]\nresponse = '4h'",
        'acme.toml: priority "medium": response: "4h" is not a table (write [response] and its keys below)',
    ),
    "unknown zone": (
        WHOLE.replace("Europe/Berlin", "GMT+3"),
        'acme.toml: calendar.zone: unknown zone "GMT+3" (use an IANA name: Europe/Berlin; GMT+3 is Etc/GMT-3)',
    ),
    "calendar never opens": (
        HEAD + "[calendar]\nzone = 'UTC'\nworking_day = '8h'\n" + LEVELS,
        'acme.toml: calendar: never opens (give hours to a weekday, as in mon = ["10:00-19:00"])',
    ),
    "closed for years": (
        WHOLE + "[[holidays]]\nfirst = 2026-01-01\nlast = 2028-01-01\nname = 'Sabbatical'",
        "acme.toml: calendar: no opening within 400 days after 2025-12-30T17:00:00+00:00 "
        "(look at its hours, holidays and closures)",
    ),
    "closed for years but for one day": (
        WHOLE
        + "[overrides]\n2026-02-02 = ['09:00-12:00']\n"
        + "[[holidays]]\nfirst = 2026-01-01\nlast = 2028-01-01\nname = 'Sabbatical'",
        "acme.toml: calendar: no opening within 400 days after 2026-02-02T11:00:00+00:00 "
        "(look at its hours, holidays and closures)",
    ),
    "closed for years piece by piece": (
        WHOLE
        + "[[holidays]]\nfirst = 2026-01-01\nlast = 2026-09-30\nname = 'Rebuilding'\n"
        + "[[closures]]\nstart = 2026-10-01T00:00:00+02:00\nend = 2027-06-01T00:00:00+02:00\nname = 'Still'",
        "acme.toml: calendar: no opening within 400 days after 2025-12-30T17:00:00+00:00 "
        "(look at its hours, holidays and closures)",
    ),
    "open on single dates only": (
        HEAD + "[calendar]\nzone = 'UTC'\nworking_day = '8h'\n[overrides]\n2026-02-02 = ['09:00-12:00']\n" + LEVELS,
        'acme.toml: calendar.hours: missing (give hours to a weekday, as in mon = ["10:00-19:00"]; '
        "overrides end with their last date)",
    ),
    "wrong hours": (
        WHOLE.replace("09:00-12:00", "9-12"),
        'acme.toml: calendar.hours.mon: hours "9-12": not understood (write 10:00-19:00, 00:00-24:00 or 22:00-06:00)',
    ),
    "no working day": (
        WHOLE.replace('working_day = "8h"', ""),
        'acme.toml: calendar.working_day: missing (write working_day = "8h", the working time of one "working day")',
    ),
    "no calendar": (HEAD + LEVELS, 'acme.toml: calendar.zone: missing (write zone = "...")'),
    "no priorities": (
        HEAD + HOURS,
        "acme.toml: priorities: missing (write at least one, as in [priorities.medium])",
    ),
    "label that is no rank": (
        HEAD + HOURS + "[priorities.S1.response]\nkind = 'target'\nwithin = '4h'",
        'acme.toml: priority "S1": rank: missing (use CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, FEATURE)',
    ),
    "duplicate priority": (
        with_target(COMMIT + 'within = "4h"') + "[priorities.medium.response]\nkind = 'target'\nwithin = '4h'",
        'acme.toml: priority "medium": rank: MEDIUM is taken by priority "S1" (each rank once)',
    ),
    "a priority without targets": (
        HEAD + HOURS + "[priorities.medium]\nname = 'Usual'",
        'acme.toml: priority "medium": times nothing (give it a target, as in [priorities.medium.response])',
    ),
    "no default": (
        with_target(COMMIT + 'within = "4h"').replace('"MEDIUM"', '"LOW"'),
        "acme.toml: default_priority: missing, and there is no MEDIUM to fall back on (use S1)",
    ),
    "unknown default": (
        'default_priority = "medum"\n' + WHOLE,
        'acme.toml: default_priority: no priority "medum" (did you mean "medium"?)',
    ),
    "no response_counts": (
        WHOLE.replace('response_counts = ["reply"]', ""),
        'acme.toml: response_counts: missing (write ["reply"], or ["resolution", "eta"])',
    ),
    "unknown answer": (
        WHOLE.replace('["reply"]', '["replay"]'),
        'acme.toml: response_counts: unknown word "replay" (did you mean "reply"?)',
    ),
    "ladder with a gap": (
        WHOLE + "[[ladder.rungs]]\nlevel = 2\nat = 'due'\nrole = 'lead'\nname = 'Boss'",
        "acme.toml: ladder.rungs 1: level: 2 (levels run from 1 to 1 without a gap, in order)",
    ),
    "ladder at an unknown time": (
        WHOLE + "[[ladder.rungs]]\nlevel = 1\nat = 'dew'\nrole = 'lead'\nname = 'Boss'",
        'acme.toml: ladder.rungs 1: at: unknown word "dew" (did you mean "due"?)',
    ),
    "ladder to a role that is none": (
        WHOLE + "[[ladder.rungs]]\nlevel = 1\nat = 'due'\nrole = 'supervizor'\nname = 'Boss'",
        'acme.toml: ladder.rungs 1: role: unknown word "supervizor" (did you mean "supervisor"?)',
    ),
    "ladder to a contact": (
        WHOLE + "[[ladder.rungs]]\nlevel = 1\nat = 'due'\nrole = 'contact'\nname = 'Boss'",
        'acme.toml: ladder.rungs 1: role: unknown word "contact" '
        "(use technician, supervisor, product, lead, manager, admin)",
    ),
    "ladder to nobody": (
        WHOLE + "[[ladder.rungs]]\nlevel = 1\nat = 'due'\nname = 'Boss'",
        "acme.toml: ladder.rungs 1: role: missing (use technician, supervisor, product, lead, manager, admin)",
    ),
    "ladder to one without a name": (
        WHOLE + "[[ladder.rungs]]\nlevel = 1\nat = 'due'\nrole = 'lead'\nname = ' '",
        'acme.toml: ladder.rungs 1: name: missing (write name = "...")',
    ),
    "ladder that is no list": (
        WHOLE + "[ladder]\nrungs = 3",
        "acme.toml: ladder.rungs: 3 is not a list of tables (write [[ladder.rungs]])",
    ),
    "a date of another order": (
        'next_review = "20/11/2024"\n' + WHOLE,
        'acme.toml: next_review: "20/11/2024" is not a date (write year, month, day: 2026-11-20)',
    ),
    "a moment for a date": (
        "effective = 2026-01-01T00:00:00\n" + WHOLE,
        "acme.toml: effective: 2026-01-01 00:00:00 is not a date (write year, month, day: 2026-11-20)",
    ),
    "a holiday without a date": (
        WHOLE + "[[holidays]]\nname = 'Some day'",
        "acme.toml: holidays 1: date: missing (write date = 2026-12-25, or first and last)",
    ),
    "a holiday that ends early": (
        WHOLE + "[[holidays]]\nfirst = 2026-12-25\nlast = 2026-12-24\nname = 'Back'",
        'acme.toml: holidays 1: last: holiday "Back": ends 2026-12-24 before it starts 2026-12-25',
    ),
    "an override of no date": (
        WHOLE + "[overrides]\n'Christmas' = ['10:00-12:00']",
        'acme.toml: overrides.Christmas: "Christmas" is not a date (write "2026-12-24" = ["10:00-14:00"])',
    ),
    "a naive closure": (
        WHOLE + "[[closures]]\nstart = 2026-06-01T10:00:00\nend = 2026-06-01T11:00:00+02:00\nname = 'Drill'",
        "acme.toml: closures 1: start: 2026-06-01 10:00:00 is not a moment with an offset "
        "(write 2026-12-24T14:00:00+03:00)",
    ),
    "shares in percent": (
        WHOLE + "[nudges]\nshares = [50, 80]",
        "acme.toml: nudges.shares: [50, 80] is not a list of shares of the window (write [0.5, 0.8])",
    ),
    "calls without notice": (
        WHOLE + "[calls]\nkinds = ['help']",
        'acme.toml: calls.notice: missing (write notice = "1wd")',
    ),
    "no number of calls": (
        WHOLE + "[calls]\nnotice = '1wd'\nincluded = 0",
        "acme.toml: calls.included: 0 is not a number of things (write included = 4)",
    ),
    "a period without a number of calls": (
        WHOLE + "[calls]\nnotice = '1wd'\nper = 'year'",
        "acme.toml: calls.per: stands alone (write included = 4, the calls that it holds)",
    ),
    "a reserved part that is no table": (
        "uptime = 99.9\n" + WHOLE,
        "acme.toml: uptime: 99.9 is not a table (write [uptime] and its keys below)",
    ),
    "a text that is a number": (
        WHOLE.replace('version = "3"', "version = 3"),
        'acme.toml: version: 3 is not a text (write it in quotes: version = "...")',
    ),
    "a reading that is no text": (
        WHOLE + "[ladder]\nreading = 3",
        'acme.toml: ladder.reading: 3 is not a list of texts (write reading = ["...", "..."])',
    ),
    "response_counts of one number": (
        WHOLE.replace('["reply"]', "1"),
        'acme.toml: response_counts: 1 is not a list of texts (write response_counts = ["...", "..."])',
    ),
    "extends nobody": (
        'extends = "tactfull"\n' + WHOLE,
        'acme.toml: extends: no policy "tactfull" (did you mean "tactful"?)',
    ),
    "extends itself": (
        'extends = "acme"\n' + WHOLE,
        "acme.toml: extends: goes in a circle: acme -> acme (let one of them stand alone)",
    ),
    "plans that are no table": (
        'plans = ["gold"]\n' + WHOLE,
        "acme.toml: plans: ['gold'] is not a table (write [plans.NAME] and its keys below)",
    ),
    "a plan with an id": (
        WHOLE + "[plans.gold]\nid = 'gold'",
        "acme.toml: plans.gold.id: belongs to the whole agreement (move it out of [plans.gold])",
    ),
    "a mistake in one plan": (
        WHOLE + "[plans.silver]\n[plans.gold.priorities.medium.response]\nwithin = '2x'",
        'acme.toml: plan "gold": priority "medium": response.within: unknown unit "x" (use 4h, 30m, 2wd)',
    ),
    "a mistake in one variant": (
        WHOLE + "[variants.far.calendar]\nzone = 'Mars'",
        'acme.toml: variant "far": calendar.zone: unknown zone "Mars" '
        "(use an IANA name: Europe/Berlin; GMT+3 is Etc/GMT-3)",
    ),
    "the id of another": (
        WHOLE.replace('"acme"', '"tactful"'),
        f'acme.toml: id: "tactful" is taken by {SHIPPED / "tactful.toml"} '
        '(choose another and write extends = "tactful")',
    ),
    "no id": (WHOLE.replace('id = "acme"', ""), 'acme.toml: id: missing (write id = "...")'),
    "no TOML": (
        "id = acme",
        "acme.toml: not readable as TOML: Invalid value (at line 1, column 6) (correct the line)",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_mistake_is_named_with_file_key_value_and_way_out(tmp_path: Path, text: str, message: str) -> None:
    assert message in problems_of(tmp_path, text)


ALONE = sorted(BAD_FILES.keys() - {"wrong hours", "no calendar", "calendar never opens", "closed for years"})


@pytest.mark.parametrize("case", ALONE)
def test_one_mistake_is_one_line(tmp_path: Path, case: str) -> None:
    assert len(problems_of(tmp_path, BAD_FILES[case][0])) == 1


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    first = write(tmp_path, WHOLE.replace("4h", "4x").replace("Europe/Berlin", "Mars") + "[calls]\n", "a.toml")
    second = write(tmp_path, "id = 'other'", "b.toml")
    with pytest.raises(PolicyError) as caught:
        load_files([first, second])
    assert [(problem.file, problem.key, problem.value) for problem in caught.value.problems] == [
        ("a.toml", "calendar.zone", '"Mars"'),
        ("a.toml", 'priority "medium": response.within', '"4x"'),
        ("a.toml", "calls.notice", '""'),
        ("b.toml", "calendar.zone", '""'),
        ("b.toml", "calendar.working_day", '""'),
        ("b.toml", "priorities", '""'),
        ("b.toml", "name", '""'),
        ("b.toml", "version", '""'),
        ("b.toml", "response_counts", '""'),
    ]


def test_two_that_extend_each_other_go_in_a_circle(tmp_path: Path) -> None:
    one = write(tmp_path, "id = 'one'\nextends = 'two'", "one.toml")
    two = write(tmp_path, "id = 'two'\nextends = 'one'", "two.toml")
    with pytest.raises(PolicyError, match="goes in a circle: one -> two -> one"):
        load_files([one, two])


def test_an_inherited_mistake_is_told_once_in_the_file_that_makes_it(tmp_path: Path) -> None:
    base = write(tmp_path, WHOLE.replace("4h", "4x"), "base.toml")
    child = write(tmp_path, "id = 'child'\nextends = 'acme'", "child.toml")
    with pytest.raises(PolicyError) as caught:
        load_files([child, base])
    assert [problem.file for problem in caught.value.problems] == ["base.toml"]


def test_extending_replaces_what_it_says_and_keeps_the_rest(tmp_path: Path) -> None:
    policy = read(
        tmp_path,
        """
id = "acme"
extends = "tactful"
name = "Acme"
reading = "Acme's own."
[calendar.hours]
fri = []
[[holidays]]
date = 2027-12-24
name = "Ours"
[plans.standard.priorities.S1.response]
within = "1h"
""",
        "standard",
    )
    shipped = load_folder().get("tactful", "standard")
    assert policy.calendar.week == {**shipped.calendar.week, "fri": ()}
    assert set(policy.calendar.holidays) == {
        *shipped.calendar.holidays,
        Holiday(date(2027, 12, 24), date(2027, 12, 24), "Ours"),
    }
    response = policy.levels[Priority.CRITICAL].target(Metric.RESPONSE)
    assert response is not None
    assert (response.within, response.kind) == (timedelta(hours=1), Kind.TARGET)
    assert policy.levels[Priority.LOW] == shipped.levels[Priority.LOW]
    assert policy.readings == (
        shipped.readings[0],
        *shipped.readings[1:3],
        "Acme's own.",
        *shipped.readings[3:],
    )


def test_a_target_of_a_level_shows_through_to_the_defaults(tmp_path: Path) -> None:
    shared = "[defaults.response]\nkind = 'target'\nwithin = '9h'\nclause = 'shared'\n"
    own = "[priorities.medium.response]\nwithin = '4h'\n[priorities.low.response]\n"
    policy = read(tmp_path, HEAD + HOURS + shared + own)
    low = policy.levels[Priority.LOW].target(Metric.RESPONSE)
    assert low is not None
    assert (target_of(policy).within, target_of(policy).clause) == (timedelta(hours=4), "shared")
    assert low.within == timedelta(hours=9)


def test_a_reply_counts_also_as_resolution_and_eta(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).response_counts == set(Answer)
    strict = read(tmp_path, WHOLE.replace('["reply"]', '["resolution", "eta"]'))
    assert strict.response_counts == {Answer.RESOLUTION, Answer.ETA}


def test_an_unknown_policy_plan_or_variant_is_answered_with_what_there_is() -> None:
    catalog = load_folder()
    for arguments, message in {
        ("redtrck",): 'no policy "redtrck" (did you mean "redtrack"?)',
        ("tactful",): "policy tactful: has plans, name one (use standard, priority)",
        ("tactful", "gold"): 'policy tactful: no plan "gold" (use standard, priority)',
        ("redtrack", "gold"): 'policy redtrack: no plan "gold" (it has no plans, leave it out)',
        ("tactful", "standard", "sun"): 'policy tactful: no variant "sun" (did you mean "sun-thu"?)',
    }.items():
        with pytest.raises(UnknownPolicy) as caught:
            catalog.get(*arguments)
        assert str(caught.value) == message


def test_the_operators_folder_adds_to_the_shipped_agreements(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    assert set(load_folder(tmp_path).entries) == set(load_folder().entries) | {"acme"}
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_folder(tmp_path / "nowhere")


def test_the_canonical_text_reads_back_equal_and_has_a_stable_digest() -> None:
    for entry in load_folder().entries.values():
        for policy in entry.policies.values():
            text = to_json(policy)
            assert from_json(text) == policy
            assert to_json(from_json(text)) == text
            assert digest(from_json(text)) == digest(policy)


def test_the_canonical_text_does_not_depend_on_the_order_of_writing(tmp_path: Path) -> None:
    low = '[priorities.low.response]\nkind = "target"\nwithin = "9h"\n'
    one = read(tmp_path, HEAD + HOURS + LEVELS + low + "[uptime]\npercent = 99\nperiod = 'month'\n")
    other = read(tmp_path, HEAD + "[uptime]\nperiod = 'month'\npercent = 99\n" + low + LEVELS + HOURS)
    assert to_json(one) == to_json(other)
    assert digest(one) != digest(read(tmp_path, WHOLE))
    assert len(digest(one)) == 64


def test_the_canonical_text_is_this_to_the_letter(tmp_path: Path) -> None:
    """Stored tickets hold such texts: a change of this format needs a reader of the old one."""
    assert to_json(read(tmp_path, WHOLE)) == (
        '{"acknowledged_by":"seen","calendar":{"closures":[],"holidays":[],"name":"acme","overrides":{},'
        '"week":{"mon":["09:00-12:00"],"tue":["09:00-12:00","13:00-18:00"]},"working_day_s":28800.0,'
        '"zone":"Europe/Berlin"},"calls":null,"default_priority":"MEDIUM","doubts":[],"effective":null,'
        '"id":"acme","ladder":[],"last_review":null,"levels":[{"name":"Usual","priority":"MEDIUM",'
        '"sentence":"","targets":[{"basis":"working","cap_s":null,"clause":"","high_load_s":null,"holds":[],'
        '"kind":"commitment","metric":"RESPONSE","objective_s":null,"promise":"","reading":"",'
        '"until_close":false,"within_s":14400,"written":"4h"}]}],"name":"Acme support","next_review":null,'
        '"nudges":{"reading":"","repeat_every_s":1800,"shares":[0.5,0.8]},"plan":"","readings":[],'
        '"reserved":{},"response_counts":["eta","reply","resolution"],"source":"","variant":"","version":"3"}'
    )


def test_remarks_speak_of_what_may_surprise(tmp_path: Path) -> None:
    text = (
        "next_review = 2026-11-01\ndoubts = ['the dates fit both orders']\n"
        + WHOLE
        + "cap = '24h'\n[priorities.critical.response]\nkind = 'commitment'\nwithin = '5h'\n"
        + "[[holidays]]\ndate = 2026-12-25\nname = 'Christmas'\n"
    )
    policy = read(tmp_path, text)
    remarks = [str(remark) for remark in lint(policy, date(2026, 11, 22))]
    assert remarks == [
        "next_review: 2026-11-01 is past (review the terms, set the next date)",
        "holidays: none for 2027 (list them, or every day of its week is a working day)",
        'cap: "Usual" can be due outside hours, and nobody is on call then (name somebody)',
        'response.within: "Usual" is promised in 4h, sooner than the graver "critical" in 5h '
        "(as written; tell the client why)",
        "doubts: the dates fit both orders",
    ]
    quiet = lint(policy, date(2025, 11, 1), anyone_on_call=True)
    assert [remark.key for remark in quiet] == ["response.within", "doubts"]


def test_a_calendar_around_the_clock_needs_no_holidays_but_somebody_on_call() -> None:
    policy = load_folder().get("infopromo", "premium")
    assert {remark.key for remark in lint(policy, date(2026, 11, 22))} == {"calendar", "resolution.within"}
    covered = lint(policy, date(2026, 11, 22), anyone_on_call=True)
    assert {remark.key for remark in covered} == {"resolution.within"}


PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy-file.md").read_text("utf-8")


@pytest.mark.parametrize("part", KEYS)
def test_every_key_of_the_format_is_in_the_reference(part: str) -> None:
    assert [key for key in KEYS[part] if f"`{key}`" not in PAGE] == []


def test_the_reference_names_every_word_a_key_takes() -> None:
    words = [*Kind, *Basis, *Start, *RungAt]
    assert [word for word in words if f'`"{word}"`' not in PAGE] == []
    assert [word for word in HoldReason if f'"{word}"' not in PAGE] == []
    assert [rank for rank in Priority if f"`{rank}`" not in PAGE] == []
    assert ", ".join(StaffRole) in PAGE


def test_a_ladder_climbs_to_the_roles_of_the_staff() -> None:
    assert {role.value for role in StaffRole} == {role.value for role in Role if role.is_staff}


def test_a_long_holiday_with_openings_in_between_is_in_order(tmp_path: Path) -> None:
    away = "[[holidays]]\nfirst = 2026-01-01\nlast = 2028-01-01\nname = 'Sabbatical'\n"
    days = "[overrides]\n2026-12-01 = ['09:00-12:00']\n2027-12-01 = ['09:00-12:00']\n"
    assert read(tmp_path, WHOLE + days + away).calendar.holidays


def test_the_examples_of_the_reference_are_in_order(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    paths = [write(tmp_path, text, f"{number}.toml") for number, text in enumerate(examples)]
    catalog = load_files(paths)
    assert catalog.entries["acme"].plans == ("gold", "basic")
    gold = catalog.get("acme", "gold")
    assert target_of(gold).within == timedelta(hours=2)
    assert target_of(catalog.get("acme", "basic")).within == timedelta(hours=4)
    assert target_of(gold, Metric.RESOLUTION).within == timedelta(hours=24)
    assert len(catalog.get("tactful-ours", "priority").calendar.holidays) > 1

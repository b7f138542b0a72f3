"""The arithmetic behind a due moment: every stretch of time, counted or left out, with its rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from factory import HOUR, MINUTE, Story, base, infopromo, poologics, premium, tactful, week

from bot.sla.calendar import Holiday
from bot.sla.clock import State
from bot.sla.explain import Explanation, as_text, explain
from bot.sla.log import EventKind
from bot.sla.policy import Metric, Priority

K, M, P = EventKind, Metric, Priority
NOON = "2025-03-17 12:00"  # a Monday


def explained(story: Story, metric: Metric, now: str) -> Explanation:
    return explain(story.policy, story.clock(metric, now))


def rows(story: Story, metric: Metric, now: str) -> list[tuple[str | None, str | None, int, str]]:
    """(from, to, counted minutes, rule) in local time."""
    return [
        (story.local(line.start), story.local(line.end), line.counted // MINUTE, line.rule)
        for line in explained(story, metric, now).lines
    ]


def test_a_weekend_is_one_line() -> None:
    """001 Medium, Friday 18:55."""
    assert rows(Story(premium(), "2025-03-14 18:55"), M.RESPONSE, "2025-03-14 18:55") == [
        ("2025-03-14 18:55", "2025-03-14 19:00", 5, "hours:fri"),
        ("2025-03-14 19:00", "2025-03-17 10:00", 0, "closed"),
        ("2025-03-17 10:00", "2025-03-17 10:55", 55, "hours:mon"),
    ]


def test_a_holiday_is_named() -> None:
    """002 S1, Sunday 15:00: 2 h, Monday 6 October is a holiday, 2 h on Tuesday."""
    day = date(2025, 10, 6)
    calendar = week(
        "09:00-17:00",
        "Africa/Cairo",
        ("sun", "mon", "tue", "wed", "thu", "fri"),
        holidays=(Holiday(day, day, "Armed Forces Day"),),
    )
    story = Story(replace(tactful(), calendar=calendar), "2025-10-05 15:00", P.CRITICAL)
    assert rows(story, M.RESPONSE, "2025-10-05 15:00") == [
        ("2025-10-05 15:00", "2025-10-05 17:00", 120, "hours:sun"),
        ("2025-10-05 17:00", "2025-10-06 00:00", 0, "closed"),
        ("2025-10-06 00:00", "2025-10-07 00:00", 0, "holiday:Armed Forces Day"),
        ("2025-10-07 00:00", "2025-10-07 09:00", 0, "closed"),
        ("2025-10-07 09:00", "2025-10-07 11:00", 120, "hours:tue"),
    ]


def test_a_granted_hold_is_left_out_with_the_name() -> None:
    story = Story(base(), "2025-03-17 15:00", P.LOW)
    story.staff(K.HELD, "2025-03-18 10:00", reason="third_party", who="Acme")
    story.staff(K.RESUMED, "2025-03-19 10:00", by="staff")
    assert rows(story, M.RESPONSE, "2025-03-19 10:00") == [
        ("2025-03-17 15:00", "2025-03-17 19:00", 240, "hours:mon"),
        ("2025-03-17 19:00", "2025-03-18 10:00", 0, "closed"),
        ("2025-03-18 10:00", "2025-03-19 10:00", 0, "hold:third_party"),
        ("2025-03-19 10:00", "2025-03-19 14:00", 240, "hours:wed"),
    ]
    assert explained(story, M.RESPONSE, "2025-03-19 10:00").lines[2].note == "Acme"


def test_a_hold_the_text_does_not_grant_is_noted_and_counted() -> None:
    story = Story(tactful(), NOON, P.CRITICAL).staff(K.HELD, "2025-03-17 13:00", reason="third_party", who="Acme")
    story.staff(K.RESUMED, "2025-03-17 14:00", by="staff")
    found = explained(story, M.RESPONSE, "2025-03-17 14:00")
    assert [(line.counted, line.note) for line in found.lines] == [
        (HOUR, ""), (HOUR, "waiting for Acme, no hold granted"), (2 * HOUR, ""),
    ]  # fmt: skip


def test_a_binding_cap_counts_every_second_and_names_what_it_beat() -> None:
    story = Story(base(), "2025-03-14 19:05", P.HIGH)
    assert rows(story, M.RESPONSE, "2025-03-14 19:05") == [("2025-03-14 19:05", "2025-03-15 19:05", 1440, "cap")]
    found = explained(story, M.RESPONSE, "2025-03-14 19:05")
    assert (found.total, story.local(found.uncapped_at)) == (24 * HOUR, "2025-03-17 11:00")


def test_a_clock_on_hold_tells_what_is_left() -> None:
    story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:25", reason="client")
    found = explained(story, M.RESPONSE, "2025-03-18 12:00")
    assert (found.result, found.total, found.left) == (None, 25 * MINUTE, 35 * MINUTE)


def test_a_hold_on_an_overdue_clock_does_not_hide_its_due_moment() -> None:
    story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 14:00", reason="client")
    found = explained(story, M.RESPONSE, "2025-03-18 12:00")
    assert (found.clock.state, story.local(found.result), found.total) == (
        State.HELD,
        "2025-03-17 13:00",
        HOUR,
    )


def test_time_given_up_by_a_reclassification_is_a_line_of_its_own() -> None:
    story = Story(base(), NOON).client(K.PRIORITY_CHANGED, "2025-03-17 13:00", priority="HIGH")
    assert rows(story, M.RESPONSE, "2025-03-17 13:00") == [
        (NOON, "2025-03-17 13:00", 0, "reclassified"),
        ("2025-03-17 13:00", "2025-03-17 14:00", 60, "hours:mon"),
    ]


def test_a_due_that_a_change_of_level_left_alone_names_the_level_it_is_of() -> None:
    """Premium medium is due at 13:00, critical at 12:55 would be 13:05."""
    story = Story(premium(), NOON).client(K.PRIORITY_CHANGED, "2025-03-17 12:55", priority="CRITICAL")
    found = explained(story, M.RESPONSE, "2025-03-17 12:55")
    assert found.change is not None
    assert (story.local(found.change.at), found.change.level, found.change.terms, found.change.rule) == (
        "2025-03-17 12:55",
        "Critical",
        "Medium",
        "raised_kept",
    )
    assert "the terms of Medium give the due moment" in as_text(found, "UTC")


def test_elapsed_targets_count_the_real_hours_of_a_short_day() -> None:
    story = Story(poologics(), "2025-03-08 12:00")
    assert rows(story, M.ETA_GIVEN, "2025-03-08 12:00") == [("2025-03-08 12:00", "2025-03-09 13:00", 1440, "elapsed")]


def test_every_kind_of_clock_explains_itself() -> None:
    story = Story(poologics(), NOON, P.CRITICAL)
    story.staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-18 09:00")
    story.client(K.CLIENT_MESSAGE, "2025-03-17 13:00")
    found = [explain(story.policy, clock) for clock in story.clocks("2025-03-17 13:00")]
    assert len(found) == 7
    assert all(e.total == e.clock.window and e.result == e.clock.deadline for e in found)


def test_it_reads_as_plain_english() -> None:
    story = Story(premium(), "2025-03-14 18:55:30")
    assert as_text(explained(story, M.RESPONSE, "2025-03-14 18:56"), "Europe/Berlin").splitlines() == [
        "Fri 2025-03-14 16:55:30 - Fri 2025-03-14 17:00  +4 min 30 s: working hours",
        "Fri 2025-03-14 17:00 - Mon 2025-03-17 08:00  not counted: outside working hours",
        "Mon 2025-03-17 08:00 - Mon 2025-03-17 08:55:30  +55 min 30 s: working hours",
        "= 1 h counted, due Mon 2025-03-17 08:55:30 Europe/Berlin",
        "Clause: 001, Urgency levels and priority",
    ]


def test_it_words_holds_caps_and_fractions_of_a_second() -> None:
    story = Story(base(), "2025-03-14 19:05", P.HIGH).staff(K.HELD, "2025-03-15 10:00", reason="client")
    held = as_text(explained(story, M.RESPONSE, "2025-03-15 11:00"), "Etc/GMT-3")
    assert held.splitlines()[1] == "= 14 h 55 min counted, 9 h 5 min left when the hold ends"
    text = as_text(
        explained(story.client(K.CLIENT_MESSAGE, "2025-03-15 12:00"), M.RESPONSE, "2025-03-15 12:00"),
        "Etc/GMT-3",
    )
    assert "not counted: on hold, waiting for the client" in text
    assert "The limit binds: by the window alone it would be Mon 2025-03-17 11:00" in text
    clock = Story(infopromo(), NOON).clock(M.ACKNOWLEDGEMENT, NOON)
    odd = replace(clock, due_at=clock.started_at + timedelta(milliseconds=1500))
    assert "+1.5 s: every second counts" in as_text(explain(infopromo(), odd), "UTC")

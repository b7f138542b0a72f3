"""The shipped agreements say what their texts say: each table as cases, the clause in the id."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.sla.policy import Answer, Basis, HoldReason, Kind, Metric, Policy, Priority, RungAt, Start
from bot.sla.policy_file import lint, load_folder

CATALOG = load_folder()
CLIENT, THIRD_PARTY = HoldReason.CLIENT, HoldReason.THIRD_PARTY
RESPONSE, RESOLUTION, ACK = Metric.RESPONSE, Metric.RESOLUTION, Metric.ACKNOWLEDGEMENT
WORKING, ELAPSED = Basis.WORKING, Basis.ELAPSED
COMMITMENT, TARGET = Kind.COMMITMENT, Kind.TARGET

# policy, plan, priority, metric, objective, within, cap, high load, basis, kind, clause.
# Lengths are minutes; None: the text sets none.
HOUR = 60
DAY = 24 * HOUR
Case = tuple[str, str, str, Metric, int | None, int | None, int | None, int | None, Basis, Kind, str]
TABLES: list[Case] = [
    ("redtrack", "", "CRITICAL", RESPONSE, None, 10, DAY, 60, WORKING, COMMITMENT, "000 Critical: Immediate"),
    ("redtrack", "", "HIGH", RESPONSE, None, 60, DAY, None, WORKING, COMMITMENT, "000 High: Within 1 hour"),
    ("redtrack", "", "MEDIUM", RESPONSE, None, 300, None, None, WORKING, COMMITMENT, "000 Medium: 5 hours"),
    ("redtrack", "", "LOW", RESPONSE, None, 480, None, None, WORKING, COMMITMENT, "000 Low: 8 hours"),
    (
        "redtrack",
        "",
        "INFORMATIONAL",
        RESPONSE,
        None,
        540,
        None,
        None,
        WORKING,
        COMMITMENT,
        "000 1 business day",
    ),
    ("redtrack", "", "FEATURE", RESPONSE, None, 2700, None, None, WORKING, COMMITMENT, "000 5 business days"),
    ("redtrack-premium", "", "CRITICAL", RESPONSE, None, 10, DAY, 60, WORKING, COMMITMENT, "001 promptly"),
    ("redtrack-premium", "", "HIGH", RESPONSE, None, 10, DAY, 60, WORKING, COMMITMENT, "001 promptly"),
    ("redtrack-premium", "", "MEDIUM", RESPONSE, None, 60, None, None, WORKING, COMMITMENT, "001 1 hour"),
    ("redtrack-premium", "", "LOW", RESPONSE, None, 60, None, None, WORKING, COMMITMENT, "001 1 hour"),
    (
        "redtrack-premium",
        "",
        "INFORMATIONAL",
        RESPONSE,
        None,
        300,
        None,
        None,
        WORKING,
        COMMITMENT,
        "001 5 hours",
    ),
    ("redtrack-premium", "", "FEATURE", RESPONSE, None, 300, None, None, WORKING, COMMITMENT, "001 5 hours"),
    (
        "tactful",
        "standard",
        "CRITICAL",
        RESPONSE,
        None,
        240,
        None,
        None,
        WORKING,
        TARGET,
        "002 S1 4 working hours",
    ),
    (
        "tactful",
        "standard",
        "CRITICAL",
        RESOLUTION,
        None,
        960,
        None,
        None,
        WORKING,
        TARGET,
        "002 S1 2 working days",
    ),
    (
        "tactful",
        "standard",
        "MEDIUM",
        RESPONSE,
        None,
        480,
        None,
        None,
        WORKING,
        TARGET,
        "002 S2 8 working hours",
    ),
    (
        "tactful",
        "standard",
        "MEDIUM",
        RESOLUTION,
        None,
        1440,
        None,
        None,
        WORKING,
        TARGET,
        "002 S2 3 working days",
    ),
    ("tactful", "standard", "LOW", RESPONSE, None, 960, None, None, WORKING, TARGET, "002 S3 2 working days"),
    (
        "tactful",
        "standard",
        "LOW",
        RESOLUTION,
        None,
        2400,
        None,
        None,
        WORKING,
        TARGET,
        "002 S3 5 working days",
    ),
    (
        "tactful",
        "priority",
        "CRITICAL",
        RESPONSE,
        None,
        120,
        None,
        None,
        WORKING,
        TARGET,
        "002 S1 2 working hours",
    ),
    (
        "tactful",
        "priority",
        "CRITICAL",
        RESOLUTION,
        None,
        480,
        None,
        None,
        WORKING,
        TARGET,
        "002 S1 8 working hours",
    ),
    (
        "tactful",
        "priority",
        "MEDIUM",
        RESPONSE,
        None,
        240,
        None,
        None,
        WORKING,
        TARGET,
        "002 S2 4 working hours",
    ),
    (
        "tactful",
        "priority",
        "MEDIUM",
        RESOLUTION,
        None,
        960,
        None,
        None,
        WORKING,
        TARGET,
        "002 S2 2 working days",
    ),
    ("tactful", "priority", "LOW", RESPONSE, None, 480, None, None, WORKING, TARGET, "002 S3 1 working day"),
    (
        "tactful",
        "priority",
        "LOW",
        RESOLUTION,
        None,
        1440,
        None,
        None,
        WORKING,
        TARGET,
        "002 S3 3 working days",
    ),
    *(
        case
        for plan in ("standard", "premium", "enterprise")
        for case in (
            (
                "infopromo",
                plan,
                "CRITICAL",
                ACK,
                5,
                15,
                None,
                None,
                ELAPSED,
                COMMITMENT,
                "003 Level 1 5-15 minutes",
            ),
            (
                "infopromo",
                plan,
                "CRITICAL",
                RESOLUTION,
                None,
                DAY,
                None,
                None,
                ELAPSED,
                TARGET,
                "003 Level 1 24 hours",
            ),
            (
                "infopromo",
                plan,
                "MEDIUM",
                ACK,
                15,
                30,
                None,
                None,
                ELAPSED,
                COMMITMENT,
                "003 Level 2 15-30 minutes",
            ),
            (
                "infopromo",
                plan,
                "MEDIUM",
                RESOLUTION,
                None,
                3 * DAY,
                None,
                None,
                ELAPSED,
                TARGET,
                "003 Level 2 72 hours",
            ),
            (
                "infopromo",
                plan,
                "LOW",
                ACK,
                None,
                30,
                None,
                None,
                ELAPSED,
                COMMITMENT,
                "003 Level 3 30 minutes",
            ),
            (
                "infopromo",
                plan,
                "LOW",
                RESOLUTION,
                60,
                12 * HOUR,
                None,
                None,
                ELAPSED,
                TARGET,
                "003 Level 3 1-12 hours",
            ),
        )
    ),
    *(
        case
        for priority in ("CRITICAL", "MEDIUM")
        for case in (
            (
                "poologics",
                "",
                priority,
                ACK,
                None,
                20,
                None,
                None,
                WORKING,
                COMMITMENT,
                "004 within 20 Minutes",
            ),
            ("poologics", "", priority, RESPONSE, 60, 120, None, None, WORKING, TARGET, "004 1 to 2 hours"),
            (
                "poologics",
                "",
                priority,
                Metric.ETA_GIVEN,
                None,
                DAY,
                None,
                None,
                ELAPSED,
                COMMITMENT,
                "004 24 hours",
            ),
        )
    ),
]


def case_id(case: Case) -> str:
    return " ".join(filter(None, (case[0], case[1], case[2].lower(), case[3].lower(), f"({case[-1]})")))


@pytest.mark.parametrize("case", TABLES, ids=case_id)
def test_a_target_is_what_the_text_says(case: Case) -> None:
    policy, plan, priority, metric, objective, within, cap, high_load, basis, kind, _ = case
    target = CATALOG.get(policy, plan).levels[Priority(priority)].target(metric)
    assert target is not None
    lengths = (target.objective, target.within, target.cap, target.high_load)
    expected = (objective, within, cap, high_load)
    assert lengths == tuple(None if n is None else timedelta(minutes=n) for n in expected)
    assert (target.basis, target.kind) == (basis, kind)


def test_no_agreement_promises_more_than_its_tables() -> None:
    promised = {(case[0], case[1], case[2], case[3]) for case in TABLES}
    for entry in CATALOG.entries.values():
        for (plan, _), policy in entry.policies.items():
            for level in policy.levels.values():
                for target in level.targets:
                    if target.metric in (Metric.NEXT_RESPONSE, Metric.PROGRESS):
                        continue
                    if (entry.id, target.metric) == ("redtrack-premium", Metric.ETA_GIVEN):
                        continue
                    assert (entry.id, plan, level.priority, target.metric) in promised


def everything() -> list[Policy]:
    return [policy for entry in CATALOG.entries.values() for policy in entry.policies.values()]


def test_the_five_agreements_are_shipped_with_their_plans_and_variants() -> None:
    assert {entry.id: (entry.plans, entry.variants) for entry in CATALOG.entries.values()} == {
        "redtrack": ((), ()),
        "redtrack-premium": ((), ()),
        "tactful": (("standard", "priority"), ("sun-thu",)),
        "infopromo": (("standard", "premium", "enterprise"), ()),
        "poologics": ((), ("literal-est",)),
    }


@pytest.mark.parametrize(
    ("policy", "plan", "zone", "working_day_h", "week"),
    [
        ("redtrack", "", "Etc/GMT-3", 9, dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "10:00-19:00")),
        (
            "redtrack-premium",
            "",
            "Etc/GMT-3",
            9,
            dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "10:00-19:00"),
        ),
        (
            "tactful",
            "standard",
            "Africa/Cairo",
            8,
            dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sun"), "09:00-17:00"),
        ),
        (
            "infopromo",
            "premium",
            "UTC",
            24,
            dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00"),
        ),
        (
            "poologics",
            "",
            "America/New_York",
            10,
            dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-18:00"),
        ),
    ],
)
def test_the_hours_are_those_of_the_text(
    policy: str, plan: str, zone: str, working_day_h: int, week: dict[str, str]
) -> None:
    calendar = CATALOG.get(policy, plan).calendar
    assert (calendar.zone, calendar.working_day) == (zone, timedelta(hours=working_day_h))
    assert {day: ", ".join(map(str, hours)) for day, hours in calendar.week.items() if hours} == week


def test_the_variants_ship_beside_the_texts() -> None:
    assert CATALOG.get("tactful", "standard", "sun-thu").calendar.week["fri"] == ()
    assert CATALOG.get("tactful", "priority", "sun-thu").calendar.week["thu"] != ()
    assert CATALOG.get("poologics", "", "literal-est").calendar.zone == "Etc/GMT+5"


def test_a_business_day_of_000_is_longer_than_its_eight_hours() -> None:
    levels = CATALOG.get("redtrack").levels
    low = levels[Priority.LOW].target(RESPONSE)
    informational = levels[Priority.INFORMATIONAL].target(RESPONSE)
    assert low is not None and informational is not None
    assert low.within is not None and informational.within is not None
    assert low.within < informational.within


def test_only_the_texts_of_redtrack_grant_holds() -> None:
    granted = {policy.id: set[frozenset[HoldReason]]() for policy in everything()}
    for policy in everything():
        granted[policy.id] |= {target.holds for level in policy.levels.values() for target in level.targets}
    assert granted == {
        "redtrack": {frozenset({THIRD_PARTY})},
        "redtrack-premium": {frozenset({CLIENT, THIRD_PARTY})},
        "tactful": {frozenset()},
        "infopromo": {frozenset()},
        "poologics": {frozenset()},
    }


def test_what_counts_as_a_response() -> None:
    for name in ("redtrack", "redtrack-premium"):
        assert CATALOG.get(name).response_counts == {Answer.RESOLUTION, Answer.ETA}
    for name, plan in (("tactful", "standard"), ("infopromo", "premium"), ("poologics", "")):
        assert Answer.REPLY in CATALOG.get(name, plan).response_counts


def test_taking_the_ticket_acknowledges_only_in_004() -> None:
    assert CATALOG.get("poologics").acknowledged_by is Start.TAKEN
    assert {policy.acknowledged_by for policy in everything() if policy.id != "poologics"} == {Start.SEEN}


def test_critical_incidents_of_004_owe_progress_at_the_end_of_the_day() -> None:
    policy = CATALOG.get("poologics")
    progress = policy.levels[Priority.CRITICAL].target(Metric.PROGRESS)
    assert progress is not None
    assert progress.until_close
    assert policy.levels[Priority.MEDIUM].target(Metric.PROGRESS) is None


def test_later_answers_are_an_aim_as_long_as_the_first_and_never_a_breach() -> None:
    for policy in everything():
        for level in policy.levels.values():
            following = level.target(Metric.NEXT_RESPONSE)
            first = level.target(RESPONSE) or level.target(ACK)
            assert following is not None and first is not None
            assert (following.objective, following.within) == (first.within, None)
            assert (following.basis, following.high_load) == (first.basis, first.high_load)
            assert following.reading


def test_the_eta_of_001_is_part_of_the_response_and_no_second_clock() -> None:
    for level in CATALOG.get("redtrack-premium").levels.values():
        assert level.target(Metric.ETA_GIVEN) is None and level.target(RESPONSE) is not None


@pytest.mark.parametrize(("policy", "plan"), [("redtrack", ""), ("redtrack-premium", "")])
def test_the_promise_without_a_number_keeps_its_word(policy: str, plan: str) -> None:
    target = CATALOG.get(policy, plan).levels[Priority.CRITICAL].target(RESPONSE)
    assert target is not None
    assert target.promise == ("immediately" if policy == "redtrack" else "promptly")


def test_a_call_needs_one_working_day_in_premium_support() -> None:
    calls = CATALOG.get("redtrack-premium").calls
    assert calls is not None
    assert (calls.notice, calls.kinds) == (timedelta(hours=9), ("troubleshooting", "educational"))
    assert CATALOG.get("redtrack").calls is None


def test_the_ladder_has_three_levels_everywhere_and_the_names_of_004() -> None:
    for policy in everything():
        assert [rung.at for rung in policy.ladder] == [RungAt.OBJECTIVE, RungAt.DUE, RungAt.WINDOW_LATER]
    assert [(rung.role, rung.name) for rung in CATALOG.get("poologics").ladder] == [
        ("technician", "Higher-level support technician"),
        ("supervisor", "Customer Success Supervisor"),
        ("product", "Product Team"),
    ]


def test_the_default_plan_of_nudges_is_written_down_with_its_reading() -> None:
    for policy in everything():
        assert policy.nudges.shares == (0.5, 0.8)
        assert policy.nudges.repeat_every == timedelta(minutes=30)
        assert policy.nudges.reading


def test_premium_levels_are_worded_as_the_premium_text() -> None:
    prompt = "Respond promptly to Critical and High cases"
    hour = "Respond within 1 hour to Medium and Low cases"
    five = "Respond within 5 hours for Informational and Feature cases"
    levels = CATALOG.get("redtrack-premium").levels.values()
    assert [level.sentence for level in levels] == [prompt, prompt, hour, hour, five, five]


def test_004_a_qualified_answer_counts_as_taken_and_a_reading_says_so() -> None:
    assert any("counts as having taken the ticket" in reading for reading in CATALOG.get("poologics").readings)


def test_every_target_cites_its_clause() -> None:
    for policy in everything():
        for level in policy.levels.values():
            assert level.sentence
            for target in level.targets:
                assert target.clause.startswith(("000, ", "001, ", "002, ", "003, ", "004, "))


def test_the_dates_are_those_of_the_texts() -> None:
    main, premium = CATALOG.get("redtrack"), CATALOG.get("redtrack-premium")
    assert (main.effective, main.last_review, main.next_review) == (
        date(2021, 3, 1),
        date(2023, 1, 8),
        date(2024, 11, 20),
    )
    assert (premium.effective, premium.last_review, premium.next_review) == (
        date(2024, 1, 8),
        date(2024, 1, 9),
        date(2025, 1, 8),
    )
    assert any("day/month and month/day" in doubt for doubt in premium.doubts)


def test_what_is_not_read_yet_is_kept() -> None:
    uptime = {policy.plan: policy.reserved["uptime"] for policy in everything() if policy.id == "infopromo"}
    percents = {plan: value["percent"] for plan, value in uptime.items() if isinstance(value, dict)}
    assert percents == {"standard": 99.9, "premium": 99.95, "enterprise": 99.99}
    assert set(CATALOG.get("infopromo", "premium").reserved) == {"uptime", "credits", "entitlements"}
    assert set(CATALOG.get("tactful", "priority").reserved) == {"uptime", "maintenance", "entitlements"}
    premium = CATALOG.get("redtrack-premium").reserved["entitlements"]
    assert isinstance(premium, dict)
    assert premium["dedicated_manager"] is True
    assert premium["line_1_response"] == {"usual": "10m", "high_load": "60m", "non_urgent": "60m"}


def test_armed_forces_day_is_free_under_002() -> None:
    days = {holiday.first for holiday in CATALOG.get("tactful", "standard").calendar.holidays}
    assert date(2025, 10, 6) in days
    assert {day.year for day in days} == {2025, 2026, 2027}


def test_the_oddity_of_003_and_the_past_reviews_are_remarked_on() -> None:
    today = date(2026, 11, 22)
    remarks = lint(CATALOG.get("infopromo", "standard"), today)
    assert any("12h" in remark.message and "24h" in remark.message for remark in remarks)
    for name in ("redtrack", "redtrack-premium"):
        assert {"next_review", "holidays", "cap"} <= {r.key for r in lint(CATALOG.get(name), today)}
    assert "holidays" not in {r.key for r in lint(CATALOG.get("tactful", "standard"), today)}

"""`pledge sla` and `pledge policy` as an operator uses them, by their output and exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bot.cli import COMMANDS, main
from bot.cli.due import INPUT_KEYS, OUTPUT_KEYS
from bot.sla.policy_file import from_json, load_folder

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "bot" / "policies"
FRIDAY = ("--policy", "redtrack-premium", "--priority", "medium", "--at", "2025-03-14T18:55+03:00")


def pledge(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False, env={"PLEDGE_POLICIES": None})


def due(*arguments: str) -> dict[str, object]:
    result = pledge("sla", "due", *arguments, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert isinstance(data, dict)
    return data


def test_a_friday_evening_message_is_due_on_monday() -> None:
    assert due(*FRIDAY) == {
        "policy": "redtrack-premium",
        "plan": "",
        "variant": "",
        "priority": "MEDIUM",
        "metric": "RESPONSE",
        "kind": "commitment",
        "basis": "working",
        "received_at": "2025-03-14T15:55:00Z",
        "objective_at": None,
        "due_at": "2025-03-17T07:55:00Z",
        "cap_at": None,
        "binding": "target",
        "explain": [
            {
                "from": "2025-03-14T15:55:00Z",
                "to": "2025-03-14T16:00:00Z",
                "counted_s": 300,
                "rule": "hours:fri",
            },
            {"from": "2025-03-14T16:00:00Z", "to": "2025-03-17T07:00:00Z", "counted_s": 0, "rule": "closed"},
            {
                "from": "2025-03-17T07:00:00Z",
                "to": "2025-03-17T07:55:00Z",
                "counted_s": 3300,
                "rule": "hours:mon",
            },
        ],
    }


def test_a_critical_message_at_the_weekend_is_due_at_the_cap() -> None:
    data = due("--policy", "redtrack-premium", "--priority", "critical", "--at", "2025-03-14T18:55+03:00")
    assert (data["due_at"], data["cap_at"], data["binding"]) == (
        "2025-03-15T15:55:00Z",
        "2025-03-15T15:55:00Z",
        "cap",
    )


def test_the_default_priority_and_the_first_promise_are_taken_where_none_is_named() -> None:
    data = due("--policy", "infopromo", "--plan", "premium", "--at", "2025-03-14T18:00Z")
    assert (data["priority"], data["metric"]) == ("MEDIUM", "ACKNOWLEDGEMENT")
    assert (data["objective_at"], data["due_at"]) == ("2025-03-14T18:15:00Z", "2025-03-14T18:30:00Z")


def test_high_load_makes_the_longer_promise() -> None:
    at = ("--policy", "redtrack", "--priority", "critical", "--at", "2025-03-17T11:00+03:00")
    assert due(*at)["due_at"] == "2025-03-17T08:10:00Z"
    assert due(*at, "--high-load")["due_at"] == "2025-03-17T09:00:00Z"


def test_holds_move_the_due_moment_where_they_are_granted() -> None:
    low = ("--policy", "redtrack", "--priority", "low", "--at", "2025-03-17T15:00+03:00")
    held = due(*low, "--hold", "2025-03-18T10:00+03:00/2025-03-19T10:00+03:00")
    assert held["due_at"] == "2025-03-19T11:00:00Z"
    assert "note" not in held
    twice = due(
        *low,
        *("--hold", "2025-03-18T10:00+03:00/2025-03-18T12:00+03:00"),
        *("--hold", "2025-03-18T13:00+03:00/2025-03-18T14:00+03:00"),
    )
    assert twice["due_at"] == "2025-03-18T14:00:00Z"


def test_a_hold_that_is_not_granted_is_said_so() -> None:
    data = due(
        *("--policy", "poologics", "--at", "2025-03-18T10:00-04:00"),
        *("--hold", "2025-03-18T10:15-04:00/2025-03-18T13:00-04:00"),
    )
    assert data["due_at"] == "2025-03-18T16:00:00Z"
    assert "grants no hold" in str(data["note"])


def test_a_priority_that_the_agreement_lacks_takes_the_next_graver_and_says_so() -> None:
    data = due("--policy", "tactful", "--plan", "standard", "--priority", "High", "--at", "2025-03-16T09:00+02:00")
    assert data["priority"] == "CRITICAL"
    assert data["note"] == "the agreement has no HIGH; CRITICAL is the next graver it has"


def test_plan_and_variant_choose_the_terms() -> None:
    friday = ("--policy", "tactful", "--plan", "priority", "--at", "2025-03-14T10:00+02:00")
    assert due(*friday)["due_at"] == "2025-03-14T12:00:00Z"
    variant = due(*friday, "--variant", "sun-thu")
    assert (variant["variant"], variant["due_at"]) == ("sun-thu", "2025-03-16T11:00:00Z")


def test_every_metric_of_a_level_can_be_asked_for() -> None:
    ticket = ("--policy", "poologics", "--priority", "critical", "--at", "2025-03-14T16:00-04:00", "--metric")
    assert due(*ticket, "acknowledgement")["due_at"] == "2025-03-14T20:20:00Z"
    assert due(*ticket, "eta_given")["due_at"] == due(*ticket, "eta-given")["due_at"] == "2025-03-15T20:00:00Z"
    assert due(*ticket, "progress")["due_at"] == "2025-03-14T22:00:00Z"
    later = due(*ticket, "next_response")
    assert (later["due_at"], later["objective_at"], later["binding"]) == (None, "2025-03-14T22:00:00Z", None)


def test_the_answer_for_a_reader_shows_zone_and_utc() -> None:
    result = pledge("sla", "due", *FRIDAY)
    assert result.stdout.splitlines() == [
        "redtrack-premium, MEDIUM (High end-user impact), response",
        "commitment: 1h, working time",
        "  received              Fri 2025-03-14 18:55 Etc/GMT-3 (15:55 UTC)",
        "  nudge 50 %            Mon 2025-03-17 10:25 Etc/GMT-3 (07:25 UTC)",
        "  L1 at 80 %            Mon 2025-03-17 10:43 Etc/GMT-3 (07:43 UTC)",
        "  nudge 80 %            Mon 2025-03-17 10:43 Etc/GMT-3 (07:43 UTC)",
        "  L2 at due             Mon 2025-03-17 10:55 Etc/GMT-3 (07:55 UTC)",
        "  due                   Mon 2025-03-17 10:55 Etc/GMT-3 (07:55 UTC)",
        "  L3 one window later   Mon 2025-03-17 11:55 Etc/GMT-3 (08:55 UTC)",
    ]


def test_explain_adds_the_arithmetic_and_the_clause() -> None:
    output = pledge("sla", "due", *FRIDAY, "--explain").stdout
    assert "+5 min: working hours" in output
    assert "not counted: outside working hours" in output
    assert "= 1 h counted, due Mon 2025-03-17 10:55 Etc/GMT-3" in output
    assert 'Clause: 001, "Urgency levels and priority"' in output


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            ("--at", "2025-03-14T18:55"),
            'at: "2025-03-14T18:55" has no offset from UTC (write 2026-11-20T18:55+03:00)',
        ),
        (("--at", "friday"), 'at: "friday" is not a moment (write 2026-11-20T18:55+03:00)'),
        (("--policy", "redtrak"), 'no policy "redtrak" (did you mean "redtrack"?)'),
        (("--policy", "tactful"), "policy tactful: has plans, name one (use standard, priority)"),
        (("--plan", "gold"), 'policy redtrack-premium: no plan "gold" (it has no plans, leave it out)'),
        (("--variant", "x"), 'policy redtrack-premium: no variant "x" (it has no variants, leave it out)'),
        (
            ("--priority", "urgent"),
            'priority: unknown word "urgent" (use critical, high, medium, low, informational, feature)',
        ),
        (
            ("--metric", "resolution"),
            'metric: no "resolution" is promised for MEDIUM (use response, next_response)',
        ),
        (
            ("--hold", "2025-03-18T10:00+03:00"),
            'hold: "2025-03-18T10:00+03:00" is not a span '
            "(write FROM/TO, as in 2026-11-20T18:55+03:00/2026-11-23T10:00+03:00)",
        ),
        (
            ("--hold", "2025-03-18T10:00+03:00/2025-03-18T09:00+03:00"),
            'hold: "2025-03-18T10:00+03:00/2025-03-18T09:00+03:00" ends before it begins '
            "(write the earlier moment first)",
        ),
        (
            ("--hold", "2025-03-18T10:00/2025-03-18T12:00"),
            'hold: "2025-03-18T10:00" has no offset from UTC (write 2026-11-20T18:55+03:00)',
        ),
    ],
)
def test_a_wrong_value_is_named_and_exits_with_64(changed: tuple[str, str], message: str) -> None:
    result = pledge("sla", "due", *FRIDAY, *changed)
    assert (result.exit_code, result.stdout, result.stderr) == (64, "", f"Error: {message}\n")


def test_a_moment_out_of_reach_is_refused_and_not_a_traceback() -> None:
    for at in ("9999-12-31T23:59:59+00:00", "0001-01-01T00:00+14:00"):
        result = pledge("sla", "due", "--policy", "redtrack", "--at", at)
        assert result.exit_code == 64
        assert result.stderr.startswith("Error: at: ")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--policy", "redtrack"), ("--at", "2025-03-14T18:55Z"), ("--nonsense",), (*FRIDAY, "--batch", "-")],
)
def test_options_that_do_not_fit_exit_with_2(arguments: tuple[str, ...]) -> None:
    assert pledge("sla", "due", *arguments).exit_code == 2


def batch(*lines: object) -> tuple[list[dict[str, object]], int]:
    texts = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
    stdin = b"".join((text.encode() if isinstance(text, str) else text) + b"\n" for text in texts)
    result = pledge("sla", "due", "--batch", "-", stdin=stdin)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def test_a_batch_answers_line_by_line_with_the_same_keys() -> None:
    question = {"policy": "redtrack-premium", "priority": "medium", "at": "2025-03-14T18:55+03:00", "id": 7}
    answers, status = batch(question, {"policy": "poologics", "at": "2025-03-14T17:00-04:00"})
    assert status == 0
    assert answers[0] == {**due(*FRIDAY), "id": 7}
    assert answers[1]["due_at"] == "2025-03-17T13:00:00Z"


def test_an_answer_can_be_asked_again() -> None:
    first, _ = batch({"policy": "redtrack-premium", "priority": "medium", "at": "2025-03-14T18:55+03:00"})
    again, status = batch(first[0])
    assert (again, status) == (first, 0)


def test_a_bad_line_is_told_and_the_others_are_answered() -> None:
    good = {"policy": "redtrack", "at": "2025-03-17T11:00+03:00"}
    answers, status = batch(good, "{not json", "", [1], {**good, "polcy": "x"}, {"policy": "redtrack"}, good)
    assert status == 1
    assert [("error" in answer, answer.get("line")) for answer in answers] == [
        (False, None),
        (True, 2),
        (True, 4),
        (True, 5),
        (True, 6),
        (False, None),
    ]
    assert answers[2]["error"] == "not a JSON object (write one in braces per line)"
    assert answers[3]["error"] == 'unknown key "polcy" (did you mean "policy"?)'
    assert answers[4]["error"] == 'at: missing (write "at": "2026-11-20T18:55+03:00")'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"policy": "\xff"}', "not UTF-8: byte 0xff at position 12 (write the line in UTF-8)"),
        ("[" * 100_000, "nested too deeply (write one flat object per line)"),
        ('{"id": ' + "9" * 5000 + "}", "not JSON: "),
        ('{"policy": "\\ud800", "at": "2025-03-17T11:00+03:00"}', 'no policy "\ud800"'),
    ],
    ids=["bytes", "depth", "digits", "surrogate"],
)
def test_a_line_that_cannot_be_read_at_all_is_told_like_any_other(line: str | bytes, message: str) -> None:
    good = {"policy": "redtrack", "at": "2025-03-17T11:00+03:00"}
    answers, status = batch(good, line, good)
    assert status == 1
    assert ["error" in answer for answer in answers] == [False, True, False]
    assert answers[1]["line"] == 2
    assert str(answers[1]["error"]).startswith(message)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"at": 3}, "at: 3 is not a text (write it in quotes)"),
        ({"high_load": "yes"}, "high_load: 'yes' is not true or false"),
        ({"hold": 3}, 'hold: 3 is not a list (write ["FROM/TO"])'),
        ({"hold": [3]}, 'hold: 3 is not a span (write "FROM/TO")'),
        (
            {"at": "2025-03-17T11:00"},
            'at: "2025-03-17T11:00" has no offset from UTC (write 2026-11-20T18:55+03:00)',
        ),
    ],
)
def test_a_batch_names_the_wrong_value(changed: dict[str, object], message: str) -> None:
    answers, _ = batch({"policy": "redtrack", "at": "2025-03-17T11:00+03:00", **changed})
    assert answers == [{"error": message, "line": 1}]


def test_a_hold_in_a_batch_is_a_span_or_a_pair() -> None:
    span = ["2025-03-18T10:00+03:00", "2025-03-19T10:00+03:00"]
    base = {"policy": "redtrack", "priority": "low", "at": "2025-03-17T15:00+03:00"}
    answers, _ = batch({**base, "hold": [span]}, {**base, "hold": "/".join(span)}, {**base, "hold": ["/".join(span)]})
    assert {answer["due_at"] for answer in answers} == {"2025-03-19T11:00:00Z"}


def test_a_batch_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"policy": "redtrack", "at": "2025-03-17T11:00+03:00"}\n')
    assert '"due_at": "2025-03-17T13:00:00Z"' in pledge("sla", "due", "--batch", str(path)).stdout


def test_policy_check_passes_the_shipped_agreements_and_remarks() -> None:
    result = pledge("policy", "check", "--today", "2026-11-22")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.endswith(": in order")] == [
        f"{name}.toml: in order" for name in ("infopromo", "poologics", "redtrack", "redtrack-premium", "tactful")
    ]
    assert "redtrack.toml: remark: next_review: 2024-11-20 is past (review the terms, set the next date)" in lines
    assert any(line.startswith("redtrack.toml: remark: cap:") for line in lines)
    quiet = pledge("policy", "check", "--today", "2024-01-20", "--on-call").stdout
    assert "cap:" not in quiet
    assert "next_review" not in quiet


def test_policy_check_of_named_files_speaks_of_those_alone() -> None:
    result = pledge("policy", "check", "--today", "2026-11-22", str(SHIPPED / "poologics.toml"))
    assert result.exit_code == 0
    assert {line.split(":")[0] for line in result.stdout.splitlines()} == {"poologics.toml"}


def test_policy_check_names_every_error_and_exits_with_65(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('id = "mine"\nextends = "redtrack"\n[calendar]\nzone = "Mars"\n[calls]\nnotice = "1x"\n')
    result = pledge("policy", "check", str(path))
    assert result.exit_code == 65
    assert 'mine.toml: calendar.zone: unknown zone "Mars"' in result.stderr
    assert 'mine.toml: calls.notice: unknown unit "x" (use 4h, 30m, 2wd)' in result.stderr


def test_missing_files_and_folders_exit_with_66(tmp_path: Path) -> None:
    for arguments in (
        ("policy", "check", str(tmp_path / "none.toml")),
        ("policy", "list", "--policies", str(tmp_path / "none")),
        ("sla", "due", "--policies", str(tmp_path / "none"), *FRIDAY),
    ):
        result = pledge(*arguments)
        assert result.exit_code == 66
        assert "does not exist" in result.stderr


def test_a_folder_in_the_place_of_a_policy_file_is_called_one(tmp_path: Path) -> None:
    result = pledge("policy", "check", str(tmp_path))
    assert result.exit_code == 66
    assert f"policy file {tmp_path} is a folder (name a file in it, or say --policies {tmp_path})" in result.stderr


def test_the_operators_folder_is_read_from_option_or_setting(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('id = "mine"\nname = "Mine"\nextends = "redtrack"\n')
    assert "Mine" in pledge("policy", "list", "--policies", str(tmp_path)).stdout
    by_setting = CliRunner().invoke(main, ["policy", "list"], env={"PLEDGE_POLICIES": str(tmp_path)})
    assert "Mine" in by_setting.stdout


def test_policy_list_names_plans_and_variants() -> None:
    output = pledge("policy", "list").stdout
    assert "tactful            Tactful Engage Service Level Target" in output
    assert "plans: standard, priority" in output
    assert "variants: literal-est" in output


def test_policy_show_tells_promises_clauses_and_readings() -> None:
    output = pledge("policy", "show", "redtrack-premium").stdout
    assert "response: commitment, within 10m, high load 1h, cap 24h, working time" in output
    assert "held by client and third party" in output
    assert 'reading: "Promptly" has no number' in output
    assert "calls: 9h of working time ahead; troubleshooting, educational" in output
    both = pledge("policy", "show", "tactful").stdout
    assert "(tactful standard)" in both and "(tactful priority)" in both
    assert "(tactful priority)" not in pledge("policy", "show", "tactful", "--plan", "standard").stdout


def test_policy_show_gives_the_canonical_text_that_tickets_pin() -> None:
    text = pledge("policy", "show", "poologics", "--json").stdout.strip()
    assert from_json(text) == load_folder().get("poologics")
    assert pledge("policy", "show", "nobody").exit_code == 64
    assert pledge("policy", "show", "tactful", "--json").exit_code == 64


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bot.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "ours = (m for m in sys.modules if m.startswith('bot.') and not m.startswith('bot.cli'))\n"
        "print(sorted(ours), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stderr.strip() == "[]"
    assert all(name in ran.stdout for name in COMMANDS)


def test_python_m_bot_is_pledge() -> None:
    ran = subprocess.run([sys.executable, "-m", "bot", "--version"], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.startswith("pledge ")


def group_of(name: str) -> click.Group:
    group = main.get_command(click.Context(main), name)
    assert isinstance(group, click.Group)
    return group


def test_the_reference_of_the_shell_names_every_command_option_key_and_exit_status() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    commands = {
        f"{group} {name}": command for group in ("sla", "policy") for name, command in group_of(group).commands.items()
    }
    for path, command in commands.items():
        assert f"`pledge {path}" in page
        for option in command.params:
            for spelling in (*option.opts, *option.secondary_opts):
                if spelling.startswith("--"):
                    assert f"`{spelling}" in page, (path, spelling)
    for key in {*INPUT_KEYS, *OUTPUT_KEYS}:
        assert f"`{key}`" in page
    for status in ("0", "1", "2", "64", "65", "66"):
        assert f"| {status} |" in page

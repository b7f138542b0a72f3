"""Settings: where they come from, which source wins, and what is said about every mistake."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Settings, SettingsError, load_settings
from bot.config.load import CONFIG, SECRETS_DIR, fields, variables

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "settings.md"
CANARY = "canary-4711-secret"


@pytest.fixture
def write(tmp_path):
    def to(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


def problems(env, cwd):
    with pytest.raises(SettingsError) as refusal:
        load_settings(env, cwd)
    assert str(refusal.value) == "\n".join(map(str, refusal.value.problems))
    return [str(problem) for problem in refusal.value.problems]


def test_an_empty_folder_is_the_demo_on_this_machine_only(tmp_path):
    settings = load_settings({}, tmp_path)
    assert settings.demo is True and settings.roster is None
    assert settings.database_path == tmp_path / "var" / "pledge.db"
    assert (settings.http.host, settings.http.port, settings.http.url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert settings.desk.join_window == timedelta(hours=12) and settings.desk.first_ref is None
    assert (settings.clock.start, settings.clock.speed, settings.clock.file) == (None, None, None)


def test_a_roster_in_the_folder_ends_the_demo(tmp_path, write):
    roster = write("roster.toml", "")
    settings = load_settings({}, tmp_path)
    assert (settings.roster, settings.demo) == (roster, False)


def test_a_demo_that_is_asked_for_leaves_a_roster_beside_it_alone(tmp_path, write):
    write("roster.toml", "")
    settings = load_settings({"PLEDGE_DEMO": "1"}, tmp_path)
    assert (settings.roster, settings.demo) == (None, True)


def test_no_demo_without_a_roster_where_it_is_switched_off(tmp_path):
    settings = load_settings({"PLEDGE_DEMO": "false"}, tmp_path)
    assert (settings.roster, settings.demo) == (None, False)


def test_a_demo_cannot_have_a_real_roster(tmp_path):
    (problem,) = problems({"PLEDGE_DEMO": "1", "PLEDGE_ROSTER": "mine.toml"}, tmp_path)
    assert problem == "PLEDGE_DEMO: the demo has a roster of its own (leave out either this or the roster)"


def test_a_variable_beats_a_secret_file_and_that_beats_the_file(tmp_path, write):
    write("pledge.toml", 'database = "sqlite:///a.db"\n[http]\nport = 1\nhost = "file"\n[log]\nlevel = "error"\n')
    write("secrets/http__port", "2\n")
    write("secrets/http__host", "secret\n")
    settings = load_settings({"PLEDGE_HTTP__PORT": "3", SECRETS_DIR: "secrets"}, tmp_path)
    assert (settings.http.port, settings.http.host, settings.log.level) == (3, "secret", "ERROR")
    assert settings.database_path == tmp_path / "a.db"


def test_an_empty_variable_counts_as_not_set(tmp_path, write):
    write("pledge.toml", "[http]\nport = 1\n")
    assert load_settings({"PLEDGE_HTTP__PORT": "", "PLEDGE_TYPO": ""}, tmp_path).http.port == 1


def test_the_environment_of_the_process_itself_is_not_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("PLEDGE_HTTP__PORT", "1")
    assert load_settings({}, tmp_path).http.port == 8080
    assert Settings().http.port == 8080


def test_relative_paths_are_taken_from_the_folder_and_absolute_ones_as_they_are(tmp_path):
    env = {
        "PLEDGE_ROSTER": "r.toml",
        "PLEDGE_POLICIES": "/etc/p",
        "PLEDGE_INAPP__KEYS": "k",
        "PLEDGE_CLOCK__FILE": "c",
        "PLEDGE_DATABASE": "sqlite:////data/x.db",
    }
    settings = load_settings(env, tmp_path)
    assert settings.roster == tmp_path / "r.toml" and settings.policies == Path("/etc/p")
    assert settings.inapp.keys == tmp_path / "k" and settings.clock.file == tmp_path / "c"
    assert settings.database_path == Path("/data/x.db")


def test_values_have_their_types(tmp_path):
    env = {
        "PLEDGE_CLOCK__START": "2026-11-20T10:00:00+03:00",
        "PLEDGE_CLOCK__SPEED": "0",
        "PLEDGE_DESK__JOIN_WINDOW": "1h 30m",
        "PLEDGE_INAPP__ORIGINS": '{"acme": ["https://app.acme.example"]}',
        "PLEDGE_HTTP__PUBLIC_URL": "https://pledge.example.com/",
        "PLEDGE_HTTP__HOST": "0.0.0.0",
    }
    settings = load_settings(env, tmp_path)
    assert settings.clock.start == datetime(2026, 11, 20, 7, tzinfo=UTC) and settings.clock.speed == 0
    assert settings.desk.join_window == timedelta(minutes=90)
    assert settings.inapp.origins == {"acme": ("https://app.acme.example",)}
    assert settings.http.public_url == settings.http.url == "https://pledge.example.com"


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8080"), ("::", "http://[::1]:8080"), ("pledge.lan", "http://pledge.lan:8080")],
)
def test_without_a_public_address_the_link_is_one_a_browser_can_open(tmp_path, host, url):
    assert load_settings({"PLEDGE_HTTP__HOST": host}, tmp_path).http.url == url


@pytest.mark.parametrize(("form", "terminal", "is_json"), [("auto", True, 0), ("auto", False, 1), ("json", True, 1)])
def test_logs_are_for_people_on_a_terminal_only(tmp_path, form, terminal, is_json):
    assert load_settings({"PLEDGE_LOG__FORMAT": form}, tmp_path).log.as_json(terminal) is bool(is_json)


REFUSED = [
    ("PLEDGE_HTP__PORT", "1", "no such setting (did you mean PLEDGE_HTTP__PORT?)"),
    ("PLEDGE_HTTP", '{"port": 1}', "no such setting (did you mean PLEDGE_HTTP__"),
    ("PLEDGE_http__port", "1", "no such setting"),
    ("PLEDGE_HTTP__PORT", "80x", '"80x": input should be a valid integer'),
    ("PLEDGE_HTTP__PORT", "65536", '"65536": input should be less than or equal to 65535 (write for example 8080)'),
    ("PLEDGE_HTTP__PUBLIC_URL", "pledge.example.com", "this is no address of a server"),
    ("PLEDGE_HTTP__PUBLIC_URL", "https://x.example/path", "without a path"),
    ("PLEDGE_DESK__MEETING", "https://x.example/{who}", "this is no link"),
    ("PLEDGE_DESK__MEETING", "https://x.example/{call.__class__}", "this is no link"),
    ("PLEDGE_DESK__MEETING", "https://x.example/{call", "this is no link"),
    ("PLEDGE_DESK__MEETING", "meet.example/{call}", "this is no link"),
    ("PLEDGE_DESK__MEETING", "http://meet.example/{call}", "this is no link: https://"),
    ("PLEDGE_DATABASE", "postgresql://h/x", "this version keeps its data in SQLite only (write for example sqlite:"),
    ("PLEDGE_DATABASE", "var/pledge.db", "a database address begins with sqlite:///"),
    ("PLEDGE_DATABASE", "sqlite:///", "names no file (write it after sqlite:///)"),
    ("PLEDGE_CLOCK__START", "2026-11-20T10:00:00", "timezone"),
    ("PLEDGE_CLOCK__SPEED", "-1", "greater than or equal to 0"),
    ("PLEDGE_CLOCK__SPEED", "nan", "finite"),
    ("PLEDGE_DESK__JOIN_WINDOW", "12 hrs", '"12 hrs": this is no length of time with its unit (write for example 12h)'),
    ("PLEDGE_DESK__JOIN_WINDOW", "12", "this is no length of time with its unit"),
    ("PLEDGE_DESK__JOIN_WINDOW", "0m", "this is no length of time with its unit"),
    ("PLEDGE_DESK__JOIN_WINDOW", "99999999999h", "this is no length of time with its unit"),
    ("PLEDGE_DESK__FIRST_REF", "0", "greater than or equal to 1"),
    ("PLEDGE_INAPP__ORIGINS", "acme=https://x", "not JSON"),
    ("PLEDGE_INAPP__ORIGINS", '{"acme": "https://x"}', "valid tuple"),
    ("PLEDGE_LOG__LEVEL", "chatty", "input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR' (write for example DEBUG)"),
    ("PLEDGE_DEMO", "perhaps", "valid boolean"),
    ("PLEDGE_CONFIG", "none.toml", 'none.toml" (write it, or unset this)'),
    ("PLEDGE_SECRETS_DIR", "none", 'none" is no folder (create it, or unset this)'),
    ("PLEDGE_TELEGRAM__TOKEN", CANARY, "this is no token of a bot: a number, a colon, and letters (ask @BotFather"),
]


@pytest.mark.parametrize(("name", "value", "said"), REFUSED)
def test_a_wrong_variable_is_named_with_the_way_out(tmp_path, name, value, said):
    (problem,) = problems({name: value}, tmp_path)
    assert problem.startswith(f"{name}: ") and said in problem


def test_a_wrong_line_of_the_file_is_named_by_file_and_key(tmp_path, write):
    path = write("pledge.toml", 'rooster = "x"\n[http]\nport = "many"\nhots = "x"\n[slack]\nmode = "carrier"\n')
    assert set(problems({}, tmp_path)) == {
        f"{path}: rooster: no such setting (did you mean roster?)",
        f'{path}: http.port: "many": input should be a valid integer, unable to parse string as an integer '
        "(write for example 8080)",
        f"{path}: http.hots: no such setting (did you mean http.host?)",
        f"{path}: slack.mode: \"carrier\": input should be 'http' or 'socket' (write for example socket)",
    }


HALF = {
    "telegram without token": ({"PLEDGE_TELEGRAM__MODE": "polling"}, {"PLEDGE_TELEGRAM__TOKEN"}),
    "webhook without secret and address": (
        {"PLEDGE_TELEGRAM__TOKEN": "1:a", "PLEDGE_TELEGRAM__MODE": "webhook"},
        {"PLEDGE_TELEGRAM__WEBHOOK_SECRET", "PLEDGE_HTTP__PUBLIC_URL"},
    ),
    "a secret that no header can carry": (
        {
            "PLEDGE_TELEGRAM__TOKEN": "1:a",
            "PLEDGE_TELEGRAM__MODE": "webhook",
            "PLEDGE_TELEGRAM__WEBHOOK_SECRET": "a b",
            "PLEDGE_HTTP__PUBLIC_URL": "https://pledge.example.com",
        },
        {"PLEDGE_TELEGRAM__WEBHOOK_SECRET"},
    ),
    "slack without token": ({"PLEDGE_SLACK__SIGNING_SECRET": "s"}, {"PLEDGE_SLACK__BOT_TOKEN"}),
    "slack over HTTP": ({"PLEDGE_SLACK__BOT_TOKEN": "b"}, {"PLEDGE_SLACK__SIGNING_SECRET"}),
    "slack by socket": (
        {"PLEDGE_SLACK__BOT_TOKEN": "b", "PLEDGE_SLACK__MODE": "socket"},
        {"PLEDGE_SLACK__APP_TOKEN"},
    ),
}


@pytest.mark.parametrize(("env", "named"), HALF.values(), ids=HALF)
def test_a_channel_that_is_half_set_up_is_refused(tmp_path, env, named):
    found = problems(env, tmp_path)
    assert {problem.partition(":")[0] for problem in found} == named


@pytest.mark.parametrize("text", [b"[http\n", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path, text):
    (tmp_path / "other.toml").write_bytes(text)
    (problem,) = problems({CONFIG: "other.toml"}, tmp_path)
    assert problem.startswith(f"{tmp_path / 'other.toml'}: not ")


def test_a_group_that_is_no_table_is_refused(tmp_path, write):
    write("pledge.toml", "http = 5\n")
    (problem,) = problems({}, tmp_path)
    assert "pledge.toml: http: " in problem


def test_a_variable_repairs_a_wrong_line_of_the_file(tmp_path, write):
    write("pledge.toml", '[http]\nport = "many"\n')
    assert load_settings({"PLEDGE_HTTP__PORT": "1"}, tmp_path).http.port == 1


def test_an_unknown_secret_file_is_named_but_folders_and_hidden_files_are_not_ours(tmp_path, write):
    write("secrets/inapp/acme/key.hs256", CANARY)
    write("secrets/.editor", CANARY)
    path = write("secrets/telegram__tokn", CANARY)
    (first, *_) = problems({SECRETS_DIR: "secrets"}, tmp_path)
    assert first == f"{path}: no such setting (did you mean telegram__token?)"


def test_every_mistake_is_listed_at_once(tmp_path, write):
    write("pledge.toml", "[log]\nlevel = 5\n")
    found = problems({"PLEDGE_X": "1", "PLEDGE_HTTP__PORT": "x", "PLEDGE_DATABASE": "mysql://h"}, tmp_path)
    assert len(found) == 4


def test_secrets_are_in_no_message_and_in_no_repr(tmp_path, write):
    write("secrets/telegram__webhook_secret", CANARY)
    write("pledge.toml", f'[slack]\nbot_token = ["{CANARY}"]\nmode = "x"\n')
    env = {
        "PLEDGE_TELEGRAM__TOKEN": CANARY,
        "PLEDGE_LOG__LEVEL": "x",
        "PLEDGE_DESK__FIRST_REF": "0",
        "PLEDGE_DATABASE": f"mysql://user:{CANARY}@host/x",
        SECRETS_DIR: "secrets",
    }
    with pytest.raises(SettingsError) as refusal:
        load_settings(env, tmp_path)
    assert len(refusal.value.problems) >= 5
    assert CANARY not in f"{refusal.value!r} {refusal.value} {refusal.value.problems}"
    assert CANARY not in repr(Settings(telegram={"token": CANARY}))


def test_the_reference_documents_every_setting_with_its_default_and_description():
    text = REFERENCE.read_text("utf-8")
    rows = re.findall(r"^\| `(PLEDGE_\w+)` \| `([\w.]+)` \| (.*?) \| (.*) \|$", text, re.MULTILINE)
    assert {name: tuple(key.split(".")) for name, key, *_ in rows} == variables()
    described = {key: words for _, key, _, words in rows}
    for path, field in fields():
        assert field.description is not None
        assert described[".".join(path)].startswith(field.description)
    defaults = {key: default.strip("`") for _, key, default, _ in rows}
    assert defaults["database"] == Settings().database and defaults["http.port"] == str(Settings().http.port)
    assert {CONFIG, SECRETS_DIR} <= set(re.findall(r"`(PLEDGE_\w+)`", text))


@pytest.mark.parametrize("demo", [{}, {"PLEDGE_DEMO": "true"}])
@pytest.mark.parametrize(
    "channel",
    [
        {"PLEDGE_TELEGRAM__TOKEN": "1:abc"},
        {"PLEDGE_SLACK__BOT_TOKEN": "xoxb-1", "PLEDGE_SLACK__SIGNING_SECRET": "s"},
    ],
)
def test_the_demo_is_not_shown_on_a_real_channel(tmp_path: Path, demo: dict[str, str], channel: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(demo | channel, tmp_path)
    assert "PLEDGE_ROSTER" in str(refused.value) and next(iter(channel)) in str(refused.value)
    assert not load_settings({"PLEDGE_DEMO": "false"} | channel, tmp_path).demo
    (tmp_path / "roster.toml").touch()
    if not demo:
        assert not load_settings(channel, tmp_path).demo

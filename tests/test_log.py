"""Logs: no credential in them whatever logs it, one line per event, whatever is in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from bot import log

TELEGRAM = "123456789:AAHfjkD3k4jd83jdK29dkJf93kd02kdm3Q1"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
SECRETS = [TELEGRAM, JWT, "xoxb-1234567890-abcdefgh", "xapp-1-A012345-99999"]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What went to stderr so far; the loggers are as before afterwards."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level = kept[0], kept[1]
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("as_json", [True, False])
def test_no_credential_reaches_the_log(written: Callable[[], str], secret: str, as_json: bool) -> None:
    log.configure(json=as_json)
    logging.getLogger("some.library").warning("POST https://host/bot%s/send failed", secret)
    log.get("bot.x").error("refused", action="x.refused", url=f"https://host/{secret}/a", detail=f"Bearer {secret}")
    try:
        raise ValueError(f"no such token {secret}")
    except ValueError:
        log.get("bot.x").exception("it failed", action="x.failed")
    text = written()
    assert secret not in text
    assert text.count(log.REDACTED) >= 4


def test_an_event_is_one_json_line_with_its_action(written: Callable[[], str]) -> None:
    log.configure(json=True)
    log.get("bot.x").info("a sentence", action="x.done", ticket=42, note='line\n{"level": "error"}')
    (line,) = written().splitlines()
    event = json.loads(line)
    assert (event["event"], event["action"], event["ticket"], event["level"]) == ("a sentence", "x.done", 42, "info")


def test_a_line_break_in_a_value_cannot_forge_a_line(written: Callable[[], str]) -> None:
    log.configure(json=False)
    log.get("bot.x").info("a\nsentence", action="x.done", note="first\r\n2026-01-01T00:00:00Z ERROR forged")
    assert len(written().splitlines()) == 1


def test_client_libraries_do_not_log_their_requests(written: Callable[[], str]) -> None:
    log.configure(json=True)
    logging.getLogger("httpx").info("HTTP Request: POST https://host/bot%s/getMe", TELEGRAM)
    assert written() == ""

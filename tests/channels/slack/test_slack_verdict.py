"""What answers and silences of Slack mean for a delivery; each built by the real library where it can be."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import Outcome, Permanent, RetryAfter, Scope, Unknown
from bot.channels.slack.api import redacted
from bot.channels.slack.verdict import code, outcome, wait


def answered(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> BaseException:
    """What slack_sdk raises for this answer."""
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="http://127.0.0.1/api/chat.postMessage",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    with pytest.raises((SlackApiError, AttributeError)) as caught:
        response.validate()
    return caught.value


def said(error: str, status: int = 200, headers: dict[str, str] | None = None) -> Outcome:
    return outcome(answered({"ok": False, "error": error}, status, headers))


def test_a_429_rests_its_room_for_as_long_as_slack_says() -> None:
    assert said("ratelimited", 429, {"Retry-After": "30"}) == RetryAfter(30, Scope.ROOM, throttled=True)
    assert said("ratelimited") == RetryAfter(30, Scope.ROOM, throttled=True)
    assert said("ratelimited", 429, {"retry-after": "soon"}) == RetryAfter(30, Scope.ROOM, throttled=True)


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "is_archived", "restricted_action"])
def test_a_room_that_is_gone_is_permanent_for_the_room(error: str) -> None:
    assert said(error) == Permanent(error, Scope.ROOM)


@pytest.mark.parametrize(
    "error", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope", "token_expired"]
)
def test_a_refused_token_is_permanent_for_the_account(error: str) -> None:
    assert said(error) == Permanent(error, Scope.ACCOUNT)


@pytest.mark.parametrize("error", ["msg_too_long", "no_text", "invalid_blocks", "something_new"])
def test_a_refused_message_is_permanent_for_itself(error: str) -> None:
    assert said(error) == Permanent(error, Scope.MESSAGE)


@pytest.mark.parametrize("error", ["service_unavailable", "request_timeout", "message_limit_exceeded"])
def test_a_passing_error_was_surely_not_posted(error: str) -> None:
    assert isinstance(said(error), RetryAfter)


@pytest.mark.parametrize("error", ["fatal_error", "internal_error"])
def test_an_error_in_the_middle_may_have_posted(error: str) -> None:
    assert isinstance(said(error), Unknown)


@pytest.mark.parametrize(("data", "status"), [({}, 200), ({}, 503), ("busy", 200), ({"ok": False, "error": "x"}, 500)])
def test_an_answer_that_says_nothing_may_have_posted(data: Any, status: int) -> None:
    assert isinstance(outcome(answered(data, status)), Unknown)


def test_an_unreadable_body_may_have_posted() -> None:
    assert isinstance(outcome(SlackApiError("unexpected body", object())), Unknown)


def test_a_connection_that_never_stood_carried_nothing() -> None:
    refused = aiohttp.ClientConnectorError(None, ConnectionRefusedError(111, "refused"))
    assert outcome(refused) == RetryAfter(5, Scope.MESSAGE)
    assert outcome(aiohttp.ConnectionTimeoutError()) == RetryAfter(5, Scope.MESSAGE)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        aiohttp.SocketTimeoutError(),
        TimeoutError(),
    ],
)
def test_a_connection_that_broke_may_have_posted(error: BaseException) -> None:
    assert isinstance(outcome(error), Unknown)


def test_codes_and_waits_are_read_where_there_are_some() -> None:
    assert code(answered({"ok": False, "error": "is_archived"})) == "is_archived"
    assert code(TimeoutError()) == "" and wait(TimeoutError()) is None
    assert wait(answered({"ok": False, "error": "is_archived"})) is None


def test_no_token_is_told() -> None:
    said = redacted(OSError("wss://x/?ticket=abc&app=1 with xoxb-1-2-z and xapp-9-q"))
    assert "abc" not in said and "xoxb" not in said and "xapp" not in said

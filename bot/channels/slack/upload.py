"""Sending a small file along: a place is asked for, filled, and only then shown in a channel."""

from __future__ import annotations

from bot.channels.base import Outbound, Outcome, Permanent, RetryAfter, Scope, Sent, Unknown
from bot.channels.slack.api import Api
from bot.channels.slack.post import Posts, thread_of
from bot.channels.slack.verdict import FAULTS, THREAD_REFUSED, code, outcome
from bot.channels.slack.write import escaped
from bot.text import plain

_SOON_S = 5.0


async def upload(api: Api, posts: Posts, message: Outbound) -> Outcome:
    """The file of a message, its words above it (https://docs.slack.dev/messaging/working-with-files#upload).

    Nobody sees anything before the last of the three calls, so that only of that one there can be doubt.
    """
    file = message.file
    assert file is not None
    try:
        channel = await posts.channel(message.room)
        place = await api.ask("files.getUploadURLExternal", filename=file.name, length=len(file.content))
        await api.put(str(place["upload_url"]), file.content, file.media_type)
    except FAULTS as error:
        told = _told(error)
        return RetryAfter(_SOON_S, Scope.MESSAGE) if isinstance(told, Unknown) else told
    shown = {
        "files": [{"id": place["file_id"], "title": file.name}],
        "channel_id": channel,
        "initial_comment": escaped(plain(message.body)),
        "thread_ts": thread_of(message, channel),
    }
    try:
        await api.call("files.completeUploadExternal", **shown)
    except FAULTS as error:
        if code(error) not in THREAD_REFUSED or shown["thread_ts"] is None:
            return _told(error)
        try:
            await api.call("files.completeUploadExternal", **(shown | {"thread_ts": None}))
        except FAULTS as again:
            return _told(again)
    return Sent(str(place["file_id"]))


def _told(error: BaseException) -> Outcome:
    """As of a post, but for what keeps only files out: an app installed before it asked for them may still speak."""
    known = outcome(error)
    lacks = isinstance(known, Permanent) and code(error) in ("missing_scope", "not_allowed_token_type")
    return Permanent(code(error), Scope.MESSAGE) if lacks else known
